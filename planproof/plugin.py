"""The pytest plugin: wires options, collection, fixtures and reporting, and nothing else."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import Recorder
from planproof.results import Kind
from planproof.session import collection, options
from planproof.session.deployments import Deployments
from planproof.session.run import Run
from planproof.session.scenarios import KIND, kind_of, kinds_asked
from planproof.session.step_arguments import check_arguments, named
from planproof.terraform.resolution.run import Variant
from planproof.terraform.stack import Stack
from planproof.values import Value

if TYPE_CHECKING:
    from planproof.checkov_runner import CheckResults
    from planproof.mutation.stack.model import Mutant
    from planproof.session.stacks import ResolvedStacks

_RUN = pytest.StashKey[Run]()


class Hooks:
    """Hooks that a suite may implement in its conftest.py."""

    @pytest.hookspec
    def pytest_planproof_variants(
        self, config: pytest.Config, variables: Mapping[str, Value]
    ) -> Sequence[Variant]:
        """Further sets of variables to resolve the stack with.

        Args:
            config: with the options of the run.
            variables: name → value, defaults included. The hook is asked twice: before there
                is a plan, when a value may still be UNKNOWN, and with the plan's values; only a
                variant that differs the second time costs another run of Terraform.
        """
        raise AssertionError("a specification is never called")

    @pytest.hookspec
    def pytest_planproof_services(self, config: pytest.Config) -> Sequence[str]:
        """Further AWS services that the emulated account of --deployed needs, as "module:Class";
        see planproof.emulation.account.model.Service."""
        raise AssertionError("a specification is never called")

    @pytest.hookspec
    def pytest_planproof_deployments(
        self, config: pytest.Config, variables: Mapping[str, Value]
    ) -> Sequence[Variant]:
        """Further sets of variables to deploy the stack with, beside the user's own.

        Args:
            config: with the options of the run.
            variables: name → value, defaults included; each is known.
        """
        raise AssertionError("a specification is never called")

    @pytest.hookspec
    def pytest_planproof_mutants(
        self, config: pytest.Config, stacks: Mapping[str, Stack]
    ) -> Sequence[Mutant]:
        """Further mutants for --mutants, of what only this suite knows of.

        Args:
            config: with the options of the run.
            stacks: the stack with each set of variables, by name; the user's own is "default".
        """
        raise AssertionError("a specification is never called")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    options.add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks that a suite may implement."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Make ready for a run; --compliance judges the features where no path is given."""
    config.addinivalue_line("markers", "requirement(id): the requirement that a scenario serves")
    config.addinivalue_line("markers", "sources: a scenario that needs the Terraform sources")
    config.addinivalue_line("markers", "deployed: a scenario that needs a deployed stack")
    config.addinivalue_line("markers", "destroys: one that ends the deployment, so it comes last")
    if config.option.collectonly:
        return
    try:
        options.check_deployed(config)
        options.check_mutants(config)
    except PlanproofError as problem:
        raise pytest.UsageError(str(problem)) from None
    run = Run(config)
    config.stash[_RUN] = run
    if config.getoption("--compliance"):
        try:
            options.check_compliance(config)
        except PlanproofError as problem:
            raise pytest.UsageError(str(problem)) from None
        run.take_over_terminal()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no process and no thread behind."""
    if run := config.stash.get(_RUN, None):
        run.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect .feature files as they are."""
    if file_path.suffix == ".feature":
        return collection.FeatureFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Keep what could not be collected: pytest would say so in a section that is not shown."""
    report = yield
    run = collector.config.stash.get(_RUN, None)
    if report.failed and run is not None and run.terminal.taken:
        run.not_collected.append(report.longreprtext.strip())
    return report


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With --deployed, a scenario on what is planned is judged on what is deployed as well."""
    if KIND not in metafunc.fixturenames or not metafunc.config.getoption("--deployed"):
        return
    kinds = kinds_asked(metafunc.definition, deployed=True)
    # One on the sources shares the fixtures of the plan: another value would make them anew.
    values = [Kind.PLANNED if kind is Kind.DECLARED else kind for kind in kinds]
    metafunc.parametrize(KIND, values, indirect=True, ids=list(kinds), scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_bdd_apply_tag(tag: str, function: Any) -> bool | None:
    """Requirement ids become a marker with an argument: they are no Python names."""
    if collection.REQUIREMENT.fullmatch(tag):
        pytest.mark.requirement(tag)(function)
        return True
    if tag.upper() != tag and collection.REQUIREMENT.fullmatch(tag.upper()):
        raise PlanproofError(
            f"the tag @{tag} is no requirement tag", f"write it in capitals, @{tag.upper()}"
        )
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check the scenarios and put them in the order of their requirements."""
    run = config.stash.get(_RUN, None)
    if run is None:
        return
    mine = [item for item in items if collection.is_feature_item(item)]
    if run.not_collected:
        raise pytest.UsageError("\n".join(run.not_collected))
    if not mine:
        if run.terminal.taken and run.scope.deselected:
            raise pytest.UsageError(
                f"none of {run.scope.deselected} scenarios was chosen: "
                "give -k a part of a scenario's name."
            )
        if run.terminal.taken:
            raise pytest.UsageError("there is no scenario to judge: write one in a .feature file.")
        return
    if without := run.scope.left_out(mine):
        config.hook.pytest_deselected(items=without)
        mine = [item for item in mine if item not in without]
        items[:] = [item for item in items if item not in without]
    if not mine:
        if run.terminal.taken:
            raise pytest.UsageError("\n".join(run.scope.notices))
        return
    try:
        collection.check_scenarios(mine)
    except PlanproofError as problem:
        raise pytest.UsageError(str(problem)) from None
    run.plan_items(mine)
    if config.getoption("--compliance"):
        order = {item: number for number, item in enumerate(run.items)}
        items.sort(key=lambda item: order.get(item, len(order)))


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Remember scenarios that -k or the like takes away."""
    mine = [item for item in items if collection.is_feature_item(item)]
    if mine and (run := mine[0].config.stash.get(_RUN, None)):
        run.scope.note_deselected(mine)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Do the work that takes seconds before the first scenario, in sight of the user; when all are
    judged, judge them on mutants of the stack."""
    run = session.config.stash.get(_RUN, None)
    if run is None or not run.items or session.testsfailed:
        return (yield)
    try:
        run.prepare()
        result = yield
        run.mutants.try_all(run)
    except PlanproofError as problem:
        raise pytest.UsageError(str(problem)) from None
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """The first scenario on what is deployed waits until it is."""
    run = item.config.stash.get(_RUN, None)
    if run is None or not collection.is_feature_item(item) or kind_of(item) is not Kind.DEPLOYED:
        return
    try:
        run.deployed.wait(run.resolved_stacks)
    except PlanproofError as problem:
        raise pytest.UsageError(str(problem)) from None


def pytest_bdd_before_step(request: pytest.FixtureRequest, step: Any, step_func: Any) -> None:
    """What is recorded from here on belongs to this step, which has the table it takes."""
    recorder = request.node.stash.get(Run.RECORDER, None)
    if recorder is not None:
        recorder.begin(f"{step.keyword.strip()} {step.name}")
        check_arguments(step, step_func)


@pytest.hookimpl(trylast=True)
def pytest_bdd_step_error(
    request: pytest.FixtureRequest, step: Any, exception: BaseException
) -> None:
    """Whoever wrote a step that cannot be decided is told which: a report names the scenario's."""
    if isinstance(exception, UndeterminedError) and Run.RECORDER in request.node.stash:
        raise UndeterminedError(named(step, str(exception))) from exception


def pytest_bdd_after_step(request: pytest.FixtureRequest, step: Any) -> None:
    """The evidence of a step decides as soon as it has ended."""
    recorder = request.node.stash.get(Run.RECORDER, None)
    if recorder is not None:
        recorder.settle(must_prove=step.type == "then")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give each scenario its recorder before any step asks for it."""
    run = item.config.stash.get(_RUN, None)
    if run is not None and collection.is_feature_item(item):
        item.stash[Run.RECORDER] = run.recorder()
        run.deployed.check(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A scenario's failure is its evidence, not a traceback."""
    report = yield
    run = item.config.stash.get(_RUN, None)
    if run is not None and collection.is_feature_item(item):
        run.take(item, call, report)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    """Requirements are printed as they are reached, so pytest's own letters are left out."""
    run = config.stash.get(_RUN, None)
    if run is not None and run.terminal.taken and report.nodeid in run.node_ids:
        # Only what decided a scenario is counted: its call, or a phase that failed.
        decided = report.when == "call" or not report.passed
        return (report.outcome if decided else "", "", "")
    return None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the reports; the exit code says whether every requirement passed."""
    run = session.config.stash.get(_RUN, None)
    if run is None:
        return
    if run.prepared and run.terminal.taken:
        try:
            session.exitstatus = run.finish(exitstatus)
        except PlanproofError as problem:
            run.terminal.say(f"ERROR: {problem}")
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
    run.close()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what the run came to."""
    run = config.stash.get(_RUN, None)
    if run is not None:
        run.print_summary(terminalreporter)


# Fixtures ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def evidence_kind(request: pytest.FixtureRequest) -> Kind:
    """What is judged. Fixtures that depend on it are made anew when that changes."""
    return getattr(request, "param", Kind.PLANNED)


@pytest.fixture(scope="session")
def resolved_stacks(request: pytest.FixtureRequest, evidence_kind: Kind) -> ResolvedStacks:
    """The run's answers from Terraform, one stack for each set of variables."""
    run = request.config.stash[_RUN]
    if not run.prepared:
        run.prepare()
    return run.inquiry_on(evidence_kind)


@pytest.fixture(scope="session")
def stack(resolved_stacks: ResolvedStacks) -> Stack:
    """The stack with the variables the user gave."""
    return resolved_stacks.stack()


@pytest.fixture(scope="session")
def checks(request: pytest.FixtureRequest, resolved_stacks: ResolvedStacks) -> CheckResults:
    """What the custom Checkov checks say of the sources."""
    return request.config.stash[_RUN].check_results()


@pytest.fixture(scope="session")
def deployment(request: pytest.FixtureRequest, evidence_kind: Kind) -> Deployments:
    """The deployed stack and the account that it is in, for scenarios tagged @deployed."""
    found = request.config.stash[_RUN].deployed.run
    if found is None or evidence_kind is not Kind.DEPLOYED:
        raise UndeterminedError(
            "a step needs the deployed stack, and its scenario has no tag @deployed"
        )
    return found


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Recorder:
    """Where the steps of a scenario write down what they look at."""
    found = request.node.stash.get(Run.RECORDER, None)
    return found if found is not None else Recorder()
