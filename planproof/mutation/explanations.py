"""Explanations of mutants that need not be detected: a TOML file of tables with a reason each::

[[equivalent]]
mutant = ["drop aws_kms_alias.media", "dangle aws_kms_alias.media.*"]
reason = "The alias is a name for people."
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from planproof.errors import PlanproofError


@dataclass(frozen=True, slots=True)
class Explanation:
    """Mutants that need not be detected.

    Attributes:
        mutant: an id, or a pattern with ``*``; brackets are literal.
        reason: why, for the report.
    """

    mutant: str
    reason: str

    def covers(self, identifier: str) -> bool:
        """Whether the explanation is about a mutant."""
        return fnmatchcase(identifier, self.mutant.replace("[", "[[]"))


def read_explanations(
    path: Path | None, *, table: str, key: str, option: str
) -> tuple[Explanation, ...]:
    """The entries of a file of ``[[table]]``, in order; none without a file.

    Each entry has ``reason`` and, below ``key``, one pattern or a list of patterns.

    Args:
        option: the command-line option that names the file.

    Raises:
        PlanproofError: the file cannot be read, or an entry lacks one of the two.
    """
    if path is None:
        return ()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise PlanproofError(
            f"the file {path} does not exist", f"name an existing file with {option}"
        ) from None
    except (OSError, ValueError) as problem:
        raise PlanproofError(
            f"{path} cannot be read ({problem})", "make it a readable TOML file"
        ) from None
    if unknown := set(content) - {table}:
        raise PlanproofError(
            f"{path} has the unknown keys {', '.join(sorted(unknown))}",
            f"write only [[{table}]] tables",
        )
    explanations = []
    entries = content.get(table, [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        fields = entry if isinstance(entry, dict) else {}
        patterns = fields.get(key)
        patterns = [patterns] if isinstance(patterns, str) else patterns
        for name, texts in ((key, patterns), ("reason", [fields.get("reason")])):
            if not (isinstance(texts, list) and texts and all(map(_is_text, texts))):
                raise PlanproofError(
                    f"entry {number} of {path} has no {name}",
                    f'write {key} = "id or pattern with *" and reason = "why it is harmless"',
                )
        explanations += [Explanation(text, fields["reason"].strip()) for text in patterns or ()]
    return tuple(explanations)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def reason_for(identifier: str, explanations: Iterable[Explanation]) -> str:
    """The reason of the first explanation of a mutant, or ""."""
    return next((entry.reason for entry in explanations if entry.covers(identifier)), "")
