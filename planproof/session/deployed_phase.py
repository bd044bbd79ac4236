"""The phase of a run that deploys the stack and judges it as deployed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

import pytest

from planproof.errors import PlanproofError
from planproof.evidence import NotDeployedError, Recorder
from planproof.reports import phrases
from planproof.session.collection import requirement_order
from planproof.session.deployments import Deployments
from planproof.session.judging import StackUnderTest
from planproof.session.scenarios import is_planned_too, requirements_served
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import DEFAULT, Stack
from planproof.terraform.workspace import Workspace
from planproof.values import Value


class DeployedStacks(ResolvedStacks):
    """The stacks of a run as Terraform's state describes them after the apply."""

    def stack(self, variant: str = DEFAULT) -> Stack:
        """The stack deployed with the variables of a variant.

        Raises:
            NotDeployedError: it was not deployed with them.
        """
        stack = self.stacks.get(variant)
        if stack is None:
            raise NotDeployedError(variant)
        return stack


class DeployedUnderTest(StackUnderTest):
    """The deployed stack, in an account that must stay alive.

    Attributes:
        left_to_plan: variant that was not deployed → scenarios that need it.
    """

    def __init__(self, planned: ResolvedStacks, deployments: Deployments) -> None:
        # Of the same sources; the planned stacks still have to be closed.
        deployed = DeployedStacks(
            request=planned.request,
            source=planned.source,
            plan=planned.plan,
            workspace=planned.workspace,
            by_variant={**deployments.stacks},
        )
        super().__init__(deployed)
        self._planned = planned
        self._deployments = deployments
        self.left_to_plan: defaultdict[str, list[pytest.Item]] = defaultdict(list)

    def recorder(self) -> Recorder:
        """Sources are found in the planned stacks; sensitive texts of both are masked."""
        return Recorder(
            self._planned.locate, lambda: self._planned.secrets() | self.stacks.secrets()
        )

    def problem(self) -> PlanproofError | None:
        """Why the account cannot be used any more, or None."""
        return self._deployments.account_problem()

    def leaves_to_plan(
        self, item: pytest.Item, problem: BaseException | None, recorder: Recorder
    ) -> bool:
        """Whether a scenario needs a variant that was not deployed, and is judged on the plan."""
        if not isinstance(problem, NotDeployedError) or not is_planned_too(item):
            return False
        if any(seen.holds is False for seen in recorder.evidence):
            return False
        self.left_to_plan[problem.variant].append(item)
        return True


class DeployedPhase:
    """The scenarios of a run that are judged on the deployed stack.

    Attributes:
        deployments: the deployments and their account; None without ``--deployed``.
        failure: why the stack could not be deployed, or "".
    """

    def __init__(self, config: pytest.Config, progress: Callable[[str], None]) -> None:
        self._config = config
        self._progress = progress
        self._under_test: DeployedUnderTest | None = None
        self.deployments = Deployments(progress) if config.getoption("--deployed") else None
        self.failure = ""

    def begin(
        self, planned: ResolvedStacks, workspace: Workspace, variables: Mapping[str, Value]
    ) -> None:
        """Start the deployment in the background."""
        if self.deployments is None:
            return
        hook = self._config.hook
        services = hook.pytest_planproof_services(config=self._config)
        sets = hook.pytest_planproof_deployments(config=self._config, variables=variables)
        self.deployments.start(
            workspace,
            planned.request.arguments(),
            variants=[variant for variants in sets for variant in variants],
            services=[name for names in services for name in names],
            path=[str(self._config.rootpath)],
        )

    def under_test(self, planned: ResolvedStacks) -> DeployedUnderTest:
        """The deployed stack, as soon as it is deployed with all its sets of variables.

        Raises:
            PlanproofError: it could not be deployed.
        """
        if self._under_test is not None:
            return self._under_test
        if self.deployments is None:
            raise PlanproofError("the stack is not deployed", "add --deployed")
        if not self.deployments.done:
            self._progress("waiting for the deployment")
        try:
            if planned.plan is None:
                raise PlanproofError("there is no plan of the stack", "judge Terraform sources")
            self.deployments.wait(planned.plan)
        except PlanproofError as problem:
            self.failure = problem.sentence
            raise
        seconds = phrases.duration(self.deployments.seconds)
        self._progress(f"deployed with {self._sets()} of variables in {seconds}")
        self._under_test = DeployedUnderTest(planned, self.deployments)
        return self._under_test

    def _sets(self) -> str:
        return phrases.counted(self.deployments.count if self.deployments else 0, "set")

    def source(self) -> str:
        """What to add to the phrase on how the values of a run were found."""
        if self._under_test is None:
            return ""
        return f", deployed to an emulated account with {self._sets()} of variables"

    def notices(self) -> list[str]:
        """Notices for every report on what was not judged on the deployed stack."""
        notices = [f"The stack was not deployed: {self.failure}"] if self.failure else []
        for variant, items in (self._under_test.left_to_plan if self._under_test else {}).items():
            ids = {identifier for item in items for identifier in requirements_served(item)}
            count = phrases.counted(len(items), "scenario")
            notices.append(
                f"Not deployed with {variant}, so judged as planned only: {count} of "
                f"{', '.join(sorted(ids, key=requirement_order))}."
            )
        return notices

    def undone(self) -> list[str]:
        """A notice that the stack was not judged as deployed, for a run that was stopped."""
        if self.deployments is None or self._under_test is not None or self.failure:
            return []
        return ["The stack was not deployed: the run was stopped before that was done."]

    def close(self) -> None:
        """End every process that was started; may be called twice."""
        if self.deployments is not None:
            self.deployments.close()
