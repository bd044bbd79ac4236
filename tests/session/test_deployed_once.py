"""Variants with the same variables share a deployment."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from planproof.session import deployments
from planproof.session.deployments import Deployments
from planproof.terraform.resolution.run import Variant


class FakeDeployment:
    """A deployment that builds nothing."""

    def __init__(self, variant: Variant) -> None:
        self.name, self.variables = variant.name, variant.variables
        self.endpoint = ""
        self.calls: list[str] = []

    def __enter__(self) -> FakeDeployment:
        self.calls.append("enter")
        return self

    def apply(self, _: object) -> None:
        self.calls.append("apply")

    def state(self) -> dict[str, Any]:
        return {}

    def stack(self, _: object) -> str:
        return f"stack of {self.name}"

    def stop(self) -> None:
        self.calls.append("stop")

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def created(monkeypatch: pytest.MonkeyPatch) -> list[FakeDeployment]:
    found: list[FakeDeployment] = []

    def create(_workspace: object, _arguments: object, variant: Variant) -> FakeDeployment:
        found.append(FakeDeployment(variant))
        return found[-1]

    account = SimpleNamespace(endpoint="http://account", start=lambda: None, stop=lambda: None)
    account.check = lambda: None
    monkeypatch.setattr(deployments, "create_deployment", create)
    monkeypatch.setattr(deployments, "create_account", lambda *_: account)
    return found


def test_variants_with_the_same_variables_share_a_deployment(
    created: list[FakeDeployment],
) -> None:
    run = Deployments()
    both = {"suffix": "other", "topics": ["t"]}
    run.start(None, (), [Variant("a", both), Variant("b", dict(both)), Variant("c", {"x": 1})])  # type: ignore[arg-type]
    run.wait(None)  # type: ignore[arg-type]
    assert [deployment.name for deployment in created] == ["default", "a", "c"]
    assert run.count == 3
    assert run.terraform("a") is run.terraform("b")
    assert run.terraform("a") is not run.terraform("c")
    assert run.stack("b") == "stack of a"
    run.close()
    for deployment in created:
        assert deployment.calls == ["enter", "apply", "stop", "close"]
