"""An emulated account in this process, with fake components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import get_session
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data

from planproof.emulation.account.application import Application
from planproof.emulation.account.control import Control
from planproof.emulation.account.model import ApiCall, Denial, Entry
from tests.emulation.account.fake_components import (
    AllowingDecisions,
    FakeMediaConvert,
    IdleFunctions,
    idle_components,
)

ROLE = "arn:aws:iam::123456789012:role/service-role/worker"
CALLER = "arn:aws:sts::123456789012:assumed-role/worker/one"


@dataclass
class AccountUnderTest:
    """An emulated account, its clients and its fake components."""

    application: Application
    control: Control
    keys: Mapping[str, str]

    @property
    def decisions(self) -> AllowingDecisions:
        assert isinstance(self.application.decisions, AllowingDecisions)
        return self.application.decisions

    @property
    def functions(self) -> IdleFunctions:
        assert isinstance(self.application._functions, IdleFunctions)
        return self.application._functions

    @property
    def jobs(self) -> FakeMediaConvert:
        service = self.application.services["mediaconvert"]
        assert isinstance(service, FakeMediaConvert)
        return service

    def owner(self, service: str, region: str = "us-east-1") -> Any:
        return self.application.client(service, region)

    def role(self, service: str, region: str = "us-east-1", **config: Any) -> Any:
        """A client with the credentials of a function instance's role; never retries."""
        return get_session().create_client(
            service,
            region_name=region,
            endpoint_url=self.application.endpoint,
            aws_access_key_id=self.keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=self.keys["AWS_SESSION_TOKEN"],
            config=Config(retries={"total_max_attempts": 1}, proxies={}, **config),
        )

    def deny(self, call: str, code: str, message: str = "User: worker is not allowed") -> None:
        action = call.replace("HeadObject", "GetObject")
        self.decisions.denials[call] = Denial(
            action, "arn:aws:x:::it", CALLER, message, code, because="nothing allows it"
        )

    def call(self, name: str) -> ApiCall:
        """The only authorized call of that name."""
        (call,) = [call for call in self.decisions.calls if str(call) == name]
        return call

    def entries(self, kind: str = "call") -> list[Entry]:
        return [entry for entry in self.control.trail() if entry.kind == kind]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[AccountUnderTest]:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    application = Application([FakeMediaConvert], idle_components())
    application.start()
    try:
        keys = application.credentials(ROLE, "one", "i-1")
        yield AccountUnderTest(application, Control(application.endpoint), keys)
    finally:
        application.stop()
        _reset_moto()


def _reset_moto() -> None:
    """moto keeps its state in the process."""
    BackendDict.reset()
    reset_model_data()
