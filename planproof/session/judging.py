"""Judges scenarios on stacks, and returns their outcomes.

All outcomes come from here: on the planned stack, on the deployed one, and on each mutant.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import Recorder
from planproof.results import ScenarioResult
from planproof.session.bdd_registries import fail_step
from planproof.session.collection import is_feature_item
from planproof.session.scenarios import unjudged
from planproof.session.stacks import ResolvedStacks
from planproof.session.step_arguments import check_arguments, with_step
from planproof.session.verdicts import verdict_on

_RECORDER = pytest.StashKey[Recorder]()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What judging a scenario resulted in.

    Attributes:
        result: None if the scenario is judged on the plan only, since the stack was not deployed
            with the variables that it needs.
        crash: the traceback of a step that crashed, or "".
        complete: whether its last step recorded all its evidence, and nothing crashed.
    """

    result: ScenarioResult | None
    crash: str = ""
    complete: bool = True

    @property
    def acceptable(self) -> bool:
        """Whether the scenario passed, or is left to the plan."""
        return self.result is None or self.result.verdict.acceptable


Receive = Callable[[pytest.Item, Outcome], None]
Enough = Callable[[pytest.Item, Mapping[str, Outcome]], bool]


class StackUnderTest:
    """What scenarios are judged on.

    Attributes:
        stacks: the stack with each set of variables.
    """

    def __init__(self, stacks: ResolvedStacks) -> None:
        self.stacks = stacks

    def recorder(self) -> Recorder:
        """A recorder for one scenario, which finds sources and masks sensitive texts."""
        return Recorder(self.stacks.locate, self.stacks.secrets, self.stacks.gaps)

    def problem(self) -> PlanproofError | None:
        """Why scenarios cannot be judged on the stack any more, or None."""
        return None

    def leaves_to_plan(
        self, item: pytest.Item, problem: BaseException | None, recorder: Recorder
    ) -> bool:
        """Whether a scenario that ended with ``problem`` is judged on the plan alone."""
        return False


class ScenarioJudge:
    """The pytest plugin that judges scenarios; each step's evidence decides when the step ends.

    Attributes:
        under_test: what scenarios are judged on now; None before there is a stack.
        receive: called with each outcome, unless :meth:`judge` returns it.
    """

    def __init__(self, receive: Receive) -> None:
        self.under_test: StackUnderTest | None = None
        self.receive = receive

    def judge(
        self,
        items: Iterable[pytest.Item],
        under_test: StackUnderTest,
        enough: Enough = lambda *_: False,
    ) -> Iterator[tuple[pytest.Item, Outcome]]:
        """Judge scenarios on a stack, each with new fixtures.

        Args:
            enough: whether a scenario need not be judged, given the outcomes by node id.

        Yields:
            Each scenario with its outcome, as soon as it is known; with a second one if its
            fixtures, or at the end those of the session, crash afterwards.
        """
        outcomes: dict[str, Outcome] = {}
        received: list[tuple[pytest.Item, Outcome]] = []

        def receive(item: pytest.Item, outcome: Outcome) -> None:
            received.append((item, outcome))
            outcomes[item.nodeid] = worse(outcomes.get(item.nodeid), outcome)

        last: pytest.Item | None = None
        before = self.under_test, self.receive
        self.under_test, self.receive = under_test, receive
        try:
            for item in items:
                if enough(item, outcomes):
                    continue
                # Which item follows depends on the outcome; the session is kept in any case.
                # What a scenario looked for of an incomplete plan must not come from fixtures that
                # are older than it.
                after = None if under_test.stacks.gaps.missing else item.session
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                last = item
                yield from received
                received.clear()
            if last is not None:
                _end_session_fixtures(last)
                yield from received
        finally:
            self.under_test, self.receive = before

    def recorder_of(self, item: Any) -> Recorder | None:
        """The recorder of a scenario that is being judged; None for any other test."""
        found: Recorder | None = item.stash.get(_RECORDER, None)
        return found

    # pytest's hooks --------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give a scenario its recorder before any step asks for it."""
        if is_feature_item(item):
            under_test = self.under_test
            item.stash[_RECORDER] = Recorder() if under_test is None else under_test.recorder()
            if under_test is not None and (problem := under_test.problem()) is not None:
                raise problem

    def pytest_bdd_before_step(
        self, request: pytest.FixtureRequest, step: Any, step_func: Any
    ) -> None:
        """Start recording the evidence of this step, and check that it has its table."""
        if (recorder := self.recorder_of(request.node)) is not None:
            recorder.begin(f"{step.keyword.strip()} {step.name}")
            check_arguments(step, step_func)

    def pytest_bdd_after_step(self, request: pytest.FixtureRequest, step: Any) -> None:
        """The evidence of a step decides as soon as the step has ended."""
        if (recorder := self.recorder_of(request.node)) is not None:
            try:
                recorder.settle(must_prove=step.type == "then")
            except Exception:
                fail_step(request.node)  # for pytest-bdd's own reports it has passed by now
                raise

    @pytest.hookimpl(trylast=True)
    def pytest_bdd_step_error(
        self, request: pytest.FixtureRequest, step: Any, exception: BaseException
    ) -> None:
        """Add the name of the undetermined step to the error: a report names the scenario alone."""
        if isinstance(exception, UndeterminedError) and self.recorder_of(request.node) is not None:
            raise UndeterminedError(with_step(str(exception), step)) from exception

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A scenario fails with its evidence, not with a traceback."""
        report = yield
        if is_feature_item(item) and (report.when == "call" or not report.passed):
            self.receive(item, self._outcome(item, call, report))
        return report

    def _outcome(
        self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> Outcome:
        """The outcome of a scenario; pytest's report is changed to agree with it."""
        recorder = self.recorder_of(item) or Recorder()
        problem = call.excinfo.value if call.excinfo is not None else None
        under_test = self.under_test
        if under_test and under_test.leaves_to_plan(item, problem, recorder):
            report.outcome, report.longrepr = "skipped", (str(item.path), 0, str(call.excinfo))
            return Outcome(None)
        judged = verdict_on(problem, recorder, under_test.problem if under_test else lambda: None)
        if not judged.verdict.acceptable:
            report.outcome, report.longrepr = "failed", judged.reason
        result = replace(
            unjudged(item, judged.reason),
            verdict=judged.verdict,
            evidence=tuple(recorder.evidence),
            warnings=tuple(recorder.warnings),
            edges=tuple(recorder.edges),
            duration=call.duration,
        )
        return Outcome(result, judged.crash, recorder.settled and not judged.crash)


def worse(one: Outcome | None, other: Outcome) -> Outcome:
    """The first of two outcomes of a scenario that is not acceptable, else the second: a crash of
    its fixtures does not hide a failure."""
    return other if one is None or one.acceptable else one


def _end_session_fixtures(last: pytest.Item) -> None:
    """End the session's fixtures, made of the stack; a crash is an outcome of ``last``."""
    plugins = last.config.pluginmanager
    # All other plugins have seen the end of this item.
    others = [plugin for name, plugin in plugins.list_name_plugin() if name != "runner"]
    teardown = plugins.subset_hook_caller("pytest_runtest_teardown", others)
    call = pytest.CallInfo.from_call(lambda: teardown(item=last, nextitem=None), when="teardown")
    if call.excinfo is not None:
        hook = last.config.hook
        hook.pytest_runtest_logreport(report=hook.pytest_runtest_makereport(item=last, call=call))
