"""What ``--mutants`` adds to a run: made when the stack has been judged, tried, and told."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from planproof.errors import PlanproofError
from planproof.mutation.stack.explained import Equivalent, read_equivalents
from planproof.mutation.stack.model import Mutant, Scene
from planproof.mutation.stack.operators import mutants_of
from planproof.mutation_results import Fate, Mutation
from planproof.reports import words
from planproof.results import Kind, ScenarioResult
from planproof.session.mutant_trials import Trying
from planproof.session.mutation_cache import FILE, fingerprint, keep, last
from planproof.session.rerun_arguments import arguments_again
from planproof.session.scenarios import kind_of, requirements_served
from planproof.terraform.stack import Stack

if TYPE_CHECKING:
    from planproof.session.run import Run


class MutationPhase:
    """The mutants of a run.

    Attributes:
        result: what came of them; None before, and without ``--mutants``.
        notices: what every report must say of them.
    """

    def __init__(self, config: pytest.Config, progress: Callable[[str], None]) -> None:
        self._config = config
        self._progress = progress
        self.wanted = bool(config.getoption("--mutants"))
        self.result: Mutation | None = None
        self.notices: list[str] = []
        self._results: dict[str, ScenarioResult] = {}
        self._equivalents: tuple[Equivalent, ...] = ()
        self._own: frozenset[str] = frozenset()  # the suite's, by id

    def read(self) -> None:
        """Read what is said of equivalent mutants, before any work is done.

        Raises:
            PlanproofError: it cannot be read.
        """
        if self.wanted:
            self._equivalents = read_equivalents(self._file())

    def note(self, item: pytest.Item, scenario: ScenarioResult) -> None:
        """Remember what came of a scenario on the stack as it is."""
        if self.wanted and kind_of(item) is Kind.PLANNED:
            self._results[item.nodeid] = scenario

    def try_all(self, run: Run) -> None:
        """Make the mutants and have them judged.

        Raises:
            PlanproofError: none can be made.
        """
        if not self.wanted:
            return
        started = time.monotonic()
        items, untested = self._testable(run.items)
        stacks = dict(run.resolved_stacks.stacks)
        made = self._made(run, stacks)
        chosen = self._chosen(made)
        count = max(1, min(os.cpu_count() or 1, len(chosen)))
        self._progress(
            f"breaking the stack in {words.counted(len(chosen), 'way')}, one at a time, for "
            f"{words.counted(len(items), 'scenario')}"
        )
        trying = Trying(
            run, stacks, items, self._results, chosen, self._progress, count, own=self._own
        )
        trials = trying.trials(self._equivalents)
        tested = {r for item in items for r in requirements_served(item)}
        self.result = Mutation(
            trials=trials,
            requirements=tuple(r for r in run.requirement_ids if r in tested),
            untested=tuple(r for r in run.requirement_ids if r in untested),
            made=len(made) - len(chosen) + len(trials),
            seed=int(self._config.getoption("--mutants-seed")),
            seconds=time.monotonic() - started,
            workers=count,
            arguments=arguments_again(self._config.invocation_params.args),
        )
        if trying.crashes:
            self.notices.append(
                f"A step crashed on {words.counted(len(trying.crashes), 'mutant')} that others "
                f"noticed, first in {trying.crashes[0]}"
            )
        self._say_what_is_stale(run)
        self._progress(
            f"{self.result.counts[Fate.KILLED]} of {len(trials)} mutants were noticed, in "
            f"{words.seconds(self.result.seconds)}"
        )

    def found(self, run: Run, folder: Path) -> tuple[Mutation | None, str]:
        """What a report can say of mutants, and since when that is known, where it is not new.

        Without ``--mutants`` it is what was measured last, if that was of just this.
        """
        if self.wanted:
            return self.result, ""
        before = last(self._mark(run), folder) if (folder / FILE).is_file() else None
        if before is None:
            return None, ""
        mutation, when = before
        return mutation, (
            f"Mutants as measured on {when:%Y-%m-%d %H:%M}, of these very sources and requirements."
        )

    def keep(self, run: Run, folder: Path, when: dt.datetime) -> Path | None:
        """Keep the measurement for later runs, if it is a whole one."""
        if self.result is None or len(self.result.trials) < self.result.made:
            return None
        mark = self._mark(run)
        return keep(self.result, when, mark, folder) if mark else None

    def _mark(self, run: Run) -> str:
        items = [item for item in run.items if kind_of(item) is Kind.PLANNED]
        told = self._file()
        more = [told] if told is not None and told.is_file() else []
        return fingerprint(run.resolved_stacks.request, items, self._config.rootpath, more)

    def _testable(self, items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], set[str]]:
        """The scenarios that a mutant can turn, and the requirements that have none of these: they
        are broken as it is, or share their scenarios with such."""
        found: list[pytest.Item] = []
        broken: set[str] = set()
        for item in items:
            result = self._results.get(item.nodeid)
            if result is not None and result.verdict.acceptable:
                found.append(item)
            elif result is not None:
                broken.update(requirements_served(item))
        whole = [i for i in found if not broken & set(requirements_served(i))]
        tested = {r for item in whole for r in requirements_served(item)}
        judged = {r for i in items if i.nodeid in self._results for r in requirements_served(i)}
        return whole, judged - tested

    def _made(self, run: Run, stacks: Mapping[str, Stack]) -> list[Mutant]:
        spoken = {
            (item.address, item.attribute)
            for result in self._results.values()
            for item in result.evidence
            if item.attribute
        }
        scene = Scene(stacks, frozenset(spoken), int(self._config.getoption("--mutants-seed")))
        hook = self._config.hook.pytest_planproof_mutants
        own = [m for found in hook(config=self._config, stacks=stacks) for m in found]
        made = (mutant for mutant in (*mutants_of(scene), *own))
        self._own = frozenset(mutant.id for mutant in own)
        return [m for m in made if any(m.rewrite(s) is not s for s in stacks.values())]

    def _chosen(self, made: Sequence[Mutant]) -> list[Mutant]:
        wanted = list(self._config.getoption("--mutant"))
        if not wanted:
            return self._limited(made)
        found = []
        for pattern in wanted:
            exact = pattern.replace("[", "[[]")
            here = [mutant for mutant in made if fnmatchcase(mutant.id, exact)]
            if not here:
                raise PlanproofError(
                    f"there is no mutant {pattern!r} among the {len(made)} of this stack",
                    "take an id from the report, or a pattern such as 'drop *'",
                )
            found += [mutant for mutant in here if mutant not in found]
        return self._limited(found)

    def _limited(self, mutants: Sequence[Mutant]) -> list[Mutant]:
        """As many as were asked for, by chance, and in their order."""
        limit = self._config.getoption("--mutants-limit")
        if limit is None or limit >= len(mutants):
            return list(mutants)
        chance = Random(int(self._config.getoption("--mutants-seed")))  # noqa: S311
        chosen = sorted(chance.sample(range(len(mutants)), limit))
        return [mutants[number] for number in chosen]

    def _say_what_is_stale(self, run: Run) -> None:
        """An explanation that explains nothing any more would hide the next survivor.

        What a part of the scenarios speaks of has but a part of the mutants.
        """
        if self.result is None or len(self.result.trials) < self.result.made:
            return
        if not run.scope.whole and not self._config.getoption("--equivalents"):
            return
        for entry in self._equivalents:
            if not any(entry.covers(trial.id) for trial in self.result.of(Fate.EQUIVALENT)):
                self.notices.append(
                    f"{self._shown()} explains {entry.mutant!r}, and no mutant of that name "
                    "survives: remove the entry."
                )

    def _file(self) -> Path | None:
        if named := self._config.getoption("--equivalents"):
            return Path(named)
        if self._config.getoption("--terraform-dir"):
            return None  # what is said of this project's own stack says nothing of another
        usual = self._config.rootpath / "equivalents.toml"
        return usual if usual.is_file() else None

    def _shown(self) -> str:
        found = self._file()
        return found.name if found is not None else ""
