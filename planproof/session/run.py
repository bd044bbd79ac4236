"""One compliance run: what is asked, and what came out."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.reports import set_aside, words, write_reports
from planproof.results import Evidence, Kind, RequirementResult, RunResult, ScenarioResult, Waiver
from planproof.session.collection import (
    REQUIREMENT,
    requirement_order,
    requirements_of,
    scenario_of,
)
from planproof.session.deployed_phase import DeployedPhase
from planproof.session.mutation_phase import MutationPhase
from planproof.session.options import request_of
from planproof.session.scenarios import requirements_served, title_of, turn_of, unjudged
from planproof.session.selection import Scope
from planproof.session.stacks import ResolvedStacks
from planproof.session.terminal import RunTerminal
from planproof.session.verdicts import judge
from planproof.terraform.resolution.run import Variant
from planproof.values import Value
from planproof.verdicts import Verdict
from planproof.waivers import read_waivers, waiver_for

if TYPE_CHECKING:
    from planproof.checkov_runner import CheckResults


class Run:
    """A run's state, from configuration to exit code."""

    RECORDER: ClassVar[pytest.StashKey[Recorder]] = pytest.StashKey()

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.items: list[pytest.Item] = []
        self.node_ids: frozenset[str] = frozenset()
        self.prepared = False
        self.not_collected: list[str] = []
        self.resolved_stacks: ResolvedStacks
        self.result: RunResult | None = None
        self._requirements: dict[str, list[str]] = {}  # id → node ids still to run
        self._titles: dict[str, tuple[str, str]] = {}
        self._scenarios: dict[str, list[ScenarioResult]] = {}
        self._crashes: list[str] = []
        self.scope = Scope(config)
        self.terminal = RunTerminal(config)
        self.deployed = DeployedPhase(config, self.terminal.progress)
        self.mutants = MutationPhase(config, self.terminal.progress)
        self._waivers: tuple[Waiver, ...] = ()
        self._started = dt.datetime.now(dt.UTC).astimezone()
        self._pool: ThreadPoolExecutor | None = None
        self._checks: Future[CheckResults] | None = None
        self._written: dict[str, Path] = {}

    # Before ----------------------------------------------------------------------------------

    def take_over_terminal(self) -> None:
        """Print verdicts instead of pytest's own lines, and judge all features by default."""
        self.terminal.take_over()
        if self.config.args_source is not pytest.Config.ArgsSource.ARGS:
            folder = str(self.config.getini("features_dir"))
            self.config.args[:] = [str(self.config.rootpath / folder)]

    def plan_items(self, items: Sequence[pytest.Item]) -> None:
        """Learn which scenarios serve which requirement, and sort them so."""

        self.items = sorted(items, key=turn_of)
        self.node_ids = frozenset(item.nodeid for item in items)
        for item in self.items:
            template = scenario_of(item)
            for identifier in requirements_of(template):
                self._requirements.setdefault(identifier, []).append(item.nodeid)
                if identifier not in self._titles or template.rule is not None:
                    self._titles.setdefault(identifier, title_of(template))
                self._scenarios.setdefault(identifier, [])
        if self.terminal.taken:
            self.scope.note_other_files(items)
        judged: defaultdict[str, list[pytest.Item]] = defaultdict(list)
        for item in self.items:
            for identifier in requirements_served(item):
                judged[identifier].append(item)
        self.scope.say_what_is_partial(judged)

    def prepare(self) -> None:
        """Ask Terraform, and Checkov beside it.

        Raises:
            PlanproofError: the stack cannot be judged at all.
        """
        request = request_of(self.config)
        if self.terminal.taken:
            # Yesterday's verdict must not lie where today's could not be reached.
            set_aside(Path(str(self.config.getoption("--report-dir"))))
        self._waivers = read_waivers(self._waivers_file())
        self.mutants.read()
        self.resolved_stacks = ResolvedStacks(request, progress=self.terminal.progress)
        if self.terminal.taken:
            self.terminal.say(f"planproof judges {self.resolved_stacks.subject}")
        self._start_checks()
        try:
            begin = partial(self.deployed.begin, self.resolved_stacks)
            self.resolved_stacks.prepare(self._variants, begin)
        except BaseException:
            self.close()
            raise
        self.prepared = True
        notices = (*self.resolved_stacks.notices, *self.scope.notices)
        self.terminal.begin(notices, words.counted(len(self._requirements), "requirement"))

    def _variants(self, variables: Mapping[str, Value]) -> list[Variant]:
        hook = self.config.hook.pytest_planproof_variants
        return [v for found in hook(config=self.config, variables=variables) for v in found]

    def inquiry_on(self, kind: Kind) -> ResolvedStacks:
        """The answers on one kind of evidence.

        Raises:
            PlanproofError: the stack is not deployed.
        """
        return (
            self.deployed.resolved_stacks(self.resolved_stacks)
            if kind is Kind.DEPLOYED
            else self.resolved_stacks
        )

    def _waivers_file(self) -> Path | None:
        if named := self.config.getoption("--waivers"):
            return Path(named)
        usual = self.config.rootpath / "waivers.toml"
        return usual if usual.is_file() else None

    def _start_checks(self) -> None:
        from planproof.checkov_runner import run_checks

        folder = self.config.rootpath / str(self.config.getini("checks_dir"))
        directory = self.resolved_stacks.request.terraform_dir
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="checkov")
        files = tuple(self.resolved_stacks.request.variable_files)
        self._checks = self._pool.submit(run_checks, folder, directory, files)

    def check_results(self) -> CheckResults:
        """The custom checks' results; waits for them."""
        if self._checks is None:
            raise UndeterminedError("the custom checks were never started")
        return self._checks.result()

    def recorder(self) -> Recorder:
        """A recorder for one scenario."""
        return Recorder(
            lambda resource, path: self.resolved_stacks.locate(resource, path),
            lambda: self.resolved_stacks.secrets() | self.deployed.secrets(),
        )

    # While it runs ---------------------------------------------------------------------------

    def take(
        self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> None:
        """Turn a finished phase of a scenario into its result."""
        if report.when != "call" and report.passed:
            return
        recorder = item.stash.get(self.RECORDER, None) or Recorder()
        if self.deployed.leaves(item, call, recorder):
            report.outcome, report.longrepr = "skipped", (str(item.path), 0, str(call.excinfo))
            self._done(item)
            return
        judged = judge(call, recorder, lambda: self.deployed.trouble(item))
        if not judged.verdict.acceptable:
            report.outcome, report.longrepr = "failed", judged.reason
        scenario = replace(
            unjudged(item, judged.reason),
            verdict=judged.verdict,
            evidence=tuple(recorder.evidence),
            warnings=tuple(recorder.warnings),
            edges=tuple(recorder.edges),
            duration=call.duration,
        )
        self.keep(item, scenario, judged.crash)

    def keep(self, item: pytest.Item, scenario: ScenarioResult, crash: str) -> None:
        """Take a scenario's result, and the traceback of a step that crashed in it, or ""."""
        if crash:
            self._crashes.append(crash)
        self.mutants.note(item, scenario)
        for identifier in requirements_served(item):
            self._scenarios[identifier].append(scenario)
        self._done(item)

    def _done(self, item: pytest.Item) -> None:
        for identifier in requirements_served(item):
            left = self._requirements[identifier]
            if item.nodeid in left:
                left.remove(item.nodeid)
            if not left:
                self.terminal.announce(self._requirement(identifier))

    # After -----------------------------------------------------------------------------------

    @property
    def requirement_ids(self) -> list[str]:
        """The requirements of this run, in their order."""
        return sorted(self._requirements, key=requirement_order)

    def _requirement(self, identifier: str) -> RequirementResult:
        title, why = self._titles[identifier]
        scenarios = tuple(self._scenarios[identifier])
        scenarios += tuple(
            unjudged(item, "the run was stopped before this was judged")
            for item in self.items
            if item.nodeid in self._requirements[identifier]
        )
        broken: list[Evidence] = []
        bare = False
        for scenario in scenarios:
            if not scenario.verdict.acceptable:
                mine = [e for e in scenario.evidence if e.holds is not True]
                broken += mine
                bare = bare or not mine
        waiver = None
        if broken or bare:
            today = self._started.date()
            waivers = [w for w in self._waivers if not (bare and w.address)]
            waiver = waiver_for(waivers, identifier, broken, today)
        if waiver is not None:
            scenarios = tuple(
                replace(s, verdict=Verdict.WAIVED) if not s.verdict.acceptable else s
                for s in scenarios
            )
        return RequirementResult(
            id=identifier,
            title=title,
            scenarios=scenarios,
            why=why,
            page=self._page(identifier),
            waiver=waiver,
        )

    def _page(self, identifier: str) -> str:
        folder = str(self.config.getini("requirement_pages"))
        page = f"{folder}/{identifier}.md"
        return page if folder and (self.config.rootpath / page).is_file() else ""

    def finish(self, exitstatus: int) -> int:
        """Write the reports.

        Returns:
            The exit code: 0 only if everything passed.

        Raises:
            PlanproofError: the reports cannot be written.
        """
        order = self.requirement_ids
        notices = [*self.resolved_stacks.notices, *self.scope.notices, *self.deployed.notices()]
        notices += self.mutants.notices
        if left := [i for i in order if self._requirements[i]]:
            notices.append(f"The run was stopped before these were judged: {', '.join(left)}.")
        for identifier in left:  # what was found until then is not lost, whatever stopped the run
            if any(not scenario.verdict.acceptable for scenario in self._scenarios[identifier]):
                self.terminal.announce(self._requirement(identifier))
        notices += self._waiver_notices(order)
        reports = Path(str(self.config.getoption("--report-dir")))
        mutation, when = self.mutants.found(self, reports)
        notices += [when] if when else []
        self.result = RunResult(
            subject=self.resolved_stacks.subject,
            source=self.resolved_stacks.source + self.deployed.source(),
            started=self._started,
            duration=self.terminal.seconds,
            requirements=tuple(self._requirement(identifier) for identifier in order),
            notices=tuple(notices),
            mutation=mutation,
            mutation_kept=bool(when),
        )
        self._written = write_reports(self.result, reports)
        if path := self.mutants.keep(self, reports, self._started):
            self._written[path.name] = path
        if left or exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return int(exitstatus) or int(pytest.ExitCode.TESTS_FAILED)
        passed = self.result.ended_well
        return int(pytest.ExitCode.OK if passed else pytest.ExitCode.TESTS_FAILED)

    def _waiver_notices(self, known: Sequence[str]) -> list[str]:
        today = self._started.date()
        said = []
        for waiver in self._waivers:
            if waiver.until < today:
                said.append(
                    f"The waiver for {waiver.requirement} ended on {waiver.until} "
                    "and no longer counts."
                )
            elif not REQUIREMENT.fullmatch(waiver.requirement) or waiver.requirement not in known:
                said.append(
                    f"The waiver for {waiver.requirement} is for no requirement of this run."
                )
        return said

    def print_summary(self, reporter: Any) -> None:
        """The last lines: counts, and where the reports are."""
        crashes = self._crashes if self.prepared else ()
        self.terminal.summary(reporter, self.result, self._written.values(), crashes)

    def close(self) -> None:
        """Stop what was started; may be called twice."""
        self.deployed.close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
        if hasattr(self, "resolved_stacks"):
            self.resolved_stacks.close()
