"""The deployed half of a run: an emulated account, and the stack in it, made beside the judging."""

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


_LOOK = 0.5
"""Seconds after which it is seen that an account has ended, or that the user wants an end."""
_TELL = 10.0
"""Seconds between two lines on how far it is."""


class Deployments:
    """Deploys a stack with one or more sets of variables to an account of its own.

    The work begins with :meth:`start` and goes on in threads, so that what needs no deployment can
    be judged meanwhile; :meth:`wait` ends when it is done. :meth:`close` ends everything at any
    point, and leaves no process and no folder.

    Attributes:
        seconds: how long it took until the last deployment stood.
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
        self._began = 0.0
        self._told = 0.0
        self._telling = threading.Lock()
        self.seconds = 0.0

    # Its life --------------------------------------------------------------------------------

    def start(
        self,
        workspace: Workspace,
        arguments: Sequence[str],
        variants: Sequence[Variant] = (),
        services: Sequence[str] = (),
        path: Sequence[str] = (),
    ) -> None:
        """Begin to deploy: the default set of variables, and the variants. Variants with the same
        variables are one deployment of several names.

        Args:
            workspace: holds the sources, initialised; they are copied before this returns.
            arguments: the ``-var`` and ``-var-file`` arguments that the user gave.
            services: what the account has beside moto's, as "module:Class".
            path: folders in which these modules are found.

        Raises:
            PlanproofError: the sources cannot be copied.
        """
        self._began = time.monotonic()
        for variant in (Variant(DEFAULT), *variants):
            same = [d for d in self._each() if d.variables == variant.variables]
            deployment = same[0] if same else open_deployment(workspace, arguments, variant)
            self._deployments[variant.name] = deployment
            if not same:
                deployment.__enter__()
        self._account = open_account(services, path)
        self._pool = ThreadPoolExecutor(1 + len(self._each()), thread_name_prefix="deployment")
        self._work = self._pool.submit(self._deploy, self._account, self._pool)

    def _each(self) -> list[StackDeployment]:
        """The deployments, each once."""
        return list({id(made): made for made in self._deployments.values()}.values())

    @property
    def sets(self) -> int:
        """How many deployments there are, however many names they go by."""
        return len(self._each())

    @property
    def done(self) -> bool:
        """Whether waiting would end at once."""
        return self._work is not None and self._work.done()

    def wait(self, plan: Plan) -> None:
        """Return when everything is deployed.

        Args:
            plan: of the same sources; it tells the stacks' configuration.

        Raises:
            PlanproofError: it could not be; everything is taken down.
        """
        if self._work is None:
            raise PlanproofError("nothing was deployed", "judge sources that Terraform can apply")
        try:
            while not self._work.done():
                # Ctrl-C would go unseen if it came just before a wait without an end.
                wait([self._work], timeout=_LOOK)
            self._work.result()
            self._stacks = {name: made.stack(plan) for name, made in self._deployments.items()}
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End every process that was started, whatever it is doing; may be called twice."""
        self._closing.set()
        for deployment in self._each():
            deployment.stop()
        if self._account is not None:
            self._account.stop()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        for deployment in self._each():
            deployment.close()

    def _deploy(self, account: AccountProcess, pool: ThreadPoolExecutor) -> None:
        account.start()
        if self._closing.is_set():  # it may have begun after it was told to stop
            account.stop()
            raise _stopped()
        running = {
            pool.submit(self._apply, deployment, account.endpoint): deployment.name
            for deployment in self._each()
        }
        others: Collection[Future[None]] = running
        while others:
            ended, others = wait(others, timeout=_LOOK, return_when=FIRST_EXCEPTION)
            try:
                account.check()  # without it, Terraform would ask again for minutes
                for future in ended:
                    if (problem := future.exception()) is not None:
                        raise _named(problem, running[future])
            except BaseException:
                for deployment in self._each():
                    deployment.stop()
                raise
        self.seconds = time.monotonic() - self._began

    def _apply(self, deployment: StackDeployment, endpoint: str) -> None:
        deployment.endpoint = endpoint
        deployment.apply(lambda _: self._progress_now_and_then())
        deployment.state()  # so that nobody waits for it later

    def _progress_now_and_then(self) -> None:
        """They go on side by side: one line tells of all, whichever has something to tell."""
        with self._telling:
            now = time.monotonic()
            if now - self._told < _TELL or self._closing.is_set():
                return
            self._told = now
        self._progress(progress_line([made.apply_progress for made in self._each()]))

    # What steps ask --------------------------------------------------------------------------

    def check(self) -> None:
        """Nothing, while the account is alive.

        Raises:
            PlanproofError: it is not; says what ended it.
        """
        self.account.check()

    def trouble(self) -> PlanproofError | None:
        """What is wrong with the account, or None."""
        try:
            self.check()
        except PlanproofError as problem:
            return problem
        return None

    @property
    def account(self) -> AccountProcess:
        """The account that everything is in.

        Raises:
            PlanproofError: it never came to be.
        """
        if self._account is None:
            raise PlanproofError("there is no emulated account", "wait for the deployment first")
        return self._account

    @property
    def control(self) -> Control:
        """Sets the account's clock, faults and permissions, and tells what happened in it."""
        return self.account.control

    @property
    def stacks(self) -> Mapping[str, Stack]:
        """Variant name → the stack as it stood when Terraform had applied it."""
        return self._stacks

    def stack(self, variant: str = DEFAULT) -> Stack:
        """The stack as it stood when Terraform had applied it with a variant's variables.

        Raises:
            NotDeployedError: it was not deployed with them.
        """
        if variant not in self._stacks:
            raise NotDeployedError(variant)
        return self._stacks[variant]

    def terraform(self, variant: str = DEFAULT) -> StackDeployment:
        """The deployment of a variant: its plan, its state and its end.

        Raises:
            NotDeployedError: there is none.
        """
        if variant not in self._deployments:
            raise NotDeployedError(variant)
        return self._deployments[variant]

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client of the account's owner, in the default stack's region where none is
        named."""
        from planproof.emulation.account.clients import Clients

        if self._clients is None:
            self._clients = Clients(self.account.endpoint)
        if region is None:
            places = [place.region for place in self.stack().provider_locations.values()]
            region = next((place for place in places if isinstance(place, str)), "us-east-1")
        return self._clients.client(service, region)


def _stopped() -> PlanproofError:
    return PlanproofError("the run was stopped while the stack was being deployed", "run again")


def _named(problem: BaseException, variant: str) -> BaseException:
    """The same problem, with the variables that it was met with."""
    if not isinstance(problem, PlanproofError) or variant == DEFAULT:
        return problem
    return PlanproofError(f"with {variant}, {problem.what}", problem.todo, detail=problem.detail)


def open_account(services: Sequence[str], path: Sequence[str]) -> AccountProcess:
    """An account that is not yet started."""
    from planproof.emulation.account.process import AccountProcess

    return AccountProcess(services=services, path=path)


def open_deployment(
    workspace: Workspace, arguments: Sequence[str], variant: Variant
) -> StackDeployment:
    """One deployment, whose account is told before it is applied."""
    from planproof.terraform.apply import StackDeployment

    return StackDeployment(workspace, "", variant.variables, arguments, variant.name)
