"""Judges every mutant by the scenarios that read what it changes, in several processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pytest

from planproof.mutation.explanations import Explanation, reason_for
from planproof.mutation.stack.model import Mutant, changed
from planproof.mutation.stack.near import points_at
from planproof.mutation.stack.tracing import Reads, traced
from planproof.mutation.workers import TaskFailure, Workers
from planproof.mutation_results import Kill, MutantStatus, Trial
from planproof.results import ScenarioResult
from planproof.session.bdd_registries import remember_step_functions
from planproof.session.judging import Enough, Outcome, ScenarioJudge, StackUnderTest, worse
from planproof.session.scenarios import requirements_served
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Stack

LIMIT = 300.0
"""Seconds that one mutant may take."""
_SLOW = 0.1  # seconds of a scenario, from which on it is judged after the others
_PROGRESS = 5.0  # seconds between two lines of progress


@dataclass(frozen=True, slots=True)
class Judged:
    """The result of judging a mutant in a fork.

    Attributes:
        crashes: the last line of each step that crashed.
    """

    kills: tuple[Kill, ...]
    crashes: tuple[str, ...]
    seconds: float


@dataclass
class MutantTrials:
    """The mutants of one run, and how they are judged.

    Attributes:
        planned: the unchanged stack with each set of variables.
        items: the scenarios, all of which pass on the unchanged stack.
        results: node id → the result there.
        own: ids of the mutants that the suite has made: each is left out where no scenario reads
            what it changes.
        crashes: "mutant: scenario: exception" of each step that crashed on a mutant that other
            scenarios detected.
    """

    judge: ScenarioJudge
    planned: ResolvedStacks
    items: Sequence[pytest.Item]
    results: Mapping[str, ScenarioResult]
    mutants: Sequence[Mutant]
    progress: Callable[[str], None]
    count: int = field(default_factory=lambda: os.cpu_count() or 1)
    own: frozenset[str] = frozenset()
    crashes: list[str] = field(default_factory=list)

    @cached_property
    def _by_id(self) -> dict[str, pytest.Item]:
        """Node id → scenario, in the order of the suite."""
        return {item.nodeid: item for item in self.items}

    def run(self, equivalents: Sequence[Explanation]) -> tuple[Trial, ...]:
        """Judge the mutants; one trial for each, in their order."""
        with Workers(self._do, min(self.count, max(1, len(self.mutants))), LIMIT) as workers:
            reads: dict[str, Reads | None] = {}
            for task, answer in workers.each(("read", (name,)) for name in self._by_id):
                reads[task[1][0]] = answer if isinstance(answer, Reads) else None
            plans = [self._affected(mutant, reads) for mutant in self.mutants]
            tasks = (
                ("judge", (str(number), *names)) for number, names in enumerate(plans) if names
            )
            judged: dict[int, Judged | TaskFailure] = {}
            reported = time.monotonic()
            for task, answer in workers.each(tasks):
                if not isinstance(answer, Reads):
                    judged[int(task[1][0])] = answer
                if time.monotonic() - reported >= _PROGRESS:
                    reported = time.monotonic()
                    killed = sum(isinstance(j, Judged) and bool(j.kills) for j in judged.values())
                    count = sum(map(bool, plans))
                    self.progress(f"judged {len(judged)} of {count} mutants, {killed} detected")
        return tuple(
            self._trial(mutant, judged.get(number), plans[number], equivalents)
            for number, mutant in enumerate(self.mutants)
            if plans[number] or mutant.id not in self.own
        )

    def _affected(self, mutant: Mutant, reads: Mapping[str, Reads | None]) -> tuple[str, ...]:
        """The scenarios that read what a mutant changes, in the order in which to judge them."""
        affected: set[str] = set()
        for stack in self.planned.stacks.values():
            after = mutant.rewrite(stack)
            changes = changed(stack, after) if after is not stack else ()
            for name, seen in reads.items():
                if changes and (seen is None or seen.sees(stack, changes, after)):
                    affected.add(name)
        # Slow scenarios last; else as in the suite, so that each run reports the same scenario.
        ordered = [name for name in self._by_id if name in affected]
        return tuple(sorted(ordered, key=lambda name: self.results[name].duration > _SLOW))

    # In a fork -------------------------------------------------------------------------------

    def _do(self, task: tuple[str, tuple[str, ...]]) -> Reads | Judged:
        what, names = task
        plugins = self.items[0].config.pluginmanager
        for reporter in ("logging-plugin", "terminalreporter"):  # a fork's output is never read
            if plugins.has_plugin(reporter):
                plugins.unregister(name=reporter)
        remember_step_functions()
        if what == "read":
            return self._read(names[0])
        return self._judged(self.mutants[int(names[0])], names[1:])

    def _read(self, name: str) -> Reads:
        """What a scenario reads from the stacks.

        Raises:
            LookupError: it does not pass while its reads are recorded, so they are not known.
        """
        reads = Reads()
        stacks = {key: traced(stack, reads) for key, stack in self.planned.stacks.items()}
        outcome = self._outcomes([name], stacks).get(name)
        if outcome is None or outcome.crash or not outcome.acceptable:
            raise LookupError(f"{name} does not pass while its reads are recorded")
        return reads

    def _outcomes(
        self, names: Sequence[str], stacks: Mapping[str, Stack], enough: Enough = lambda *_: False
    ) -> dict[str, Outcome]:
        under_test = StackUnderTest(self.planned.with_stacks(stacks))
        items = [self._by_id[name] for name in names]
        outcomes: dict[str, Outcome] = {}
        for item, outcome in self.judge.judge(items, under_test, enough):
            outcomes[item.nodeid] = worse(outcomes.get(item.nodeid), outcome)
        return outcomes

    def _requirements_killed(self, item: pytest.Item, outcomes: Mapping[str, Outcome]) -> bool:
        """Whether every requirement that a scenario serves is known to detect the mutant."""
        detected = {
            requirement
            for name, outcome in outcomes.items()
            if not outcome.crash and not outcome.acceptable
            for requirement in requirements_served(self._by_id[name])
        }
        return set(requirements_served(item)) <= detected

    def _judged(self, mutant: Mutant, names: Sequence[str]) -> Judged:
        started = time.monotonic()
        before = self.planned.stacks
        stacks = {name: mutant.rewrite(stack) for name, stack in before.items()}
        kills: dict[str, Kill] = {}
        crashes = []
        for name, outcome in self._outcomes(names, stacks, self._requirements_killed).items():
            result = outcome.result
            if result is None:
                continue
            if outcome.crash:
                crashes.append(f"{result.name}: {outcome.crash.strip().splitlines()[-1]}")
            elif not outcome.acceptable:
                near = any(
                    points_at(mutant, self.results[name], result, before[variant], stack)
                    for variant, stack in stacks.items()
                )
                for requirement in requirements_served(self._by_id[name]):
                    kill = Kill(requirement, result.verdict, result.name, result.reason, near)
                    kills.setdefault(requirement, kill)
        ordered = tuple(kills[name] for name in sorted(kills))
        return Judged(ordered, tuple(crashes), time.monotonic() - started)

    # After -----------------------------------------------------------------------------------

    def _trial(
        self,
        mutant: Mutant,
        judged: Judged | TaskFailure | None,
        names: Sequence[str],
        equivalents: Sequence[Explanation],
    ) -> Trial:
        mask = StackUnderTest(self.planned).recorder().mask
        kills: tuple[Kill, ...] = ()
        reason, seconds = "", 0.0
        if isinstance(judged, TaskFailure):
            status, reason = MutantStatus.UNDECIDED, judged.reason
        else:
            crashes = judged.crashes if judged is not None else ()
            if judged is not None:
                kills, seconds = judged.kills, judged.seconds
            if kills:
                status = MutantStatus.KILLED
                if crashes:
                    self.crashes.append(mask(f"{mutant.id}: {crashes[0]}"))
            elif crashes:
                status, reason = MutantStatus.UNDECIDED, f"a step crashed in {crashes[0]}"
            else:
                reason = reason_for(mutant.id, equivalents)
                status = MutantStatus.EQUIVALENT if reason else MutantStatus.SURVIVED
        seen = {r for name in names for r in requirements_served(self._by_id[name])}
        return Trial(
            id=mutant.id,
            operator=mutant.operator,
            address=mutant.address,
            path=mutant.path,
            before=mask(mutant.before),
            after=mask(mutant.after),
            status=status,
            kills=kills,
            seen=tuple(sorted(seen)),
            reason=mask(reason),
            seconds=seconds,
        )
