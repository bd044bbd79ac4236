"""Scenarios and step definitions as pytest-bdd has registered them.

pytest-bdd has no public API for them. Its internal names are used in this module only.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import pytest
from pytest_bdd.parser import ScenarioTemplate, Step
from pytest_bdd.reporting import scenario_reports_registry
from pytest_bdd.scenario import scenario_wrapper_template_registry
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

_EXAMPLE_PARAMETER = "_pytest_bdd_example"
"""The parameter of an item whose value is its row of the examples of a scenario outline."""


def template_of(item: pytest.Item) -> ScenarioTemplate | None:
    """The scenario behind a test item; None for any other test."""
    function = getattr(item, "obj", None)
    if function is None or not isinstance(item, pytest.Function):
        return None
    try:
        template: ScenarioTemplate | None = scenario_wrapper_template_registry.get(function)
    except TypeError:  # a function that cannot be referenced weakly
        return None
    return template


def parameters_of(item: pytest.Item) -> Mapping[str, Any]:
    """The values that pytest has given the parameters of an item."""
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec is not None else {}


def example_of(item: pytest.Item) -> Mapping[str, Any]:
    """Column → value of the outline's example that an item runs; empty for a plain scenario."""
    values = parameters_of(item).get(_EXAMPLE_PARAMETER)
    return values if isinstance(values, Mapping) else {}


def fail_step(item: pytest.Item) -> None:
    """Let pytest-bdd's own reports say that the step that has just ended failed."""
    if (report := scenario_reports_registry.get(item)) is not None:
        report.fail()


def step_definitions() -> list[StepFunctionContext]:
    """All step definitions that are loaded."""
    return list(step_function_context_registry.values())


def remember_step_functions() -> None:
    """From now on, look up the function of each step of a scenario only once in this process.

    pytest-bdd tries all definitions each time, which takes as long as judging an average scenario.
    """
    scenario: Any = importlib.import_module("pytest_bdd.scenario")  # the package hides the module
    find = scenario.get_step_function
    if find.__module__ == __name__:
        return
    found: dict[tuple[str, str, str], StepFunctionContext | None] = {}

    def get_step_function(request: pytest.FixtureRequest, step: Step) -> StepFunctionContext | None:
        key = (request.node.nodeid, step.type, step.name)
        if key not in found:
            found[key] = find(request, step)
        return found[key]

    scenario.get_step_function = get_step_function
