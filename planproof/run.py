"""One compliance run: what is asked, what came out, what the terminal shows meanwhile."""

from __future__ import annotations

import datetime as dt
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from planproof.collection import (
    REQUIREMENT,
    requirement_order,
    requirements_in,
    requirements_of,
    scenario_of,
)
from planproof.errors import PlanproofError
from planproof.inquiry import Inquiry
from planproof.options import question_of
from planproof.recorder import Recorder, StepFailedError, UndeterminedError
from planproof.reports import set_aside, words, write_reports
from planproof.reports.terminal import details, requirement_line, summary_lines, supports_unicode
from planproof.resolution import Variant
from planproof.results import (
    Evidence,
    RequirementResult,
    RunResult,
    ScenarioResult,
    Verdict,
    Waiver,
)
from planproof.run_items import requirements_served, steps_part, title_of, unjudged
from planproof.values import Value
from planproof.waivers import read_waivers, waiver_for

if TYPE_CHECKING:
    from planproof.checkov_run import CheckResults


class Run:
    """A run's state, from configuration to exit code."""

    RECORDER: ClassVar[pytest.StashKey[Recorder]] = pytest.StashKey()

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.items: list[pytest.Item] = []
        self.node_ids: frozenset[str] = frozenset()
        self.prepared = False
        self.took_terminal = False
        self.deselected = 0
        self.not_collected: list[str] = []
        self.inquiry: Inquiry
        self.result: RunResult | None = None
        self._requirements: dict[str, list[str]] = {}  # id → node ids still to run
        self._titles: dict[str, tuple[str, str]] = {}
        self._scenarios: dict[str, list[ScenarioResult]] = {}
        self._crashes: list[str] = []
        self._notices: list[str] = []
        self._left_out: frozenset[str] = frozenset()
        self._not_judged: Counter[str] = Counter()  # requirement → scenarios
        self._waivers: tuple[Waiver, ...] = ()
        self._started = dt.datetime.now(dt.UTC).astimezone()
        self._clock = time.monotonic()
        self._pool: ThreadPoolExecutor | None = None
        self._checks: Future[CheckResults] | None = None
        self._written: dict[str, Path] = {}

    # Before ----------------------------------------------------------------------------------

    def take_over_terminal(self) -> None:
        """Print verdicts instead of pytest's own lines, and judge all features by default."""
        self.took_terminal = True
        option = self.config.option
        option.tbstyle, option.no_header, option.reportchars = "no", True, ""
        option.verbose = min(option.verbose, -1)
        option.disable_warnings = True
        if self.config.args_source is not pytest.Config.ArgsSource.ARGS:
            folder = str(self.config.getini("features_dir"))
            self.config.args[:] = [str(self.config.rootpath / folder)]

    def left_out(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """Scenarios that need sources where there are none, unless a requirement has no other."""
        if not self.config.getoption("--plan") or self.config.getoption("--terraform-dir"):
            return []
        out = [item for item in items if item.get_closest_marker("sources")]
        served = {i for item in items if item not in out for i in requirements_served(item)}
        out = [item for item in out if set(requirements_served(item)) <= served]
        self._left_out = frozenset(item.nodeid for item in out)
        if out:
            self._notices.append(
                f"Left out, since they look at the sources: {len(out)} of the scenarios. "
                "Name the sources with --terraform-dir to have them judged too."
            )
        return out

    def note_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Remember what -k or the like took away, so that no report passes for a whole one."""
        for item in items:
            if item.nodeid not in self._left_out:
                self.deselected += 1
                self._not_judged.update(requirements_served(item))

    def note_other_files(self, items: Sequence[pytest.Item]) -> None:
        """The same for scenarios in files of the features folder that were not named."""
        judged = {item.path for item in items}
        folder = self.config.rootpath / str(self.config.getini("features_dir"))
        for path in folder.rglob("*.feature"):
            if path not in judged:
                self._not_judged.update(requirements_in(path))

    def _say_what_is_partial(self) -> None:
        partial = [
            f"{identifier} ({len(left)} of {len(left) + self._not_judged[identifier]})"
            for identifier, left in sorted(self._requirements.items())
            if self._not_judged[identifier]
        ]
        if partial:
            self._notices.append(
                "A part of the scenarios was judged, by -k or because only some files were named: "
                + ", ".join(partial)
                + "."
            )

    def plan_items(self, items: Sequence[pytest.Item]) -> None:
        """Learn which scenarios serve which requirement, and sort them so."""

        def key(item: pytest.Item) -> tuple[str, int]:
            return requirement_order(requirements_served(item)[0])

        self.items = sorted(items, key=key)
        self.node_ids = frozenset(item.nodeid for item in items)
        for item in self.items:
            template = scenario_of(item)
            for identifier in requirements_of(template):
                self._requirements.setdefault(identifier, []).append(item.nodeid)
                if identifier not in self._titles or template.rule is not None:
                    self._titles.setdefault(identifier, title_of(template))
                self._scenarios.setdefault(identifier, [])
        if self.took_terminal:
            self.note_other_files(items)
        self._say_what_is_partial()

    def prepare(self) -> None:
        """Ask Terraform, and Checkov beside it.

        Raises:
            PlanproofError: the stack cannot be judged at all.
        """
        question = question_of(self.config)
        if self.took_terminal:
            # Yesterday's verdict must not lie where today's could not be reached.
            set_aside(Path(str(self.config.getoption("--report-dir"))))
        self._waivers = read_waivers(self._waivers_file())
        self.inquiry = Inquiry(question, progress=self.progress)
        if self.took_terminal:
            self.say(f"planproof judges {self.inquiry.subject}")
        self._start_checks()
        try:
            self.inquiry.prepare(self._variants)
        except BaseException:
            self.close()
            raise
        self.prepared = True
        if self.took_terminal:
            for notice in (*self.inquiry.notices, *self._notices):
                self.say(f"NOTE: {notice}")
            self.progress(words.counted(len(self._requirements), "requirement"))
            self.say("")

    def _variants(self, variables: Mapping[str, Value]) -> list[Variant]:
        hook = self.config.hook.pytest_planproof_variants
        return [v for found in hook(config=self.config, variables=variables) for v in found]

    def _waivers_file(self) -> Path | None:
        if named := self.config.getoption("--waivers"):
            return Path(named)
        usual = self.config.rootpath / "waivers.toml"
        return usual if usual.is_file() else None

    def _start_checks(self) -> None:
        from planproof.checkov_run import run_checks

        folder = self.config.rootpath / str(self.config.getini("checks_dir"))
        directory = self.inquiry.question.terraform_dir
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="checkov")
        files = tuple(self.inquiry.question.variable_files)
        self._checks = self._pool.submit(run_checks, folder, directory, files)

    def check_results(self) -> CheckResults:
        """The custom checks' results; waits for them."""
        if self._checks is None:
            raise UndeterminedError("the custom checks were never started")
        return self._checks.result()

    def recorder(self) -> Recorder:
        """A recorder for one scenario."""
        return Recorder(
            lambda resource, path: self.inquiry.locate(resource, path),
            lambda: self.inquiry.secrets(),
        )

    # While it runs ---------------------------------------------------------------------------

    def progress(self, text: str) -> None:
        """One line on what is being done, with the seconds since the start."""
        if self.took_terminal:
            self.say(f"  {time.monotonic() - self._clock:5.1f} s  {text}")

    def say(self, text: str) -> None:
        """A line on the terminal, past pytest's capturing."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(text)
            reporter.flush()

    def take(
        self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> None:
        """Turn a finished phase of a scenario into its result."""
        if report.when != "call" and report.passed:
            return
        recorder = item.stash.get(self.RECORDER, None) or Recorder()
        verdict, reason = self._judge(call, recorder)
        reason = recorder.mask(reason)
        if not verdict.acceptable:
            report.outcome, report.longrepr = "failed", reason
        scenario = replace(
            unjudged(item, reason),
            verdict=verdict,
            evidence=tuple(recorder.evidence),
            warnings=tuple(recorder.warnings),
            edges=tuple(recorder.edges),
            duration=call.duration,
        )
        for identifier in requirements_served(item):
            self._scenarios[identifier].append(scenario)
            left = self._requirements[identifier]
            if item.nodeid in left:
                left.remove(item.nodeid)
            if not left:
                self._announce(identifier)

    def _judge(self, call: pytest.CallInfo[None], recorder: Recorder) -> tuple[Verdict, str]:
        if call.excinfo is None:
            if any(item.holds is not True for item in recorder.evidence):
                return Verdict.UNDETERMINED, "a step recorded evidence that was never settled"
            if not recorder.evidence:
                return Verdict.UNDETERMINED, "no step looked at anything, so nothing is proven"
            return Verdict.PASSED, ""
        problem = call.excinfo.value
        if isinstance(problem, StepFailedError):
            return Verdict.FAILED, str(problem)
        if isinstance(problem, UndeterminedError):
            return Verdict.UNDETERMINED, str(problem)
        if isinstance(problem, PlanproofError):
            return Verdict.UNDETERMINED, problem.sentence
        # A step that crashed has decided nothing; the traceback is for whoever mends the step.
        text = "".join(traceback.format_exception(problem.with_traceback(steps_part(problem))))
        self._crashes.append(recorder.mask(text))
        kind = type(problem).__name__
        return (
            Verdict.UNDETERMINED,
            f"a step crashed with {kind}: {recorder.mask(str(problem))[:300]}",
        )

    def _announce(self, identifier: str) -> None:
        if not self.took_terminal:
            return
        requirement = self._requirement(identifier)
        stream = self.config.get_terminal_writer()
        unicode, width = self._terminal()
        self.say(
            requirement_line(requirement, colour=stream.hasmarkup, width=width, unicode=unicode)
        )
        for line in details(requirement, unicode=unicode, width=width):
            self.say(line)

    def _terminal(self) -> tuple[bool, int]:
        """Whether the terminal shows more than ASCII, and its width in columns, within reason."""
        stream = self.config.get_terminal_writer()
        # A log that nobody's window cuts gets the titles whole.
        width = max(60, min(stream.fullwidth, 120)) if stream._file.isatty() else 120
        return supports_unicode(stream._file), width

    # After -----------------------------------------------------------------------------------

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
        order = sorted(self._requirements, key=requirement_order)
        notices = [*self.inquiry.notices, *self._notices]
        if left := [i for i in order if self._requirements[i]]:
            notices.append(f"The run was stopped before these were judged: {', '.join(left)}.")
        notices += self._waiver_notices(order)
        self.result = RunResult(
            subject=self.inquiry.subject,
            source=self.inquiry.source,
            started=self._started,
            duration=time.monotonic() - self._clock,
            requirements=tuple(self._requirement(identifier) for identifier in order),
            notices=tuple(notices),
        )
        folder = Path(str(self.config.getoption("--report-dir")))
        self._written = write_reports(self.result, folder)
        if left or exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return int(exitstatus) or int(pytest.ExitCode.TESTS_FAILED)
        return int(pytest.ExitCode.OK if self.result.passed else pytest.ExitCode.TESTS_FAILED)

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
        if self.took_terminal and self.result is not None:
            reporter.ensure_newline()
            reporter.write_line("")
            unicode, width = self._terminal()
            for line in summary_lines(self.result, unicode=unicode, width=width):
                reporter.write_line(line)
            for path in self._written.values():
                reporter.write_line(f"  {path}")  # as the user named the folder
        if self._crashes and self.prepared:
            reporter.section("steps that crashed")
            for text in self._crashes:
                reporter.write_line(text)

    def close(self) -> None:
        """Stop what was started; may be called twice."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
        if hasattr(self, "inquiry"):
            self.inquiry.close()
