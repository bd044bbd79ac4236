"""What came of the mutants of a stack: which requirement noticed which, and what nobody noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from planproof.verdicts import Verdict


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    """At least one requirement that the stack keeps is not proven of it."""
    SURVIVED = "survived"
    """Every requirement still passes, and nobody has said that it is harmless."""
    EQUIVALENT = "equivalent"
    """Every requirement still passes, and somebody has written down why that is right."""
    UNDECIDED = "undecided"
    """No requirement noticed it other than by a step that crashed, or it could not be judged."""


@dataclass(frozen=True, slots=True)
class Kill:
    """A requirement that noticed a mutant.

    Attributes:
        verdict: failed, or undetermined where what was changed leaves the evidence open.
        scenario: the first one that noticed.
        reason: why it does not pass, in one sentence.
        near: whether the evidence names what was changed, or something that names it or is named
            by it. A requirement that fails far from what was changed may be one that asks too much;
            one that is left open because a part is missing never counts as far.
    """

    requirement: str
    verdict: Verdict
    scenario: str
    reason: str
    near: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant, and what became of it.

    Attributes:
        id, operator, address, path, before, after: as of a
            :class:`planproof.mutation.stack.model.Mutant`.
        kills: every requirement that noticed it.
        seen: the requirements that look at what was changed, whether they noticed or not.
        reason: why it is equivalent, or why it could not be judged.
        seconds: that judging it took.
    """

    id: str
    operator: str
    address: str
    path: str
    before: str
    after: str
    fate: Fate
    kills: tuple[Kill, ...] = ()
    seen: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Tested:
    """How a requirement did.

    Attributes:
        ways: mutants that it noticed, and those that nobody did although it looks at what they
            change. What only others noticed is none of its business.
        caught: how many of them it noticed.
        alone: how many of them nobody else noticed.
    """

    ways: int
    caught: int
    alone: int


@dataclass(frozen=True, slots=True)
class Mutation:
    """What came of all mutants.

    Attributes:
        trials: one for each mutant that was judged, in the order of the stack.
        requirements: those that were tested; what the stack does not keep cannot be.
        untested: those that could not be, since they do not pass on the stack as it is.
        made: how many mutants there are in all, whether they were chosen or not.
        seed: which choices among several possibilities were made.
        seconds: that it took, and how many processes took part.
        arguments: what of the command line said which stack and which scenarios these are; values
            of variables are left out.
    """

    trials: tuple[Trial, ...]
    requirements: tuple[str, ...]
    untested: tuple[str, ...] = ()
    made: int = 0
    seed: int = 0
    seconds: float = 0.0
    workers: int = 1
    arguments: tuple[str, ...] = ()

    def of(self, fate: Fate) -> tuple[Trial, ...]:
        """The mutants of one fate."""
        return tuple(trial for trial in self.trials if trial.fate is fate)

    @property
    def counts(self) -> dict[Fate, int]:
        """How many mutants there are of each fate."""
        found = Counter(trial.fate for trial in self.trials)
        return {fate: found[fate] for fate in Fate}

    @property
    def rate(self) -> float:
        """Killed mutants among those that ought to be, 0 to 1; 1 where there is none."""
        counts = self.counts
        ought = len(self.trials) - counts[Fate.EQUIVALENT]
        return counts[Fate.KILLED] / ought if ought else 1.0

    @property
    def whole(self) -> bool:
        """Whether mutants were tried, and none survived or stayed undecided."""
        counts = self.counts
        return bool(self.trials) and not counts[Fate.SURVIVED] and not counts[Fate.UNDECIDED]

    def tested(self, requirement: str) -> Tested | None:
        """How a requirement did; None where it was not tested."""
        if requirement not in self.requirements:
            return None
        caught = alone = missed = 0
        for trial in self.trials:
            killers = {kill.requirement for kill in trial.kills}
            if requirement in killers:
                caught += 1
                alone += len(killers) == 1
            elif trial.fate in (Fate.SURVIVED, Fate.UNDECIDED) and requirement in trial.seen:
                missed += 1
        return Tested(caught + missed, caught, alone)

    @property
    def idle(self) -> tuple[str, ...]:
        """Requirements that were tested and noticed no mutant at all."""
        killers = {kill.requirement for trial in self.trials for kill in trial.kills}
        return tuple(name for name in self.requirements if name not in killers)

    @property
    def far(self) -> tuple[tuple[Trial, Kill], ...]:
        """Kills whose evidence does not point at what was changed."""
        return tuple((t, kill) for t in self.trials for kill in t.kills if not kill.near)

    @property
    def operators(self) -> dict[str, tuple[Trial, ...]]:
        """Operator → its mutants, in the order in which operators first come."""
        found: dict[str, list[Trial]] = {}
        for trial in self.trials:
            found.setdefault(trial.operator, []).append(trial)
        return {name: tuple(trials) for name, trials in found.items()}

    def matrix(self) -> Mapping[str, Mapping[str, int]]:
        """Requirement → operator → how many of the operator's mutants it noticed."""
        found = {name: dict.fromkeys(self.operators, 0) for name in self.requirements}
        for trial in self.trials:
            for kill in trial.kills:
                found[kill.requirement][trial.operator] += 1
        return found
