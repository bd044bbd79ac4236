"""Has every scenario judge every mutant that changes what it looks at, in several processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from planproof.mutation.stack.explained import Equivalent, reason_for
from planproof.mutation.stack.model import Mutant, changed
from planproof.mutation.stack.near import points_at
from planproof.mutation.stack.tracing import Reads
from planproof.mutation.stack.workers import Failed, Workers
from planproof.mutation_results import Fate, Kill, Trial
from planproof.results import ScenarioResult
from planproof.session.rejudging import Judge, Outcome
from planproof.session.scenarios import requirements_served
from planproof.terraform.stack import Stack

if TYPE_CHECKING:
    from planproof.session.run import Run

LIMIT = 300.0
"""Seconds that one mutant may take."""
_LONG = 0.1  # seconds of a scenario, from which on one is worth avoiding
_NEWS = 5.0  # seconds between two lines of progress


@dataclass(frozen=True, slots=True)
class Judged:
    """What a fork found out about a mutant.

    Attributes:
        crashes: the last line of each step that crashed.
    """

    kills: tuple[Kill, ...]
    crashes: tuple[str, ...]
    seconds: float


@dataclass(slots=True)
class Trying:
    """The mutants of one run, tried.

    Attributes:
        items: the scenarios, all of which pass on the stack as it is.
        kept: node id → what came of it there.
        own: ids of mutants that the suite has made itself, for scenarios of its own: they are left
            out where none that is judged looks at what they change.
        crashes: "mutant: scenario: exception" of each step that crashed on a mutant which others
            noticed.
    """

    run: Run
    stacks: Mapping[str, Stack]
    items: Sequence[pytest.Item]
    kept: Mapping[str, ScenarioResult]
    mutants: Sequence[Mutant]
    progress: Callable[[str], None]
    count: int = field(default_factory=lambda: os.cpu_count() or 1)
    own: frozenset[str] = frozenset()
    crashes: list[str] = field(default_factory=list)
    _judge: Judge | None = None

    def trials(self, equivalents: Sequence[Equivalent]) -> tuple[Trial, ...]:
        """What became of each mutant, in their order."""
        by_id = {item.nodeid: item for item in self.items}
        with Workers(self._do, min(self.count, max(1, len(self.mutants))), LIMIT) as workers:
            reads: dict[str, Reads | None] = {}
            for task, answer in workers.each(("look", (name,)) for name in by_id):
                reads[task[1][0]] = answer if isinstance(answer, Reads) else None
            plans = [self._affected(mutant, reads) for mutant in self.mutants]
            tasks = (
                ("judge", (str(number), *names)) for number, names in enumerate(plans) if names
            )
            found: dict[int, Judged | Failed] = {}
            told = time.monotonic()
            for task, answer in workers.each(tasks):
                if not isinstance(answer, Reads):
                    found[int(task[1][0])] = answer
                if time.monotonic() - told >= _NEWS:
                    told = time.monotonic()
                    killed = sum(isinstance(j, Judged) and bool(j.kills) for j in found.values())
                    self.progress(
                        f"judged {len(found)} of {sum(map(bool, plans))} mutants, {killed} noticed"
                    )
        return tuple(
            self._trial(mutant, found.get(number), plans[number], by_id, equivalents)
            for number, mutant in enumerate(self.mutants)
            if plans[number] or mutant.id not in self.own
        )

    def _affected(self, mutant: Mutant, reads: Mapping[str, Reads | None]) -> tuple[str, ...]:
        """The scenarios that look at what a mutant changes, the quickest first."""
        looked: set[str] = set()
        for stack in self.stacks.values():
            after = mutant.rewrite(stack)
            changes = changed(stack, after) if after is not stack else ()
            for name, seen in reads.items():
                if changes and (seen is None or seen.sees(stack, changes, after)):
                    looked.add(name)
        return tuple(sorted(looked, key=self._turn))

    def _turn(self, name: str) -> tuple[bool, int]:
        """Sort key: what takes long comes last, else the order is that of the suite, so that the
        first scenario that notices is the same in every run."""
        order = [item.nodeid for item in self.items]
        return self.kept[name].duration > _LONG, order.index(name)

    # In a fork -------------------------------------------------------------------------------

    def _do(self, task: tuple[str, tuple[str, ...]]) -> Reads | Judged:
        if self._judge is None:
            self._judge = Judge(self.run)
        what, names = task
        by_id = {item.nodeid: item for item in self.items}
        if what == "look":
            return self._judge.look(by_id[names[0]], self.stacks)
        started = time.monotonic()
        mutant = self.mutants[int(names[0])]
        stacks = {name: mutant.rewrite(stack) for name, stack in self.stacks.items()}
        outcomes = self._judge.judge([by_id[name] for name in names[1:]], stacks, _settled)
        return self._judged(mutant, outcomes, by_id, stacks, started)

    def _judged(
        self,
        mutant: Mutant,
        outcomes: Mapping[str, Outcome],
        by_id: Mapping[str, pytest.Item],
        stacks: Mapping[str, Stack],
        started: float,
    ) -> Judged:
        kills: dict[str, Kill] = {}
        crashes = []
        for name, outcome in outcomes.items():
            scenario = outcome.scenario
            if outcome.crash:
                crashes.append(f"{scenario.name}: {outcome.crash.strip().splitlines()[-1]}")
            elif not scenario.verdict.acceptable:
                near = any(
                    points_at(
                        mutant, self.kept[name], scenario, self.stacks[variant], stacks[variant]
                    )
                    for variant in stacks
                )
                for requirement in requirements_served(by_id[name]):
                    kills.setdefault(
                        requirement,
                        Kill(
                            requirement, scenario.verdict, scenario.name, scenario.reason, near=near
                        ),
                    )
        ordered = tuple(kills[name] for name in sorted(kills))
        return Judged(ordered, tuple(crashes), time.monotonic() - started)

    # After -----------------------------------------------------------------------------------

    def _trial(
        self,
        mutant: Mutant,
        found: Judged | Failed | None,
        names: Sequence[str],
        by_id: Mapping[str, pytest.Item],
        equivalents: Sequence[Equivalent],
    ) -> Trial:
        mask = self.run.recorder().mask
        kills: tuple[Kill, ...] = ()
        reason, seconds = "", 0.0
        if isinstance(found, Failed):
            fate, reason = Fate.UNDECIDED, found.why
        else:
            if found is not None:
                kills, seconds = found.kills, found.seconds
            if kills:
                fate = Fate.KILLED
                if found is not None and found.crashes:
                    self.crashes.append(mask(f"{mutant.id}: {found.crashes[0]}"))
            elif found is not None and found.crashes:
                fate, reason = Fate.UNDECIDED, f"a step crashed in {found.crashes[0]}"
            else:
                reason = reason_for(mutant.id, equivalents)
                fate = Fate.EQUIVALENT if reason else Fate.SURVIVED
        seen = {r for name in names for r in requirements_served(by_id[name])}
        return Trial(
            id=mutant.id,
            operator=mutant.operator,
            address=mutant.address,
            path=mutant.path,
            before=mask(mutant.before),
            after=mask(mutant.after),
            fate=fate,
            kills=kills,
            seen=tuple(sorted(seen)),
            reason=mask(reason),
            seconds=seconds,
        )


def _settled(item: pytest.Item, found: Mapping[str, Outcome]) -> bool:
    """Whether the requirements of a scenario are known to notice a mutant."""
    noticed = {
        requirement
        for outcome in found.values()
        if not outcome.crash and not outcome.scenario.verdict.acceptable
        for requirement in outcome.requirements
    }
    return set(requirements_served(item)) <= noticed
