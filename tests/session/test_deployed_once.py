"""Are two names of the same variables one deployment?"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import planproof.session.deployments as deployed_run
from planproof.session.deployments import Deployments
from planproof.terraform.resolution.run import Variant


class Made:
    """A deployment that builds nothing."""

    def __init__(self, variant: Variant) -> None:
        self.name, self.variables = variant.name, variant.variables
        self.endpoint = ""
        self.done: list[str] = []

    def __enter__(self) -> Made:
        self.done.append("laid")
        return self

    def apply(self, _: object) -> None:
        self.done.append("applied")

    def state(self) -> dict[str, Any]:
        return {}

    def stack(self, _: object) -> str:
        return f"stack of {self.name}"

    def stop(self) -> None:
        self.done.append("stopped")

    def close(self) -> None:
        self.done.append("closed")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Made]:
    found: list[Made] = []

    def open_one(_workspace: object, _arguments: object, variant: Variant) -> Made:
        found.append(Made(variant))
        return found[-1]

    account = SimpleNamespace(endpoint="http://account", start=lambda: None, stop=lambda: None)
    account.check = lambda: None
    monkeypatch.setattr(deployed_run, "open_deployment", open_one)
    monkeypatch.setattr(deployed_run, "open_account", lambda *_: account)
    return found


def test_variants_with_the_same_variables_share_one(made: list[Made]) -> None:
    run = Deployments()
    both = {"suffix": "other", "topics": ["t"]}
    run.start(None, (), [Variant("a", both), Variant("b", dict(both)), Variant("c", {"x": 1})])  # type: ignore[arg-type]
    run.wait(None)  # type: ignore[arg-type]
    assert [one.name for one in made] == ["default", "a", "c"]
    assert run.sets == 3
    assert run.terraform("a") is run.terraform("b")
    assert run.terraform("a") is not run.terraform("c")
    assert run.stack("b") == "stack of a"
    run.close()
    for one in made:
        assert one.done == ["laid", "applied", "stopped", "closed"]
