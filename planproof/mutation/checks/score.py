"""The outcomes of all mutants, counted by check and by operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planproof.mutation.checks.judge import JudgedMutant
from planproof.mutation.explanations import Explanation


@dataclass(frozen=True, slots=True)
class Count:
    """Numbers of mutants by outcome.

    Attributes:
        killed: on the pass side, not passed; `undetermined` is the part with that conclusion.
        explained: on the pass side, passed with a recorded reason.
        survived: on either side, passed without a recorded reason.
        kept: on the fail side, not passed.
        repaired: on the fail side, passed with a recorded reason.
        crashed: on either side, without a conclusion.
    """

    killed: int = 0
    undetermined: int = 0
    explained: int = 0
    survived: int = 0
    kept: int = 0
    repaired: int = 0
    crashed: int = 0

    @property
    def mutants(self) -> int:
        """The number of all mutants."""
        return sum(
            (self.killed, self.explained, self.survived, self.kept, self.repaired, self.crashed)
        )

    @property
    def rate(self) -> float | None:
        """Killed and kept mutants as a fraction of all without a recorded reason; None if there are
        no such mutants."""
        noticed = self.killed + self.kept
        needed = noticed + self.survived + self.crashed
        return noticed / needed if needed else None


@dataclass(frozen=True, slots=True)
class Score:
    """The result of a run.

    Attributes:
        reasons: id of an explained survivor → why it may survive.
        problems: errors in the explanations.
    """

    judged: Sequence[JudgedMutant]
    reasons: Mapping[str, str]
    problems: Sequence[str]

    def count(self, check: str | None = None, operator: str | None = None) -> Count:
        """The count for a check, an operator, both, or all mutants."""
        return _count(
            (
                item
                for item in self.judged
                if check in (None, item.mutant.check) and operator in (None, item.mutant.operator)
            ),
            self.reasons,
        )

    @property
    def checks(self) -> list[str]:
        """The checks' names, in order."""
        return sorted({item.mutant.check for item in self.judged})

    @property
    def operators(self) -> list[str]:
        """The operators' names, in order."""
        return sorted({item.mutant.operator for item in self.judged})

    @property
    def unexplained(self) -> list[JudgedMutant]:
        """Survivors without a recorded reason."""
        return [
            item
            for item in self.judged
            if item.outcome == "survived" and item.mutant.id not in self.reasons
        ]

    @property
    def crashed(self) -> list[JudgedMutant]:
        """Mutants without a conclusion."""
        return [item for item in self.judged if item.outcome == "crashed"]

    @property
    def without_kills(self) -> list[str]:
        """Checks that killed no mutant."""
        return [check for check in self.checks if not self.count(check).killed]

    @property
    def good(self) -> bool:
        """Whether every mutant is accounted for, and every check kills at least one."""
        return not (self.unexplained or self.crashed or self.without_kills or self.problems)

    def as_json(self) -> dict[str, Any]:
        """Counts, matrix, and each mutant with its change and outcome."""
        return {
            "good": self.good,
            "total": _as_json(self.count()),
            "checks": {check: _as_json(self.count(check)) for check in self.checks},
            "matrix": {
                check: {
                    operator: _as_json(count)
                    for operator in self.operators
                    if (count := self.count(check, operator)).mutants
                }
                for check in self.checks
            },
            "checks_without_a_kill": self.without_kills,
            "problems": list(self.problems),
            "mutants": [_mutant(item, self.reasons) for item in self.judged],
        }


def _count(judged: Iterable[JudgedMutant], reasons: Mapping[str, str]) -> Count:
    found: Counter[str] = Counter()
    for item in judged:
        outcome: str = item.outcome
        if outcome == "survived" and item.mutant.id in reasons:
            outcome = "explained" if item.mutant.side == "pass" else "repaired"
        found[outcome] += 1
        found["undetermined"] += outcome == "killed" and item.conclusion == "undetermined"
    return Count(**found)


def _as_json(count: Count) -> dict[str, Any]:
    rate = count.rate
    return {
        "mutants": count.mutants,
        "killed": count.killed,
        "killed_undetermined": count.undetermined,
        "explained": count.explained,
        "survived": count.survived,
        "kept": count.kept,
        "repaired": count.repaired,
        "crashed": count.crashed,
        "rate": None if rate is None else round(rate, 4),
    }


def _mutant(item: JudgedMutant, reasons: Mapping[str, str]) -> dict[str, Any]:
    mutant = item.mutant
    return {
        "id": mutant.id,
        "check": mutant.check,
        "side": mutant.side,
        "operator": mutant.operator,
        "block": mutant.block,
        "file": mutant.file,
        "line": mutant.line,
        "subjects": list(mutant.subjects),
        "before": mutant.before,
        "after": mutant.after,
        "outcome": item.outcome,
        "said": item.conclusion,
        "detail": item.detail,
        "reason": reasons.get(mutant.id),
    }


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
        matched = [item for item in judged if explanation.covers(item.mutant.id)]
        survivors = [item.mutant.id for item in matched if item.outcome == "survived"]
        killed = [item.mutant.id for item in matched if item.outcome == "killed"]
        for identifier in survivors:
            found.setdefault(identifier, explanation.reason)
        if not survivors:
            problems.append(f'"{explanation.mutant}" explains no survivor: remove it')
        if killed:
            problems.append(
                f'"{explanation.mutant}" also matches {killed[0]}, which is killed: narrow it'
            )
    return found, problems
