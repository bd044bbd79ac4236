"""Text that an expression reads from a file beside the sources.

https://developer.hashicorp.com/terraform/language/functions/file
https://developer.hashicorp.com/terraform/language/functions/templatefile
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from check_support.values import Reference, Template, Value

if TYPE_CHECKING:
    from check_support.scope import Scope

READERS = ("file", "templatefile")


def read(name: Value, scope: Scope) -> str | None:
    """The text of the file that ``name`` names; ``None`` where the source does not decide that, or
    there is none. A relative path starts at the root module.
    """
    parts = name.parts if isinstance(name, Template) else (name,)
    words = [_word(part, scope) for part in parts]
    known = [word for word in words if word is not None]
    if len(known) < len(words):
        return None
    try:
        return (root_of(scope).path / "".join(known)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        return None


def root_of(scope: Scope) -> Scope:
    """The root module that a module instance belongs to."""
    while scope.parent:
        scope = scope.parent
    return scope


def _word(part: Value, scope: Scope) -> str | None:
    if isinstance(part, str):
        return part
    if isinstance(part, Reference) and not part.path:
        here = part.scope or scope
        folders: dict[str, Path] = {"path.module": here.path, "path.root": root_of(here).path}
        return str(folders[part.root]) if part.root in folders else None
    return None
