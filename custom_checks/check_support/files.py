"""Text that an expression reads from a file.

https://developer.hashicorp.com/terraform/language/functions/file
https://developer.hashicorp.com/terraform/language/functions/templatefile
"""

from __future__ import annotations

from pathlib import Path

from check_support.values import Reference, Scope, Template, Value

READERS = ("file", "templatefile")


def read(name: Value, scope: Scope) -> str | None:
    """The text of the file ``name``, relative to the root module; ``None`` if the source does not
    decide its name or the file cannot be read.
    """
    parts = name.parts if isinstance(name, Template) else (name,)
    texts = [_path_text(part, scope) for part in parts]
    known = [text for text in texts if text is not None]
    if len(known) < len(texts):
        return None
    try:
        return (scope.root.path / "".join(known)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        return None


def _path_text(part: Value, scope: Scope) -> str | None:
    if isinstance(part, str):
        return part
    if isinstance(part, Reference) and not part.path:
        module = part.scope or scope
        folders: dict[str, Path] = {"path.module": module.path, "path.root": module.root.path}
        return str(folders[part.root]) if part.root in folders else None
    return None
