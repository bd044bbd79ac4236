"""What planproof takes from inside pytest-bdd."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import pytest

from planproof.session.bdd_registries import remember_step_functions


def test_the_function_of_each_step_of_a_scenario_is_looked_up_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = importlib.import_module("pytest_bdd.scenario")
    asked: list[tuple[str, str, str]] = []

    def find(request: Any, step: Any) -> Any:
        asked.append((request.node.nodeid, step.type, step.name))
        return None if step.name == "unknown" else asked[-1]

    def look_up(node: str, type_: str, name: str) -> Any:
        request = SimpleNamespace(node=SimpleNamespace(nodeid=node))
        return scenario.get_step_function(request, SimpleNamespace(type=type_, name=name))

    monkeypatch.setattr(scenario, "get_step_function", find)
    steps = [
        ("a", "given", "it rains"),
        ("a", "then", "it rains"),
        ("b", "then", "it rains"),
        ("b", "then", "unknown"),
    ]
    for _ in range(3):
        remember_step_functions()
        found = [look_up(*step) for step in steps]
        assert found == [*steps[:3], None]
    assert asked == steps
