"""One scenario on the shipped stack as it stands in an account, and what its steps make of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

import pytest

from planproof.emulation.account.clients import Clients
from planproof.emulation.account.control import Control
from planproof.emulation.account.process import AccountProcess
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder, StepFailedError
from planproof.terraform.stack import Stack
from steps import deployed as steps
from steps.deployed import DeployedScenario
from steps.pipeline import Pipeline
from tests.builders.shipped import shipped_package, shipped_stacks
from tests.steps.deployed.stack_builder import StackBuilder

FUNCTION = "video-processor-dev"
HANDLER = "lambda_function.handler"
HEAD = """
import botocore.client, lambda_function
handler = lambda_function.handler
Client = botocore.client.BaseClient
ask = Client._make_api_call
def instead(operation):
    def decorate(do):
        before = Client._make_api_call
        def call(self, name, given):
            if name != operation:
                return before(self, name, given)
            return do(lambda changed=given: ask(self, name, changed), given)
        Client._make_api_call = call
        return do
    return decorate
"""
"""Begins a module that has the shipped function ask AWS for something else."""
TWO_JOBS = """
@instead("CreateJob")
def twice(ask, given):
    ask({**given, "ClientRequestToken": given["ClientRequestToken"][::-1]})
    return ask()
"""
DROPS_MESSAGES = """
def handler(event, context):
    return {}
"""


@dataclass
class Terraform:
    """Stands for Terraform: says the drift that a test made up, destroys what a test says."""

    changes: list[Any] = field(default_factory=list)
    destroy: Callable[[], None] = lambda: None

    def drift(self) -> list[Any]:
        return self.changes


class Deployment:
    """A deployment as steps see it; what is beside the stack is built when it is asked for."""

    def __init__(self, account: AccountProcess) -> None:
        self._account = account
        self._clients = Clients(account.endpoint)
        self._stacks: dict[str, Stack] = {}
        self.made = Terraform()

    @property
    def control(self) -> Control:
        return self._account.control

    def check(self) -> None:
        self._account.check()

    def client(self, service: str, region: str | None = None) -> Any:
        return self._clients.client(service, region or "us-east-1")

    def stack(self, variant: str = "default") -> Stack:
        if variant not in self._stacks:
            resolved = shipped_stacks()[variant]
            self._stacks[variant] = StackBuilder(resolved, self._clients.client).build()
        return self._stacks[variant]

    def forget(self, variant: str) -> None:
        """It was destroyed."""
        del self._stacks[variant]

    def terraform(self, variant: str = "default") -> Terraform:
        assert variant in self._stacks
        return self.made


@dataclass
class ScenarioDriver:
    """A scenario, with all that its steps ask for."""

    deployment: Deployment
    scenario: DeployedScenario
    pipeline: Pipeline

    def client(self, service: str) -> Any:
        return self.scenario.traffic.client(service)

    def upload_and_settle(self, name: str = "opening.mp4") -> None:
        """A clip is uploaded, and everything comes to rest."""
        steps.clip_uploaded(self.scenario, name)
        steps.everything_settles(self.scenario)

    def check(self, step: Callable[..., Any], *arguments: Any, scenario: Any = None) -> Recorder:
        """What a `Then` wrote down; raises as it does in a run.

        Raises:
            StepFailedError: it failed.
            UndeterminedError: it could not tell.
        """
        evidence = Recorder()
        evidence.begin(step.__name__)
        step(
            self.scenario if scenario is None else scenario,
            *self._parts(step),
            evidence,
            *arguments,
        )
        evidence.settle(must_prove=True)
        return evidence

    def _parts(self, step: Callable[..., Any]) -> list[Any]:
        names = step.__code__.co_varnames[: step.__code__.co_argcount]
        known = {"pipeline": self.pipeline}
        return [known[name] for name in names if name in known]

    def expect_failure(self, step: Callable[..., Any], *arguments: Any, match: str) -> None:
        """It fails, for a reason that begins so."""
        with pytest.raises(StepFailedError, match=match):
            self.check(step, *arguments)

    def expect_undetermined(self, step: Callable[..., Any], *arguments: Any, match: str) -> None:
        with pytest.raises(UndeterminedError, match=match):
            self.check(step, *arguments)

    @contextmanager
    def function_patched(self, code: str) -> Iterator[None]:
        """The function has a module around it that does something wrong."""
        aws, data = self.client("lambda"), io.BytesIO(shipped_package().data)
        with zipfile.ZipFile(data, "a") as opened:
            opened.writestr("wrong.py", HEAD + dedent(code))
        aws.update_function_code(FunctionName=FUNCTION, ZipFile=data.getvalue())
        aws.update_function_configuration(FunctionName=FUNCTION, Handler="wrong.handler")
        try:
            yield
        finally:
            aws.update_function_code(FunctionName=FUNCTION, ZipFile=shipped_package().data)
            aws.update_function_configuration(FunctionName=FUNCTION, Handler=HANDLER)

    @contextmanager
    def event_sources_disabled(self) -> Iterator[None]:
        """No queue's messages go to the function."""
        stack, aws = self.scenario.traffic.stack, self.client("lambda")
        mappings = [one.get("uuid") for one in stack.managed("aws_lambda_event_source_mapping")]
        for uuid in mappings:
            aws.update_event_source_mapping(UUID=uuid, Enabled=False)
        try:
            yield
        finally:
            for uuid in mappings:
                aws.update_event_source_mapping(UUID=uuid, Enabled=True)

    @contextmanager
    def input_left_unread(self, step: Callable[[DeployedScenario], None]) -> Iterator[None]:
        """What a step puts in last, it puts into queues that nobody reads any longer."""
        traffic, sent = self.scenario.traffic, []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(traffic), "send", lambda _, *message: sent.append(message))
            step(self.scenario)
        with self.event_sources_disabled():
            for message in sent:
                traffic.send(*message)
            yield

    def expect_undetermined_input(
        self, step: Callable[[DeployedScenario], None], match: str
    ) -> None:
        with pytest.raises(UndeterminedError, match=match):
            step(self.scenario)
