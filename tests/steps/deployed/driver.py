"""Runs steps on the shipped stack in the emulated account, with changes to the function."""

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
from steps.support.pipeline import Pipeline
from tests.builders.shipped import shipped_package, shipped_stacks
from tests.steps.deployed.stack_builder import StackBuilder

FUNCTION = "video-processor-dev"
HANDLER = "lambda_function.handler"
HEAD = """
import botocore.client, lambda_function
handler = lambda_function.handler
Client = botocore.client.BaseClient
call_aws = Client._make_api_call
def replace_operation(operation):
    def decorate(do):
        before = Client._make_api_call
        def call(self, name, given):
            if name != operation:
                return before(self, name, given)
            return do(lambda changed=given: call_aws(self, name, changed), given)
        Client._make_api_call = call
        return do
    return decorate
"""
"""Beginning of a module that replaces AWS calls of the shipped function."""
TWO_JOBS = """
@replace_operation("CreateJob")
def twice(call_aws, given):
    call_aws({**given, "ClientRequestToken": given["ClientRequestToken"][::-1]})
    return call_aws()
"""
DROPS_MESSAGES = """
def handler(event, context):
    return {}
"""


@dataclass
class Terraform:
    """A stub of Terraform: reports the drift of a test, and destroys as a test says."""

    changes: list[Any] = field(default_factory=list)
    destroy: Callable[[], None] = lambda: None

    def drift(self) -> list[Any]:
        return self.changes


class Deployment:
    """A deployment for steps; stacks with other variables are built when first used."""

    def __init__(self, account: AccountProcess) -> None:
        self._account = account
        self._clients = Clients(account.endpoint)
        self._stacks: dict[str, Stack] = {}
        self.terraform_stub = Terraform()

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
        """Build the stack anew when it is next used, since it was destroyed."""
        del self._stacks[variant]

    def terraform(self, variant: str = "default") -> Terraform:
        assert variant in self._stacks
        return self.terraform_stub


@dataclass
class Driver:
    """A scenario with the fixtures of its steps."""

    deployment: Deployment
    scenario: DeployedScenario
    pipeline: Pipeline

    def client(self, service: str) -> Any:
        return self.scenario.traffic.client(service)

    def upload(self, name: str = "opening.mp4") -> None:
        """Upload a clip, and let everything settle."""
        steps.clip_uploaded(self.scenario, name)
        steps.everything_settles(self.scenario)

    def check(self, step: Callable[..., Any], *arguments: Any, scenario: Any = None) -> Recorder:
        """The evidence of a `Then` step.

        Raises:
            StepFailedError: the step failed.
            UndeterminedError: the step is undetermined.
        """
        evidence = Recorder()
        evidence.begin(step.__name__)
        step(scenario or self.scenario, *self._parts(step), evidence, *arguments)
        evidence.settle(must_prove=True)
        return evidence

    def _parts(self, step: Callable[..., Any]) -> list[Any]:
        names = step.__code__.co_varnames[: step.__code__.co_argcount]
        known = {"pipeline": self.pipeline}
        return [known[name] for name in names if name in known]

    def fails(self, step: Callable[..., Any], *arguments: Any, match: str) -> None:
        with pytest.raises(StepFailedError, match=match):
            self.check(step, *arguments)

    def undetermined(self, step: Callable[..., Any], *arguments: Any, match: str) -> None:
        with pytest.raises(UndeterminedError, match=match):
            self.check(step, *arguments)

    @contextmanager
    def function_patched(self, code: str) -> Iterator[None]:
        """Replace the handler by one of a module with this code."""
        aws, data = self.client("lambda"), io.BytesIO(shipped_package().data)
        with zipfile.ZipFile(data, "a") as opened:
            opened.writestr("patched.py", HEAD + dedent(code))
        aws.update_function_code(FunctionName=FUNCTION, ZipFile=data.getvalue())
        aws.update_function_configuration(FunctionName=FUNCTION, Handler="patched.handler")
        try:
            yield
        finally:
            aws.update_function_code(FunctionName=FUNCTION, ZipFile=shipped_package().data)
            aws.update_function_configuration(FunctionName=FUNCTION, Handler=HANDLER)

    @contextmanager
    def event_sources_disabled(self) -> Iterator[None]:
        """Disable every event source mapping."""
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
        """Run a step whose messages stay in queues with disabled event source mappings."""
        traffic, sent = self.scenario.traffic, []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(traffic), "send", lambda _, *message: sent.append(message))
            step(self.scenario)
        with self.event_sources_disabled():
            for message in sent:
                traffic.send(*message)
            yield

    def input_is_undetermined(self, step: Callable[[DeployedScenario], None], match: str) -> None:
        with pytest.raises(UndeterminedError, match=match):
            step(self.scenario)
