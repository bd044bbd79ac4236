"""Equivalent mutants: the entries of equivalents.toml, each with a reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from planproof.errors import PlanproofError


@dataclass(frozen=True, slots=True)
class Equivalent:
    """Mutants that break no requirement.

    Attributes:
        mutant: an id, or a pattern with ``*``; brackets are literal.
        reason: why no requirement has to detect them, for the report.
    """

    mutant: str
    reason: str

    def covers(self, identifier: str) -> bool:
        """Whether the entry applies to a mutant."""
        return fnmatchcase(identifier, self.mutant.replace("[", "[[]"))


def read_equivalents(path: Path | None) -> tuple[Equivalent, ...]:
    """The entries of a file of ``[[equivalent]]`` tables.

    Each table has ``mutant``, a pattern or a list of patterns, and ``reason``.

    Raises:
        PlanproofError: the file cannot be read, or an entry lacks one of the two.
    """
    if path is None:
        return ()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise PlanproofError(
            f"the file of equivalent mutants {path} does not exist",
            "name an existing file with --equivalents",
        ) from None
    except (OSError, ValueError) as problem:
        raise PlanproofError(f"{path} cannot be read ({problem})", "fix it") from None
    if unknown := set(content) - {"equivalent"}:
        raise PlanproofError(
            f"{path} has the unknown keys {', '.join(sorted(unknown))}",
            "write only [[equivalent]] tables",
        )
    found = []
    entries = content.get("equivalent", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        table = entry if isinstance(entry, dict) else {}
        mutants = table.get("mutant")
        mutants = [mutants] if isinstance(mutants, str) else mutants
        for name, texts in (("mutant", mutants), ("reason", [table.get("reason")])):
            if not (isinstance(texts, list) and texts and all(map(_is_text, texts))):
                raise PlanproofError(
                    f"entry {number} of {path} has no {name}",
                    'write mutant = "id or pattern with *" and reason = "why it is harmless"',
                )
        found += [Equivalent(text, table["reason"].strip()) for text in mutants or ()]
    return tuple(found)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def reason_for(identifier: str, equivalents: Iterable[Equivalent]) -> str:
    """The reason of the first entry that applies to a mutant, or ""."""
    return next((entry.reason for entry in equivalents if entry.covers(identifier)), "")
