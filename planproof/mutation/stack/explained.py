"""Which mutants keep every promise, and why? The project says so in a file, with a reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from planproof.errors import PlanproofError


@dataclass(frozen=True, slots=True)
class Equivalent:
    """Mutants that change nothing that was promised.

    Attributes:
        mutant: an id, or a pattern of ids with ``*``; brackets mean themselves.
        reason: why, for the reader of the report.
    """

    mutant: str
    reason: str

    def covers(self, identifier: str) -> bool:
        """Whether it speaks of a mutant."""
        return fnmatchcase(identifier, self.mutant.replace("[", "[[]"))


def read_equivalents(path: Path | None) -> tuple[Equivalent, ...]:
    """The entries of a file of ``[[equivalent]]`` tables, each with ``mutant``, one or a list of
    several, and ``reason``.

    Raises:
        PlanproofError: the file cannot be read, or an entry lacks one of the two.
    """
    if path is None:
        return ()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise PlanproofError(
            f"the file of equivalent mutants {path} does not exist", "name one that does"
        ) from None
    except (OSError, ValueError) as problem:
        raise PlanproofError(f"{path} cannot be read ({problem})", "mend it") from None
    if unknown := set(content) - {"equivalent"}:
        raise PlanproofError(
            f"{path} has {', '.join(sorted(unknown))}, which means nothing here",
            "write [[equivalent]] tables",
        )
    found = []
    entries = content.get("equivalent", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        told = entry if isinstance(entry, dict) else {}
        mutants = told.get("mutant")
        mutants = [mutants] if isinstance(mutants, str) else mutants
        for name, texts in (("mutant", mutants), ("reason", [told.get("reason")])):
            if not (isinstance(texts, list) and texts and all(map(_is_text, texts))):
                raise PlanproofError(
                    f"entry {number} of {path} has no {name}",
                    'write mutant = "an id, * for anything" and reason = "why it is harmless"',
                )
        found += [Equivalent(text, told["reason"].strip()) for text in mutants or ()]
    return tuple(found)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def reason_for(identifier: str, equivalents: Iterable[Equivalent]) -> str:
    """Why a mutant that survived is right to, or ""."""
    return next((entry.reason for entry in equivalents if entry.covers(identifier)), "")
