"""An account in this process, whose decisions and functions the tests look into."""

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
from planproof.emulation.account.model import Call, Denial, Entry
from tests.emulation.account.made_parts import Allowing, Idle, Jobs, idle_parts

ROLE = "arn:aws:iam::123456789012:role/service-role/worker"
CALLER = "arn:aws:sts::123456789012:assumed-role/worker/one"


@dataclass
class Scene:
    """An account, clients of it, and what its parts were asked."""

    account: Application
    control: Control
    keys: Mapping[str, str]

    @property
    def decisions(self) -> Allowing:
        assert isinstance(self.account.decisions, Allowing)
        return self.account.decisions

    @property
    def functions(self) -> Idle:
        assert isinstance(self.account._functions, Idle)
        return self.account._functions

    @property
    def jobs(self) -> Jobs:
        service = self.account.services["mediaconvert"]
        assert isinstance(service, Jobs)
        return service

    def owner(self, service: str, region: str = "us-east-1") -> Any:
        return self.account.client(service, region)

    def role(self, service: str, region: str = "us-east-1", **config: Any) -> Any:
        """A client of a function's instance in a role; it asks once and no more."""
        return get_session().create_client(
            service,
            region_name=region,
            endpoint_url=self.account.endpoint,
            aws_access_key_id=self.keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=self.keys["AWS_SESSION_TOKEN"],
            config=Config(retries={"total_max_attempts": 1}, proxies={}, **config),
        )

    def refuse(self, what: str, code: str, message: str = "User: worker is not allowed") -> None:
        action = what.replace("HeadObject", "GetObject")
        self.decisions.denials[what] = Denial(
            action, "arn:aws:x:::it", CALLER, message, code, because="nothing allows it"
        )

    def call(self, what: str) -> Call:
        """The one call of a role that decisions were asked about."""
        (call,) = [call for call in self.decisions.calls if str(call) == what]
        return call

    def entries(self, kind: str = "call") -> list[Entry]:
        return [entry for entry in self.control.trail() if entry.kind == kind]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    account = Application([Jobs], idle_parts())
    account.start()
    try:
        keys = account.credentials(ROLE, "one", "i-1")
        yield Scene(account, Control(account.endpoint), keys)
    finally:
        account.stop()
        _forget()


def _forget() -> None:
    """moto keeps its state in the process."""
    BackendDict.reset()
    reset_model_data()
