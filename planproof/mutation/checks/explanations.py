"""Reasons for survivors: mutants that a check is right to pass.

The file is TOML, with one table for each reason::

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
from planproof.mutation.checks.judge import JudgedMutant


@dataclass(frozen=True, slots=True)
class Explanation:
    """A pattern of mutant ids, and why those mutants may survive."""

    pattern: str
    reason: str

    def matches(self, identifier: str) -> bool:
        """Whether the pattern matches the id of a mutant."""
        return fnmatchcase(identifier, self.pattern)


def read_explanations(path: Path) -> list[Explanation]:
    """Every pattern of the file with its reason, in order.

    Raises:
        PlanproofError: the file cannot be read or does not have this form.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise PlanproofError(
            f"there is no file {path}", "name an existing file with --explained"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise PlanproofError(
            f"the explanations in {path.name} cannot be read ({problem})", "fix the TOML"
        ) from None
    entries = document.pop("survivor", [])
    if document or not isinstance(entries, list):
        raise PlanproofError(
            f"{path.name} contains more than [[survivor]] tables", "remove the rest"
        )
    return [found for entry in entries for found in _explanations(entry, path.name)]


def _explanations(entry: object, file: str) -> list[Explanation]:
    table = entry if isinstance(entry, Mapping) else {}
    reason, patterns = table.get("reason"), table.get("mutants")
    texts = isinstance(patterns, list) and all(isinstance(p, str) and p for p in patterns)
    known = isinstance(reason, str) and reason.strip() and set(table) == {"reason", "mutants"}
    if not (texts and known and patterns):
        raise PlanproofError(
            f"an entry of {file} does not have a reason and a list of mutants",
            'write reason = "…" and mutants = ["pattern", …]',
        )
    return [Explanation(pattern, str(reason).strip()) for pattern in patterns]


def reasons(
    explanations: Sequence[Explanation], judged: Sequence[JudgedMutant]
) -> tuple[dict[str, str], list[str]]:
    """Id of each explained survivor → its reason, and the problems of the explanations.

    A pattern is a problem if it matches no survivor, or if it also matches a mutant that the check
    kills, for which the reason cannot be true.
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    for explanation in explanations:
        matched = [item for item in judged if explanation.matches(item.mutant.id)]
        survivors = [item.mutant.id for item in matched if item.outcome == "survived"]
        killed = [item.mutant.id for item in matched if item.outcome == "killed"]
        for identifier in survivors:
            found.setdefault(identifier, explanation.reason)
        if not survivors:
            problems.append(f'"{explanation.pattern}" explains no survivor: remove it')
        if killed:
            problems.append(
                f'"{explanation.pattern}" also matches {killed[0]}, which is killed: narrow it'
            )
    return found, problems
