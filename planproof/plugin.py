"""The pytest plugin: connects pytest's hooks and fixtures with the run, and nothing else."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planproof.errors import PlanproofError, UndeterminedError
from planproof.evidence import Recorder
from planproof.reports import set_aside
from planproof.results import Kind
from planproof.session import collection, options
from planproof.session.bdd_registries import template_of
from planproof.session.deployments import Deployments
from planproof.session.run import Run
from planproof.session.scenarios import KIND, kinds_of, requirements_served
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
        """Return further sets of variables to resolve the stack with.

        Args:
            config: with the options of the run.
            variables: name → value, defaults included. The hook is called twice: before there
                is a plan, when a value may still be UNKNOWN, and with the plan's values. Only a
                variant that differs the second time costs another run of Terraform.
        """
        raise AssertionError("a specification is never called")

    @pytest.hookspec
    def pytest_planproof_services(self, config: pytest.Config) -> Sequence[str]:
        """Return further AWS services that the emulated account of --deployed needs, as
        "module:Class"; see planproof.emulation.account.model.Service."""
        raise AssertionError("a specification is never called")

    @pytest.hookspec
    def pytest_planproof_deployments(
        self, config: pytest.Config, variables: Mapping[str, Value]
    ) -> Sequence[Variant]:
        """Return further sets of variables to deploy the stack with, beside the user's own.

        Args:
            config: with the options of the run.
            variables: name → value, defaults included; each is known.
        """
        raise AssertionError("a specification is never called")

    @pytest.hookspec
    def pytest_planproof_mutants(
        self, config: pytest.Config, stacks: Mapping[str, Stack]
    ) -> Sequence[Mutant]:
        """Return further mutants for --mutants.

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
    """Create the run; with --compliance, judge all features unless a path is given."""
    config.addinivalue_line("markers", "requirement(id): the requirement that a scenario serves")
    config.addinivalue_line("markers", "sources: a scenario that needs the Terraform sources")
    config.addinivalue_line("markers", "deployed: a scenario that needs the deployed stack")
    config.addinivalue_line("markers", "destroys: a scenario that destroys the deployment")
    if config.option.collectonly:
        return
    try:
        if config.getoption("--compliance"):
            # A run that is refused, or ends early, must not leave the reports of an earlier one.
            set_aside(Path(str(config.getoption("--report-dir"))))
        options.check(config)
    except PlanproofError as problem:
        raise pytest.UsageError(str(problem)) from None
    run = config.stash[_RUN] = Run(config)
    config.pluginmanager.register(run.judge, "planproof-judge")
    if config.getoption("--compliance"):
        run.take_over_terminal()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End all processes and threads of the run."""
    if run := config.stash.get(_RUN, None):
        run.end()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect .feature files."""
    if file_path.suffix == ".feature":
        return collection.FeatureFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Record collection errors, since pytest's section on them is not shown."""
    report = yield
    run = collector.config.stash.get(_RUN, None)
    if report.failed and run is not None and run.terminal.taken:
        run.not_collected.append(report.longreprtext.strip())
    return report


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With --deployed, judge scenarios on the planned stack also on the deployed one."""
    if KIND not in metafunc.fixturenames or not metafunc.config.getoption("--deployed"):
        return
    kinds = kinds_of(metafunc.definition, deployed=True)
    # A scenario on the sources shares the fixtures of the plan: a value of its own would end them.
    values = [Kind.PLANNED if kind is Kind.DECLARED else kind for kind in kinds]
    metafunc.parametrize(KIND, values, indirect=True, ids=list(kinds), scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_bdd_apply_tag(tag: str, function: Any) -> bool | None:
    """Turn a requirement id, which is no valid marker name, into the argument of a marker."""
    if collection.REQUIREMENT.fullmatch(tag):
        pytest.mark.requirement(tag)(function)
        return True
    collection.check_tag(tag)
    return None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let -m and -k choose a scenario by the requirements that it serves."""
    if collection.is_feature_item(item) and template_of(item) is not None:
        for identifier in requirements_served(item):
            if item.get_closest_marker(identifier) is None:
                # With --strict-markers, only a marker that is declared can be added by its name.
                item.config.addinivalue_line("markers", f"{identifier}: requirement")
                item.add_marker(identifier)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Choose the scenarios after all other plugins: --lf does so last in the same hook."""
    if run := session.config.stash.get(_RUN, None):
        session.config.pluginmanager.register(_Chooser(run), "planproof-chooser")
    try:
        return (yield)
    except session.Interrupted:
        raise
    except KeyboardInterrupt:
        raise _interrupted(session) from None


def _interrupted(session: pytest.Session) -> KeyboardInterrupt:
    """What pytest prints as one sentence."""
    run = session.config.stash.get(_RUN, None)
    by = run.interrupts.by if run is not None else ""
    return session.Interrupted(f"by {by or 'Ctrl-C'} before all was judged: run it again")


class _Chooser:
    def __init__(self, run: Run) -> None:
        self._run = run

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None]:
        """Check the scenarios and put them in the order of their requirements."""
        yield
        try:
            self._run.select(items)
        except PlanproofError as problem:
            raise pytest.UsageError(str(problem)) from None


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Record scenarios that -k or another option deselects."""
    scenarios = [item for item in items if collection.is_feature_item(item)]
    if scenarios and (run := scenarios[0].config.stash.get(_RUN, None)):
        run.selection.note_deselected(scenarios)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Resolve the stack before the first scenario, when output is not captured, and judge it.

    Without --compliance, pytest's own loop runs the scenarios among the other tests.
    """
    run = session.config.stash.get(_RUN, None)
    if run is None or not run.items or session.testsfailed:
        return None
    try:
        run.prepare()
        if run.terminal.taken:
            run.judge_all(session)
    except PlanproofError as problem:
        raise pytest.UsageError(str(problem)) from None
    except session.Interrupted:
        raise
    except KeyboardInterrupt:
        raise _interrupted(session) from None
    return True if run.terminal.taken else None


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    """Suppress pytest's letters: requirements are printed as they are judged."""
    run = config.stash.get(_RUN, None)
    if run is not None and run.terminal.taken and report.nodeid in run.node_ids:
        # Count a scenario once: its call, or a phase that failed.
        decided = report.when == "call" or not report.passed
        return (report.outcome if decided else "", "", "")
    return None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the reports, and set the exit code."""
    run = session.config.stash.get(_RUN, None)
    if run is None:
        return
    if run.prepared and run.terminal.taken:
        session.exitstatus = run.finish(exitstatus)
    run.close()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the summary of the run."""
    if run := config.stash.get(_RUN, None):
        run.print_summary(terminalreporter)


# Fixtures ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def evidence_kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of evidence that is judged. Fixtures that depend on it are created for each kind."""
    return getattr(request, "param", Kind.PLANNED)


@pytest.fixture(scope="session")
def stacks(request: pytest.FixtureRequest, evidence_kind: Kind) -> ResolvedStacks:
    """The judged stack, with each set of variables."""
    return request.config.stash[_RUN].judged_stacks()


@pytest.fixture(scope="session")
def stack(stacks: ResolvedStacks) -> Stack:
    """The stack with the user's own variables."""
    return stacks.stack()


@pytest.fixture(scope="session")
def checks(request: pytest.FixtureRequest, stacks: ResolvedStacks) -> CheckResults:
    """The results of the custom Checkov checks on the sources."""
    return request.config.stash[_RUN].check_results()


@pytest.fixture(scope="session")
def deployment(request: pytest.FixtureRequest, evidence_kind: Kind) -> Deployments:
    """The deployed stack and its account, for scenarios tagged @deployed."""
    deployments = request.config.stash[_RUN].deployed.deployments
    if deployments is None or evidence_kind is not Kind.DEPLOYED:
        raise UndeterminedError(
            "a step needs the deployed stack, but its scenario has no tag @deployed"
        )
    return deployments


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Recorder:
    """The recorder that the steps of a scenario write to."""
    return request.config.stash[_RUN].judge.recorder_of(request.node) or Recorder()
