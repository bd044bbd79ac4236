"""The phase of a run that ``--mutants`` adds: judges mutants of the stack."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random

import pytest

from planproof.errors import PlanproofError
from planproof.mutation.explanations import Explanation, read_explanations, unused
from planproof.mutation.stack.model import Mutant, MutationInput
from planproof.mutation.stack.operators import mutants_of
from planproof.mutation_results import MutantStatus, MutationResult
from planproof.reports import phrases
from planproof.results import Kind, ScenarioResult
from planproof.session import mutation_cache
from planproof.session.judging import ScenarioJudge
from planproof.session.mutant_trials import MutantTrials
from planproof.session.options import optional_file
from planproof.session.rerun_arguments import rerun_arguments
from planproof.session.scenarios import kind_of, requirements_served
from planproof.session.stacks import ResolvedStacks, RunRequest
from planproof.terraform.stack import Stack


class MutationPhase:
    """The mutants of a run: made when the stack has been judged, judged, and reported.

    Attributes:
        result: what judging them resulted in; None before that, and without ``--mutants``.
        notices: what every report must state about them.
    """

    def __init__(self, config: pytest.Config, progress: Callable[[str], None]) -> None:
        self._config = config
        self._progress = progress
        self._wanted = bool(config.getoption("--mutants"))
        self.result: MutationResult | None = None
        self.notices: list[str] = []
        self._results: dict[str, ScenarioResult] = {}  # node id → result on the unchanged stack
        self._equivalents: tuple[Explanation, ...] = ()

    def read_equivalents(self) -> None:
        """Read the file of equivalent mutants, before any work is done.

        Raises:
            PlanproofError: it cannot be read.
        """
        if self._wanted:
            self._equivalents = read_explanations(self._file(), "--equivalents")

    def note(self, item: pytest.Item, scenario: ScenarioResult) -> None:
        """Record the result of a scenario on the unchanged stack."""
        if self._wanted and kind_of(item) is Kind.PLANNED:
            self._results[item.nodeid] = scenario

    def run(
        self,
        items: Sequence[pytest.Item],
        planned: ResolvedStacks,
        judge: ScenarioJudge,
        requirements: Sequence[str],
        whole: bool,
    ) -> None:
        """Make the mutants and judge them; does nothing without ``--mutants``.

        Args:
            items: the scenarios of the run.
            requirements: their ids, in their order.
            whole: whether these are all scenarios that there are.

        Raises:
            PlanproofError: no mutant can be made.
        """
        if not self._wanted:
            return
        started = time.monotonic()
        testable, untested = self._testable(items)
        made, own = self._made(planned.stacks)
        chosen = self._chosen(made)
        count = max(1, min(os.cpu_count() or 1, len(chosen)))
        self._progress(
            f"testing {phrases.counted(len(testable), 'scenario')} with "
            f"{phrases.counted(len(chosen), 'mutant')}"
        )
        trials = MutantTrials(
            judge, planned, testable, self._results, chosen, self._progress, count, own=own
        )
        done = trials.run(self._equivalents)
        tested = {r for item in testable for r in requirements_served(item)}
        self.result = MutationResult(
            trials=done,
            requirements=tuple(r for r in requirements if r in tested),
            untested=tuple(r for r in requirements if r in untested),
            made=len(made) - len(chosen) + len(done),
            seed=self._seed,
            seconds=time.monotonic() - started,
            workers=count,
            arguments=rerun_arguments(self._config.invocation_params.args),
        )
        if trials.crashes:
            self.notices.append(
                f"A step crashed on {phrases.counted(len(trials.crashes), 'mutant')} that other "
                f"scenarios detected, first in {trials.crashes[0]}"
            )
        if whole or self._config.getoption("--equivalents"):
            self._note_stale_equivalents()
        self._progress(
            f"{self.result.counts[MutantStatus.KILLED]} of {len(done)} mutants were detected, in "
            f"{phrases.duration(self.result.seconds)}"
        )

    def undone(self) -> list[str]:
        """A notice that the mutants were not judged, for a run that was stopped."""
        if not self._wanted or self.result is not None:
            return []
        return ["No mutant counts: the run was stopped before all mutants were judged."]

    @property
    def _seed(self) -> int:
        return int(self._config.getoption("--mutants-seed"))

    def reported(
        self, items: Sequence[pytest.Item], request: RunRequest, folder: Path
    ) -> tuple[MutationResult | None, str]:
        """The result to report, and a notice with its date if it is from an earlier run.

        Without ``--mutants`` it is the last saved result, if that is of the same stack and suite.
        """
        if self._wanted:
            return self.result, ""
        saved = None
        if (folder / mutation_cache.FILE).is_file():
            saved = mutation_cache.load(self._fingerprint(items, request), folder)
        if saved is None:
            return None, ""
        mutation, when = saved
        return mutation, (
            f"Mutants as measured on {when:%Y-%m-%d %H:%M}, of the same sources and requirements."
        )

    def save(
        self, items: Sequence[pytest.Item], request: RunRequest, folder: Path, when: dt.datetime
    ) -> Path | None:
        """Save the result for later runs, if all mutants were judged; returns the path."""
        if self.result is None or len(self.result.trials) < self.result.made:
            return None
        mark = self._fingerprint(items, request)
        return mutation_cache.save(self.result, when, mark, folder) if mark else None

    def _fingerprint(self, items: Sequence[pytest.Item], request: RunRequest) -> str:
        planned = [item for item in items if kind_of(item) is Kind.PLANNED]
        file = self._file()
        more = [file] if file is not None and file.is_file() else []
        return mutation_cache.fingerprint(request, planned, self._config.rootpath, more)

    def _testable(self, items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], set[str]]:
        """The scenarios that can detect a mutant, and the requirements without one: those that the
        unchanged stack violates, and those that share all their scenarios with them."""
        passed: list[pytest.Item] = []
        broken: set[str] = set()
        for item in items:
            result = self._results.get(item.nodeid)
            if result is not None and result.verdict.acceptable:
                passed.append(item)
            elif result is not None:
                broken.update(requirements_served(item))
        testable = [i for i in passed if not broken & set(requirements_served(i))]
        tested = {r for item in testable for r in requirements_served(item)}
        judged = {r for i in items if i.nodeid in self._results for r in requirements_served(i)}
        return testable, judged - tested

    def _made(self, stacks: Mapping[str, Stack]) -> tuple[list[Mutant], frozenset[str]]:
        """All mutants of the stack, and the ids of those from the suite's hook."""
        evidence = {
            (item.address, item.attribute)
            for result in self._results.values()
            for item in result.evidence
            if item.attribute
        }
        hook = self._config.hook.pytest_planproof_mutants
        own = [m for found in hook(config=self._config, stacks=stacks) for m in found]
        made = (*mutants_of(MutationInput(stacks, frozenset(evidence), self._seed)), *own)
        effective = [m for m in made if any(m.rewrite(s) is not s for s in stacks.values())]
        return effective, frozenset(mutant.id for mutant in own)

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
                    f"no mutant {pattern!r} among the {len(made)} of this stack",
                    "use an id from the report, or a pattern such as 'drop *'",
                )
            found += [mutant for mutant in here if mutant not in found]
        return self._limited(found)

    def _limited(self, mutants: Sequence[Mutant]) -> list[Mutant]:
        """As many as ``--mutants-limit`` allows, chosen at random, in their order."""
        limit = self._config.getoption("--mutants-limit")
        if limit is None or limit >= len(mutants):
            return list(mutants)
        chosen = sorted(Random(self._seed).sample(range(len(mutants)), limit))  # noqa: S311
        return [mutants[number] for number in chosen]

    def _note_stale_equivalents(self) -> None:
        """Add a notice on each entry that matches no survivor: it would hide a later one."""
        if self.result is None or len(self.result.trials) < self.result.made:
            return
        file = self._file()
        self.notices += [
            f"{file.name if file else ''} explains {entry.mutant!r}, but no such mutant survives: "
            "remove the entry."
            for entry in unused(self._equivalents, self.result.trials)
        ]

    def _file(self) -> Path | None:
        option = self._config.getoption
        if option("--terraform-dir") and not option("--equivalents"):
            return None  # the default file explains mutants of this project's own stack
        return optional_file(self._config, "--equivalents", "equivalents.toml")
