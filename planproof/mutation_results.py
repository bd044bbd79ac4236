"""The result of mutation testing: which requirement detected which mutant of the stack, or which
custom check detected which mutant of its example."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from planproof.values import Verdict


class MutantStatus(StrEnum):
    """What the requirements made of a mutant."""

    KILLED = "killed"
    """At least one requirement that the unchanged stack meets fails or is left undetermined."""
    SURVIVED = "survived"
    """Every requirement still passes, and no reason is recorded why that is right."""
    EQUIVALENT = "equivalent"
    """Every requirement still passes, and the reason why that is right is recorded."""
    UNDECIDED = "undecided"
    """The only reaction was a step that crashed, or the mutant could not be judged."""


@dataclass(frozen=True, slots=True)
class Kill:
    """A requirement that detected a mutant.

    Attributes:
        verdict: failed, or undetermined where the change leaves the evidence open.
        scenario: the first one that detected it.
        reason: why it does not pass, in one sentence.
        near: whether the evidence names the changed resource, or one that refers to it or that it
            refers to. A requirement that fails far from the change may be too broad. An
            undetermined verdict always counts as near.
    """

    requirement: str
    verdict: Verdict
    scenario: str
    reason: str
    near: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """One mutant and its status.

    Attributes:
        id, operator, address, path, before, after: as of a
            :class:`planproof.mutation.stack.model.Mutant`.
        kills: every requirement that detected it.
        seen: the requirements that read what was changed, whether they detected it or not.
        reason: why it is equivalent, or why it could not be judged.
        seconds: time to judge it.
    """

    id: str
    operator: str
    address: str
    path: str
    before: str
    after: str
    status: MutantStatus
    kills: tuple[Kill, ...] = ()
    seen: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class SourceTrial(Trial):
    """A mutant of the example of a custom check, which is killed if the check does not pass it.

    ``seen`` is the check. ``kills`` is empty on the fail side: there the check fails the unchanged
    block, so it detects nothing new.

    Attributes:
        side: "pass" if the check passes the unchanged subjects, "fail" if it fails them.
        file: relative to the example's folder.
        line: of the change, from 1.
        subjects: addresses of the blocks that the check judges.
        conclusion: of the check on the mutant, such as "undetermined" or "not applicable".
        detail: what the check says about it.
    """

    OUTCOMES: ClassVar = ("killed", "kept", "explained", "repaired", "survived", "undecided")

    side: str = "pass"
    file: str = ""
    line: int = 0
    subjects: tuple[str, ...] = ()
    conclusion: str = ""
    detail: str = ""

    @property
    def outcome(self) -> str:
        """The status in a word of ``OUTCOMES``, which also tells the side of killed and equivalent
        mutants: on the fail side the former are kept, and the latter repaired."""
        passes = self.side == "pass"
        if self.status is MutantStatus.KILLED:
            return "killed" if passes else "kept"
        if self.status is MutantStatus.EQUIVALENT:
            return "explained" if passes else "repaired"
        return self.status.value


@dataclass(frozen=True, slots=True)
class KillCounts:
    """How many mutants tested a requirement, and how many of them it killed.

    Attributes:
        relevant: mutants that it killed, and mutants that no requirement killed although this one
            reads what they change. Mutants that only other requirements killed do not count.
        killed: how many of them it killed.
        killed_alone: how many of them no other requirement killed.
    """

    relevant: int
    killed: int
    killed_alone: int


@dataclass(frozen=True, slots=True)
class MutationResult:
    """The result of mutation testing for one stack.

    Attributes:
        trials: one for each mutant that was judged, in the order of the stack.
        requirements: those that were tested.
        untested: those that could not be tested, since they do not pass on the unchanged stack.
        made: number of mutants that exist, judged or not.
        seed: decides between several possible replacement values.
        seconds: duration.
        workers: number of processes.
        arguments: the part of the command line that selects the stack and the scenarios, without
            values of variables.
    """

    trials: tuple[Trial, ...]
    requirements: tuple[str, ...]
    untested: tuple[str, ...] = ()
    made: int = 0
    seed: int = 0
    seconds: float = 0.0
    workers: int = 1
    arguments: tuple[str, ...] = ()

    @property
    def of_checks(self) -> bool:
        """Whether custom checks were tested, not the requirements of a stack."""
        return any(isinstance(trial, SourceTrial) for trial in self.trials)

    def with_status(self, status: MutantStatus) -> tuple[Trial, ...]:
        """The mutants of one status."""
        return tuple(trial for trial in self.trials if trial.status is status)

    @property
    def counts(self) -> dict[MutantStatus, int]:
        """Status → number of mutants."""
        found = Counter(trial.status for trial in self.trials)
        return {status: found[status] for status in MutantStatus}

    @property
    def rate(self) -> float:
        """Killed mutants as a fraction of all but the equivalent ones; 1 if there are none."""
        counts = self.counts
        relevant = len(self.trials) - counts[MutantStatus.EQUIVALENT]
        return counts[MutantStatus.KILLED] / relevant if relevant else 1.0

    @property
    def passed(self) -> bool:
        """Whether mutants were judged, and none survived or stayed undecided."""
        counts = self.counts
        missed = counts[MutantStatus.SURVIVED] + counts[MutantStatus.UNDECIDED]
        return bool(self.trials) and not missed

    def kill_counts(self, requirement: str) -> KillCounts | None:
        """The counts of a requirement; None if it was not tested."""
        if requirement not in self.requirements:
            return None
        killed = killed_alone = missed = 0
        for trial in self.trials:
            killers = {kill.requirement for kill in trial.kills}
            if requirement in killers:
                killed += 1
                killed_alone += len(killers) == 1
            elif requirement in trial.seen:
                missed += trial.status in (MutantStatus.SURVIVED, MutantStatus.UNDECIDED)
        return KillCounts(killed + missed, killed, killed_alone)

    @property
    def without_kills(self) -> tuple[str, ...]:
        """Requirements that were tested and killed no mutant."""
        killers = {kill.requirement for trial in self.trials for kill in trial.kills}
        return tuple(name for name in self.requirements if name not in killers)

    @property
    def distant_kills(self) -> tuple[tuple[Trial, Kill], ...]:
        """Kills whose evidence does not point at the change."""
        return tuple((t, kill) for t in self.trials for kill in t.kills if not kill.near)

    @property
    def by_operator(self) -> dict[str, tuple[Trial, ...]]:
        """Operator → its mutants, in the order in which operators first occur."""
        found: dict[str, list[Trial]] = {}
        for trial in self.trials:
            found.setdefault(trial.operator, []).append(trial)
        return {name: tuple(trials) for name, trials in found.items()}

    def matrix(self) -> Mapping[str, Mapping[str, int]]:
        """Requirement → operator → how many of the operator's mutants it killed."""
        found = {name: dict.fromkeys(self.by_operator, 0) for name in self.requirements}
        for trial in self.trials:
            for kill in trial.kills:
                found[kill.requirement][trial.operator] += 1
        return found
