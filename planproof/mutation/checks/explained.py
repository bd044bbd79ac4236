"""Survivors with a written reason: which mutants a check rightly lets pass.

The file is TOML, one table a reason::

    [[survivor]]
    reason = "the promise is about the key, and this about the queue's name"
    mutants = ["queue_key_is_named_by_id/pass/*/name"]

A pattern is matched against the whole id of a mutant; `*` stands for anything.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from planproof.errors import PlanproofError
from planproof.mutation.checks.judge import Verdict


@dataclass(frozen=True, slots=True)
class Explanation:
    """One pattern and why what it matches may survive."""

    pattern: str
    reason: str

    def matches(self, identifier: str) -> bool:
        """Whether the pattern is that of this mutant."""
        return fnmatchcase(identifier, self.pattern)


def read_explanations(path: Path) -> list[Explanation]:
    """Every pattern of the file with its reason, in order.

    Raises:
        PlanproofError: the file cannot be read or has another form.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise PlanproofError(
            f"there is no file {path}", "name the file with the explained survivors"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise PlanproofError(
            f"the explanations in {path.name} cannot be read, {problem}", "write it as TOML"
        ) from None
    entries = document.pop("survivor", [])
    if document or not isinstance(entries, list):
        raise PlanproofError(
            f"{path.name} holds more than [[survivor]] tables", "write each reason as one of these"
        )
    return [found for entry in entries for found in _explanations(entry, path.name)]


def _explanations(entry: object, file: str) -> list[Explanation]:
    table = entry if isinstance(entry, Mapping) else {}
    reason, patterns = table.get("reason"), table.get("mutants")
    texts = isinstance(patterns, list) and all(isinstance(p, str) and p for p in patterns)
    known = isinstance(reason, str) and reason.strip() and set(table) == {"reason", "mutants"}
    if not (texts and known and patterns):
        raise PlanproofError(
            f"an entry of {file} is not a reason and a list of mutants",
            'write reason = "…" and mutants = ["pattern", …]',
        )
    return [Explanation(pattern, str(reason).strip()) for pattern in patterns]


def reasons(
    explanations: Sequence[Explanation], verdicts: Sequence[Verdict]
) -> tuple[dict[str, str], list[str]]:
    """The reason for every explained survivor, by its id, and what is wrong with the explanations.

    Wrong is a pattern that explains nothing any more, and one that also matches a mutant that the
    check notices: then the reason cannot be true of it.
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    for explanation in explanations:
        matched = [v for v in verdicts if explanation.matches(v.mutant.id)]
        survivors = [v.mutant.id for v in matched if v.outcome == "survived"]
        killed = [v.mutant.id for v in matched if v.outcome == "killed"]
        for identifier in survivors:
            found.setdefault(identifier, explanation.reason)
        if not survivors:
            problems.append(f'"{explanation.pattern}" explains no survivor: remove it')
        if killed:
            problems.append(
                f'"{explanation.pattern}" matches {killed[0]} too, which is killed: narrow it'
            )
    return found, problems
