"""Explanations of mutants that need not be detected, of a stack or of the examples of
custom checks: a TOML file of tables with a reason each::

[[equivalent]]
mutant = ["drop aws_kms_alias.media", "dangle aws_kms_alias.media.*"]
reason = "The alias is a name for people."
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from planproof.errors import PlanproofError
from planproof.mutation_results import MutantStatus, Trial


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


_OLD_FORM = re.compile(r"^[ \t]*\[\[?[ \t]*[\"']?survivor\b", re.MULTILINE)


def read_explanations(path: Path | None, option: str) -> tuple[Explanation, ...]:
    """The entries of a file, in order; none without a file.

    Each entry has ``reason`` and, below ``mutant``, one pattern or a list of patterns.

    Args:
        option: the command-line option that names the file.

    Raises:
        PlanproofError: the file cannot be read, or an entry lacks one of the two.
    """
    if path is None:
        return ()
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text)
    except FileNotFoundError:
        raise PlanproofError(
            f"the file {path} does not exist", f"name an existing file with {option}"
        ) from None
    except (OSError, ValueError) as problem:
        raise PlanproofError(
            f"{path} cannot be read ({problem})", "make it a readable TOML file"
        ) from None
    if "survivor" in content:
        old = _OLD_FORM.search(text)
        line = text.count("\n", 0, old.start()) + 1 if old else 1
        raise PlanproofError(
            f"{path}:{line} has the old form of an explanation, [[survivor]] with mutants",
            "write [[equivalent]] for [[survivor]] and mutant for mutants in the whole file",
        )
    if unknown := set(content) - {"equivalent"}:
        raise PlanproofError(
            f"{path} has the unknown keys {', '.join(sorted(unknown))}",
            "write only [[equivalent]] tables",
        )
    explanations = []
    entries = content.get("equivalent", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        fields = entry if isinstance(entry, dict) else {}
        patterns = fields.get("mutant")
        patterns = [patterns] if isinstance(patterns, str) else patterns
        for name, texts in (("mutant", patterns), ("reason", [fields.get("reason")])):
            if not (isinstance(texts, list) and texts and all(map(_is_text, texts))):
                raise PlanproofError(
                    f"entry {number} of {path} has no {name}",
                    'write mutant = "id or pattern with *" and reason = "why it is harmless"',
                )
        explanations += [Explanation(text, fields["reason"].strip()) for text in patterns or ()]
    return tuple(explanations)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def reason_for(identifier: str, explanations: Iterable[Explanation]) -> str:
    """The reason of the first explanation of a mutant, or ""."""
    return next((entry.reason for entry in explanations if entry.covers(identifier)), "")


def unused(explanations: Iterable[Explanation], trials: Iterable[Trial]) -> list[Explanation]:
    """The explanations that explain no mutant of these: each would hide a later one."""
    explained = [trial.id for trial in trials if trial.status is MutantStatus.EQUIVALENT]
    return [entry for entry in explanations if not any(map(entry.covers, explained))]
