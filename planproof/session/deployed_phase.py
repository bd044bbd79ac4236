"""What a run judges on the deployed stack: begun in time, waited for, and told apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

import pytest

from planproof.errors import PlanproofError
from planproof.evidence import NotDeployedError, Recorder
from planproof.reports import words
from planproof.results import Kind
from planproof.session.collection import requirement_order
from planproof.session.deployed_stacks import DeployedStacks
from planproof.session.deployments import Deployments
from planproof.session.scenarios import is_planned_too, kind_of, requirements_served
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.workspace import Workspace
from planproof.values import Value


class DeployedPhase:
    """The scenarios of a run that are judged on what is deployed.

    Attributes:
        run: the deployments and their account; None without ``--deployed``.
        failure: why the stack could not be deployed, or "".
    """

    def __init__(self, config: pytest.Config, progress: Callable[[str], None]) -> None:
        self._config = config
        self._progress = progress
        self._inquiry: DeployedStacks | None = None
        self._left: defaultdict[str, list[pytest.Item]] = defaultdict(list)
        self.run = Deployments(progress) if config.getoption("--deployed") else None
        self.failure = ""

    def begin(
        self, resolved_stacks: ResolvedStacks, workspace: Workspace, variables: Mapping[str, Value]
    ) -> None:
        """Start to deploy, beside everything else."""
        if self.run is None:
            return
        hook = self._config.hook
        services = hook.pytest_planproof_services(config=self._config)
        sets = hook.pytest_planproof_deployments(config=self._config, variables=variables)
        self.run.start(
            workspace,
            resolved_stacks.request.arguments(),
            variants=[variant for found in sets for variant in found],
            services=[name for found in services for name in found],
            path=[str(self._config.rootpath)],
        )

    def wait(self, planned: ResolvedStacks) -> None:
        """Return when the stack is deployed, with all its sets of variables.

        Raises:
            PlanproofError: it could not be.
        """
        if self.run is None or self._inquiry is not None:
            return
        if not self.run.done:
            self._progress("waiting for the deployment")
        try:
            if planned.plan is None:
                raise PlanproofError("there is no plan of the stack", "judge Terraform sources")
            self.run.wait(planned.plan)
        except PlanproofError as problem:
            self.failure = problem.sentence
            raise
        self._inquiry = DeployedStacks.beside(planned, dict(self.run.stacks))
        sets = words.counted(self.run.sets, "set")
        self._progress(f"deployed with {sets} of variables in {words.seconds(self.run.seconds)}")

    def resolved_stacks(self, planned: ResolvedStacks) -> DeployedStacks:
        """The answers on what is deployed.

        Raises:
            PlanproofError: nothing is.
        """
        self.wait(planned)
        if self._inquiry is None:
            raise PlanproofError("the stack is not deployed", "give --deployed")
        return self._inquiry

    def source(self) -> str:
        """What to add to the phrase on how a run's values were found."""
        if self._inquiry is None or self.run is None:
            return ""
        sets = words.counted(self.run.sets, "set")
        return f", deployed to an emulated account with {sets} of variables"

    def secrets(self) -> frozenset[str]:
        """Sensitive texts of what is deployed."""
        return self._inquiry.secrets() if self._inquiry is not None else frozenset()

    def check(self, item: pytest.Item) -> None:
        """Make sure that what a scenario is judged on is still there.

        Raises:
            PlanproofError: the account has ended.
        """
        if (problem := self.trouble(item)) is not None:
            raise problem

    def trouble(self, item: pytest.Item) -> PlanproofError | None:
        """What is wrong with what a scenario is judged on."""
        if self.run is None or kind_of(item) is not Kind.DEPLOYED:
            return None
        return self.run.trouble()

    def leaves(self, item: pytest.Item, call: pytest.CallInfo[None], recorder: Recorder) -> bool:
        """Whether a scenario is left to the plan: it asks for variables that were not deployed."""
        problem = call.excinfo.value if call.excinfo is not None else None
        if not isinstance(problem, NotDeployedError) or not is_planned_too(item):
            return False
        if any(seen.holds is False for seen in recorder.evidence):
            return False
        self._left[problem.variant].append(item)
        return True

    def notices(self) -> list[str]:
        """What every report must say of what was not judged on what is deployed."""
        said = [f"The stack was not deployed: {self.failure}"] if self.failure else []
        for variant, items in self._left.items():
            ids = {identifier for item in items for identifier in requirements_served(item)}
            count = words.counted(len(items), "scenario")
            said.append(
                f"Not deployed with {variant}, so judged as planned only: {count} of "
                f"{', '.join(sorted(ids, key=requirement_order))}."
            )
        return said

    def close(self) -> None:
        """End every process that was started; may be called twice."""
        if self.run is not None:
            self.run.close()
