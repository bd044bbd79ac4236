"""Properties of the scenarios behind pytest's items, and the kind of evidence to judge them on."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest

from planproof.results import Kind, ScenarioResult
from planproof.session.bdd_registries import example_of, parameters_of
from planproof.session.collection import (
    key_of,
    requirement_order,
    requirements_among,
    scenario_of,
    tags_of_item,
)
from planproof.terraform.workspace import shown_path
from planproof.values import Verdict

KIND = "evidence_kind"
"""Name of the fixture, and of the parameter of an item, with the kind of evidence."""


def kinds_of(node: pytest.Item, *, deployed: bool) -> tuple[Kind, ...]:
    """The kinds of evidence that a scenario is judged on, from its tags.

    Args:
        deployed: whether the run deploys the stack.
    """
    if node.get_closest_marker("sources"):
        return (Kind.DECLARED,)
    if node.get_closest_marker("deployed"):
        return (Kind.DEPLOYED,)
    return (Kind.PLANNED, Kind.DEPLOYED) if deployed else (Kind.PLANNED,)


def kind_of(item: pytest.Item) -> Kind:
    """The kind of evidence that an item judges its scenario on."""
    kind = kinds_of(item, deployed=False)[0]
    return Kind(parameters_of(item).get(KIND, kind)) if kind is Kind.PLANNED else kind


def is_planned_too(item: pytest.Item) -> bool:
    """Whether the scenario of an item is judged on the planned stack, perhaps by another item."""
    return kinds_of(item, deployed=True)[0] is Kind.PLANNED


def judging_order(item: pytest.Item) -> tuple[int, tuple[str, int]]:
    """Sort key: scenarios that need no deployment; the same ones on the deployed stack; scenarios
    that act in the account; and last, scenarios that destroy the deployment."""
    group = 0
    if kind_of(item) is Kind.DEPLOYED:
        group = 3 if item.get_closest_marker("destroys") else 1 if is_planned_too(item) else 2
    return group, requirement_order(requirements_served(item)[0])


def example_text(item: pytest.Item) -> str:
    """The values of a scenario outline's example, as written; "" for a plain scenario."""
    if values := example_of(item):
        return ", ".join(map(str, values.values()))
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return ""
    name = str(callspec.id)
    return name.removesuffix(kind_of(item)).removesuffix("-") if KIND in callspec.params else name


def scenario_key(item: pytest.Item) -> str:
    """Identifies a scenario, or an example of an outline, for every kind of evidence."""
    return key_of(item.path, scenario_of(item).line_number, example_text(item))


def requirements_served(item: pytest.Item) -> tuple[str, ...]:
    """The ids of the requirements that a scenario serves."""
    return requirements_among(tags_of_item(item))


def unjudged(item: pytest.Item, reason: str) -> ScenarioResult:
    """The result of a scenario that has not been judged."""
    template = scenario_of(item)
    example = example_text(item)
    return ScenarioResult(
        name=template.name + (f" [{example}]" if example else ""),
        feature=shown_path(Path(template.feature.filename)),
        line=template.line_number,
        verdict=Verdict.UNDETERMINED,
        reason=reason,
        kind=kind_of(item),
    )


def traceback_from_step(problem: BaseException) -> types.TracebackType | None:
    """The traceback without the leading frames of pytest and of the session."""
    found = start = problem.__traceback__
    while found is not None:
        file = Path(found.tb_frame.f_code.co_filename)
        if "site-packages" not in file.parts and file.parent != Path(__file__).parent:
            return found
        found = found.tb_next
    return start


def title_and_reason(template: Any) -> tuple[str, str]:
    """Title and description of a scenario's rule, or of its feature where it is in no rule."""
    owner = template.rule if template.rule is not None else template.feature
    description = " ".join(line.strip() for line in (owner.description or "").splitlines())
    return owner.name, description.strip()
