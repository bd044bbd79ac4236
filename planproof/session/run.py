"""One compliance run: prepares the stack, runs the phases that judge it, and writes the reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planproof.errors import PlanproofError, UndeterminedError
from planproof.reports import phrases, write_reports
from planproof.results import Kind, RunResult
from planproof.session.collection import check_scenarios, is_feature_item
from planproof.session.deployed_phase import DeployedPhase
from planproof.session.interrupts import Interrupts, in_background
from planproof.session.judging import Outcome, ScenarioJudge, StackUnderTest
from planproof.session.mutation_phase import MutationPhase
from planproof.session.options import optional_file, request_of
from planproof.session.requirements import Requirements
from planproof.session.scenarios import judging_order, kind_of
from planproof.session.selection import Selection
from planproof.session.stacks import ResolvedStacks
from planproof.session.terminal import RunTerminal
from planproof.terraform.resolution.run import Variant
from planproof.values import Value
from planproof.waivers import read_waivers

if TYPE_CHECKING:
    from planproof.checkov_runner import CheckResults


class Run:
    """A run, from configuration to exit code.

    Attributes:
        items: the scenarios to judge, in the order in which they are judged.
        judge: judges them; a pytest plugin.
        stacks: the planned stack with each set of variables, from :meth:`prepare` on.
        prepared: whether there is a stack to judge.
        not_collected: why files could not be collected.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.items: list[pytest.Item] = []
        self.node_ids: frozenset[str] = frozenset()
        self.prepared = False
        self.not_collected: list[str] = []
        self.stacks: ResolvedStacks
        self.selection = Selection(config)
        self.terminal = RunTerminal(config)
        self.judge = ScenarioJudge(self._take)
        self.deployed = DeployedPhase(config, self.terminal.progress)
        self._mutation = MutationPhase(config, self.terminal.progress)
        self.interrupts = Interrupts(self.terminal.say_last)
        self._done = False
        self._problem: PlanproofError | None = None
        self._started = dt.datetime.now(dt.UTC).astimezone()
        self._requirements = Requirements(self._started.date())
        self._result: RunResult | None = None
        self._crashes: list[str] = []
        self._other_tests_failed = False
        self._checks: Future[CheckResults] | None = None
        self._written: dict[str, Path] = {}

    # Before the first scenario ---------------------------------------------------------------

    def take_over_terminal(self) -> None:
        """Print verdicts instead of pytest's own lines, and judge all features by default."""
        self.terminal.take_over()
        self.interrupts.install()
        self.selection.take_lines()
        if self.config.args_source is not pytest.Config.ArgsSource.ARGS:
            folder = str(self.config.getini("features_dir"))
            self.config.args[:] = [str(self.config.rootpath / folder)]

    def select(self, items: list[pytest.Item]) -> None:
        """Choose the scenarios to judge among the collected items, check and sort them.

        Args:
            items: changed in place.

        Raises:
            PlanproofError: there is nothing to judge, or a scenario that cannot be judged.
            pytest.UsageError: a file could not be collected.
        """
        if self.not_collected:
            raise pytest.UsageError("\n".join(self.not_collected))
        scenarios = [item for item in items if is_feature_item(item)]
        left_out = self.selection.at_lines(scenarios)
        left_out += self.selection.left_out([i for i in scenarios if i not in left_out])
        chosen = [item for item in scenarios if item not in left_out]
        if not chosen:
            if self.terminal.taken:
                self.selection.refuse_empty_run(scenarios)
            if not scenarios:
                return
        if left_out:
            self.config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item not in left_out]
        check_scenarios(chosen)
        if chosen:
            self._plan(chosen)
        if self.config.getoption("--compliance"):
            order = {item: number for number, item in enumerate(self.items)}
            items.sort(key=lambda item: order.get(item, len(order)))

    def _plan(self, items: Sequence[pytest.Item]) -> None:
        """Sort the scenarios by the requirements that they serve."""
        self.items = sorted(items, key=judging_order)
        self.node_ids = frozenset(item.nodeid for item in items)
        for item in self.items:
            self._requirements.add(item)
        self._requirements.pages = self._pages()
        if self.terminal.taken:
            self.selection.note_not_judged(items)

    def _pages(self) -> dict[str, str]:
        folder = str(self.config.getini("requirement_pages"))
        pages = {name: f"{folder}/{name}.md" for name in self._requirements.ids if folder}
        return {k: page for k, page in pages.items() if (self.config.rootpath / page).is_file()}

    def prepare(self) -> None:
        """Resolve the stack with Terraform, and start Checkov.

        Raises:
            PlanproofError: the stack cannot be judged at all.
        """
        request = request_of(self.config)
        waivers = optional_file(self.config, "--waivers", "waivers.toml")
        self._requirements.waivers = read_waivers(waivers)
        self._mutation.read_equivalents()
        self.stacks = ResolvedStacks(request, progress=self.terminal.progress)
        if self.terminal.taken:
            self.terminal.say(f"planproof judges {self.stacks.subject}")
        self._start_checks()
        try:
            self.stacks.prepare(self._variants, partial(self.deployed.begin, self.stacks))
        except BaseException:
            self.close()
            raise
        self.judge.under_test = StackUnderTest(self.stacks)
        self.prepared = True
        count = phrases.counted(len(self._requirements.ids), "requirement")
        self.terminal.begin((*self.stacks.notices, *self.selection.notices), count)

    def _variants(self, variables: Mapping[str, Value]) -> list[Variant]:
        hook = self.config.hook.pytest_planproof_variants
        found = hook(config=self.config, variables=variables)
        return [variant for variants in found for variant in variants]

    @property
    def _report_dir(self) -> Path:
        return Path(str(self.config.getoption("--report-dir")))

    def _start_checks(self) -> None:
        from planproof.checkov_runner import run_checks

        folder = self.config.rootpath / str(self.config.getini("checks_dir"))
        request = self.stacks.request
        files = tuple(request.variable_files)
        self._checks = in_background(partial(run_checks, folder, request.terraform_dir, files))

    def judged_stacks(self) -> ResolvedStacks:
        """The stacks that are judged now; resolves the stack if that is not done yet.

        Raises:
            PlanproofError: the stack cannot be judged at all.
        """
        if self.judge.under_test is None:
            self.prepare()
        return self.judge.under_test.stacks if self.judge.under_test is not None else self.stacks

    def check_results(self) -> CheckResults:
        """The custom checks' results; waits for them."""
        if self._checks is None:
            raise UndeterminedError("the custom checks were never started")
        return self._checks.result()

    # The phases ------------------------------------------------------------------------------

    def judge_all(self, session: pytest.Session) -> None:
        """Judge the planned stack, the deployed one, and the mutants, then run all other tests.

        Raises:
            PlanproofError: the stack could not be deployed, or no mutant can be made.
        """
        deployed = [item for item in self.items if kind_of(item) is Kind.DEPLOYED]
        planned = [item for item in self.items if kind_of(item) is not Kind.DEPLOYED]
        under_test = StackUnderTest(self.stacks)
        self._judge(session, planned, under_test)
        if deployed:
            self._judge(session, deployed, self.deployed.under_test(self.stacks))
        failed_before = session.testsfailed
        others = [item for item in session.items if item.nodeid not in self.node_ids]
        self._judge(session, others, under_test)
        self._other_tests_failed = session.testsfailed > failed_before
        self._mutation.run(
            self.items, self.stacks, self.judge, self._requirements.ids, self.selection.whole
        )
        self._done = True

    def _judge(
        self, session: pytest.Session, items: Iterable[pytest.Item], under_test: StackUnderTest
    ) -> None:
        for item, outcome in self.judge.judge(items, under_test):
            self._take(item, outcome)
            # As in pytest's own loop: -x, --maxfail, and plugins that end a run.
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)

    def _take(self, item: pytest.Item, outcome: Outcome) -> None:
        """Record the outcome of a scenario; print each requirement that it completes."""
        if outcome.crash:
            self._crashes.append(outcome.crash)
        if outcome.result is not None:
            self._mutation.note(item, outcome.result)
        for identifier in self._requirements.take(item, outcome):
            self.terminal.announce(self._requirements.result(identifier))

    # After the last scenario -----------------------------------------------------------------

    def finish(self, exitstatus: int) -> int:
        """Write the reports.

        Returns:
            The exit code: 0 only if everything passed.

        Raises:
            PlanproofError: the reports cannot be written.
        """
        self.interrupts.hold()
        requirements = self._requirements
        notices = [*self.stacks.notices, *self.selection.notices, *self.deployed.notices()]
        notices += self._mutation.notices
        if unfinished := requirements.unfinished:
            names = ", ".join(unfinished)
            notices.append(f"The run was stopped before these were judged: {names}.")
        elif not self._done:
            notices.append(phrases.UNFINISHED)
        if not self._done:
            notices += [*self.deployed.undone(), *self._mutation.undone()]
        for identifier in unfinished:  # print violations found before the stop
            if requirements.is_broken(identifier):
                self.terminal.announce(requirements.result(identifier))
        notices += requirements.waiver_notices()
        mutation, notice = self._mutation.reported(
            self.items, self.stacks.request, self._report_dir
        )
        notices += [notice] if notice else []
        result = RunResult(
            subject=self.stacks.subject,
            source=self.stacks.source + self.deployed.source(),
            started=self._started,
            duration=self.terminal.seconds,
            requirements=tuple(map(requirements.result, requirements.ids)),
            notices=tuple(notices),
            mutation=mutation,
            mutation_kept=bool(notice),
            partial=self.selection.partial,
            not_judged=self.selection.not_judged,
            unfinished=not self._done,
        )
        try:
            self._written = write_reports(result, self._report_dir)
        except PlanproofError as problem:
            self._problem = problem  # printed at the very end, and no verdict with it
            return int(pytest.ExitCode.USAGE_ERROR)
        self._result = result
        request = self.stacks.request
        if path := self._mutation.save(self.items, request, self._report_dir, self._started):
            self._written[path.name] = path
        if (
            not self._done
            or unfinished
            or exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        ):
            return int(exitstatus) or int(pytest.ExitCode.TESTS_FAILED)
        passed = result.ended_well and not self._other_tests_failed
        return int(pytest.ExitCode.OK if passed else pytest.ExitCode.TESTS_FAILED)

    def print_summary(self, reporter: Any) -> None:
        """Print the last lines: counts, and the paths of the reports."""
        crashes = self._crashes if self.prepared else ()
        self.terminal.summary(reporter, self._result, self._written.values(), crashes)

    def end(self) -> None:
        """Stop all processes and threads, and print the error that the run ended with."""
        self.close()
        if self._problem is not None:
            self.terminal.say(f"ERROR: {self._problem}")
            self._problem = None
        self.interrupts.restore()

    def close(self) -> None:
        """Stop all processes and threads; may be called twice."""
        self.deployed.close()
        if hasattr(self, "stacks"):
            self.stacks.close()
