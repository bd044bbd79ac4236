"""What became of all mutants, counted by check and by operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planproof.mutation.checks.judge import Verdict


@dataclass(frozen=True, slots=True)
class Count:
    """Mutants counted.

    Attributes:
        killed: of the pass side, noticed by the check, `undetermined` of them by saying that it
            cannot tell.
        explained: survivors of the pass side with a written reason.
        survived: survivors of either side without one.
        kept: of the fail side, not passed.
        repaired: of the fail side, passed for a written reason.
        crashed: of either side, without an answer.
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
        """How many there are."""
        return sum(
            (self.killed, self.explained, self.survived, self.kept, self.repaired, self.crashed)
        )

    @property
    def rate(self) -> float | None:
        """The part of those that must be noticed that is: killed or kept, without the explained;
        None if there are none."""
        noticed = self.killed + self.kept
        needed = noticed + self.survived + self.crashed
        return noticed / needed if needed else None


@dataclass(frozen=True, slots=True)
class Score:
    """The result of a run.

    Attributes:
        reasons: why a survivor may survive, by its id.
        problems: what is wrong with the explanations.
    """

    verdicts: Sequence[Verdict]
    reasons: Mapping[str, str]
    problems: Sequence[str]

    def count(self, check: str | None = None, operator: str | None = None) -> Count:
        """The count of one check's mutants, of one operator's, of both's, or of all."""
        return _count(
            (
                verdict
                for verdict in self.verdicts
                if check in (None, verdict.mutant.check)
                and operator in (None, verdict.mutant.operator)
            ),
            self.reasons,
        )

    @property
    def checks(self) -> list[str]:
        """The checks' names, in order."""
        return sorted({verdict.mutant.check for verdict in self.verdicts})

    @property
    def operators(self) -> list[str]:
        """The operators' names, in order."""
        return sorted({verdict.mutant.operator for verdict in self.verdicts})

    @property
    def unexplained(self) -> list[Verdict]:
        """Survivors without a reason."""
        return [
            verdict
            for verdict in self.verdicts
            if verdict.outcome == "survived" and verdict.mutant.id not in self.reasons
        ]

    @property
    def crashed(self) -> list[Verdict]:
        """Mutants without an answer."""
        return [verdict for verdict in self.verdicts if verdict.outcome == "crashed"]

    @property
    def idle(self) -> list[str]:
        """Checks that killed nothing."""
        return [check for check in self.checks if not self.count(check).killed]

    @property
    def good(self) -> bool:
        """Whether every mutant is accounted for, and every check notices something."""
        return not (self.unexplained or self.crashed or self.idle or self.problems)

    def as_json(self) -> dict[str, Any]:
        """All of it: counts, matrix, and each mutant with its change and verdict."""
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
            "checks_without_a_kill": self.idle,
            "problems": list(self.problems),
            "mutants": [_mutant(verdict, self.reasons) for verdict in self.verdicts],
        }


def _count(verdicts: Iterable[Verdict], reasons: Mapping[str, str]) -> Count:
    found: Counter[str] = Counter()
    for verdict in verdicts:
        outcome: str = verdict.outcome
        if outcome == "survived" and verdict.mutant.id in reasons:
            outcome = "explained" if verdict.mutant.side == "pass" else "repaired"
        found[outcome] += 1
        found["undetermined"] += outcome == "killed" and verdict.said == "undetermined"
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


def _mutant(verdict: Verdict, reasons: Mapping[str, str]) -> dict[str, Any]:
    mutant = verdict.mutant
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
        "outcome": verdict.outcome,
        "said": verdict.said,
        "detail": verdict.detail,
        "reason": reasons.get(mutant.id),
    }
