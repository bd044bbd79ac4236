"""Deploys the stack of a run to an emulated account while scenarios on the plan are judged."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from planproof.errors import PlanproofError
from planproof.evidence import NotDeployedError
from planproof.terraform.apply_progress import progress_line
from planproof.terraform.binary import Progress, no_progress
from planproof.terraform.plan import Plan
from planproof.terraform.resolution.run import Variant
from planproof.terraform.stack import DEFAULT, Stack
from planproof.terraform.workspace import Workspace

if TYPE_CHECKING:
    from planproof.emulation.account.clients import Clients
    from planproof.emulation.account.control import Control
    from planproof.emulation.account.process import AccountProcess
    from planproof.terraform.apply import StackDeployment


_POLL_INTERVAL = 0.5
"""Seconds until the end of an account, or Ctrl-C, is noticed."""
_REPORT_INTERVAL = 10.0
"""Seconds between two lines of progress."""


class Deployments:
    """Deploys a stack with one or more sets of variables to an emulated account of its own.

    :meth:`start` begins the work in threads; :meth:`wait` returns when it is done. :meth:`close`
    ends it at any point, and leaves no process and no folder.

    Attributes:
        seconds: duration of the deployment with all sets of variables.
    """

    def __init__(self, progress: Progress = no_progress) -> None:
        self._progress = progress
        self._account: AccountProcess | None = None
        self._deployments: dict[str, StackDeployment] = {}
        self._stacks: dict[str, Stack] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._work: Future[None] | None = None
        self._clients: Clients | None = None
        self._closing = threading.Event()
        self._started = 0.0
        self._reported = 0.0
        self._report_lock = threading.Lock()
        self.seconds = 0.0

    # Start and end ---------------------------------------------------------------------------

    def start(
        self,
        workspace: Workspace,
        arguments: Sequence[str],
        variants: Sequence[Variant] = (),
        services: Sequence[str] = (),
        path: Sequence[str] = (),
    ) -> None:
        """Begin to deploy with the default variables and with those of each variant. Variants with
        the same variables share a deployment.

        Args:
            workspace: initialised; its sources are copied before this returns.
            arguments: the user's ``-var`` and ``-var-file`` arguments.
            services: services of the account in addition to moto's, as "module:Class".
            path: folders to import these modules from.

        Raises:
            PlanproofError: the sources cannot be copied.
        """
        self._started = time.monotonic()
        for variant in (Variant(DEFAULT), *variants):
            same = [d for d in self._distinct() if d.variables == variant.variables]
            deployment = same[0] if same else create_deployment(workspace, arguments, variant)
            self._deployments[variant.name] = deployment
            if not same:
                deployment.__enter__()
        self._account = create_account(services, path)
        self._pool = ThreadPoolExecutor(1 + len(self._distinct()), thread_name_prefix="deployment")
        self._work = self._pool.submit(self._deploy, self._account, self._pool)

    def _distinct(self) -> list[StackDeployment]:
        """The deployments, once each: variants may share one."""
        return list({id(d): d for d in self._deployments.values()}.values())

    @property
    def count(self) -> int:
        """Number of deployments; variants may share one."""
        return len(self._distinct())

    @property
    def done(self) -> bool:
        """Whether the deployment has ended, so that :meth:`wait` returns at once."""
        return self._work is not None and self._work.done()

    def wait(self, plan: Plan) -> None:
        """Wait until the stack is deployed with all sets of variables.

        Args:
            plan: plan of the same sources, for the configuration of the stacks.

        Raises:
            PlanproofError: the deployment failed; everything is closed.
        """
        if self._work is None:
            raise PlanproofError("nothing was deployed", "judge Terraform sources with --deployed")
        try:
            while not self._work.done():
                # With no timeout, Ctrl-C just before the call would not end the wait.
                wait([self._work], timeout=_POLL_INTERVAL)
            self._work.result()
            self._stacks = {name: d.stack(plan) for name, d in self._deployments.items()}
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End every process that was started, at any point; may be called twice."""
        self._closing.set()
        for deployment in self._distinct():
            deployment.stop()
        if self._account is not None:
            self._account.stop()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        for deployment in self._distinct():
            deployment.close()

    def _deploy(self, account: AccountProcess, pool: ThreadPoolExecutor) -> None:
        if self._closing.is_set():
            raise PlanproofError("the run was stopped before the deployment", "run again")
        account.start()
        if self._closing.is_set():  # close() may have stopped it before it started
            account.stop()
            raise PlanproofError("the run was stopped during the deployment", "run again")
        running = {
            pool.submit(self._apply, deployment, account.endpoint): deployment.name
            for deployment in self._distinct()
        }
        others: Collection[Future[None]] = running
        while others:
            ended, others = wait(others, timeout=_POLL_INTERVAL, return_when=FIRST_EXCEPTION)
            try:
                account.check()  # without an account, Terraform would retry for minutes
                for future in ended:
                    if (problem := future.exception()) is not None:
                        raise _with_variant(problem, running[future])
            except BaseException:
                for deployment in self._distinct():
                    deployment.stop()
                raise
        self.seconds = time.monotonic() - self._started

    def _apply(self, deployment: StackDeployment, endpoint: str) -> None:
        deployment.endpoint = endpoint
        deployment.apply(lambda _: self._report_progress())
        deployment.state()  # read in this thread, and cached

    def _report_progress(self) -> None:
        """Report all deployments in one line, unless the last report is recent."""
        with self._report_lock:
            now = time.monotonic()
            if now - self._reported < _REPORT_INTERVAL or self._closing.is_set():
                return
            self._reported = now
        self._progress(progress_line([d.apply_progress for d in self._distinct()]))

    # For steps -------------------------------------------------------------------------------

    def check(self) -> None:
        """Check that the account is running.

        Raises:
            PlanproofError: it has ended; with the cause.
        """
        self.account.check()

    def account_problem(self) -> PlanproofError | None:
        """Why the account cannot be used any more, or None."""
        try:
            self.check()
        except PlanproofError as problem:
            return problem
        return None

    @property
    def account(self) -> AccountProcess:
        """The emulated account that the stack is deployed to.

        Raises:
            PlanproofError: it has not been created yet.
        """
        if self._account is None:
            raise PlanproofError("there is no emulated account", "wait for the deployment first")
        return self._account

    @property
    def control(self) -> Control:
        """Controls the account's clock, faults and permissions, and reports its events."""
        return self.account.control

    @property
    def stacks(self) -> Mapping[str, Stack]:
        """Variant name → the stack right after the apply."""
        return self._stacks

    def stack(self, variant: str = DEFAULT) -> Stack:
        """The stack right after the apply with the variables of a variant.

        Raises:
            NotDeployedError: it was not deployed with them.
        """
        if variant not in self._stacks:
            raise NotDeployedError(variant)
        return self._stacks[variant]

    def terraform(self, variant: str = DEFAULT) -> StackDeployment:
        """The Terraform commands on the deployment of a variant, such as plan and destroy.

        Raises:
            NotDeployedError: there is none.
        """
        if variant not in self._deployments:
            raise NotDeployedError(variant)
        return self._deployments[variant]

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client with the permissions of the account's owner.

        Args:
            region: by default the one of the default stack's provider.
        """
        from planproof.emulation.account.clients import Clients

        if self._clients is None:
            self._clients = Clients(self.account.endpoint)
        if region is None:
            regions = [p.region for p in self.stack().provider_locations.values()]
            region = next((name for name in regions if isinstance(name, str)), "us-east-1")
        return self._clients.client(service, region)


def _with_variant(problem: BaseException, variant: str) -> BaseException:
    """The same problem, with the name of the variant in its text."""
    if not isinstance(problem, PlanproofError) or variant == DEFAULT:
        return problem
    return PlanproofError(f"with {variant}, {problem.what}", problem.todo, detail=problem.detail)


def create_account(services: Sequence[str], path: Sequence[str]) -> AccountProcess:
    """An account that has not started yet."""
    from planproof.emulation.account.process import AccountProcess

    return AccountProcess(services=services, path=path)


def create_deployment(
    workspace: Workspace, arguments: Sequence[str], variant: Variant
) -> StackDeployment:
    """A deployment whose endpoint is set before the apply."""
    from planproof.terraform.apply import StackDeployment

    return StackDeployment(workspace, "", variant.variables, arguments, variant.name)
