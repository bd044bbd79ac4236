"""What pytest's items say of the scenarios that they run, and of what these are judged on."""

from __future__ import annotations

import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from planproof.results import Kind, ScenarioResult
from planproof.session.collection import requirement_order, requirements_of, scenario_of
from planproof.terraform.workspace import shown_path
from planproof.verdicts import Verdict

KIND = "evidence_kind"
"""The fixture, and the parameter of an item, that says what a scenario is judged on."""


def kinds_asked(node: pytest.Item, *, deployed: bool) -> tuple[Kind, ...]:
    """What a scenario is judged on, as its tags say: once each.

    Args:
        deployed: whether the run deploys the stack.
    """
    if node.get_closest_marker("sources"):
        return (Kind.DECLARED,)
    if node.get_closest_marker("deployed"):
        return (Kind.DEPLOYED,)
    return (Kind.PLANNED, Kind.DEPLOYED) if deployed else (Kind.PLANNED,)


def kind_of(item: pytest.Item) -> Kind:
    """What an item judges its scenario on."""
    asked = kinds_asked(item, deployed=False)[0]
    return Kind(_parameters(item).get(KIND, asked)) if asked is Kind.PLANNED else asked


def is_planned_too(item: pytest.Item) -> bool:
    """Whether the item's scenario is also judged on what is planned."""
    return kinds_asked(item, deployed=True)[0] is Kind.PLANNED


def turn_of(item: pytest.Item) -> tuple[int, tuple[str, int]]:
    """Sort key: all that needs no deployment, then the same scenarios on the deployed stack, then
    those that do something in the account, and at the very end those that take it down."""
    turn = 0
    if kind_of(item) is Kind.DEPLOYED:
        turn = 3 if item.get_closest_marker("destroys") else 1 if is_planned_too(item) else 2
    return turn, requirement_order(requirements_served(item)[0])


def _parameters(item: pytest.Item) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec is not None else {}


def example_of(item: pytest.Item) -> str:
    """The values of a scenario outline's example, as they are written; "" for a plain scenario."""
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return ""
    values = callspec.params.get("_pytest_bdd_example")
    if isinstance(values, Mapping) and values:
        return ", ".join(map(str, values.values()))
    name = str(callspec.id)
    return name.removesuffix(kind_of(item)).removesuffix("-") if KIND in callspec.params else name


def scenario_key(item: pytest.Item) -> str:
    """Tells a scenario, or an outline's example, from others, whatever it is judged on."""
    template = scenario_of(item)
    return f"{item.path}:{template.line_number}:{example_of(item)}"


def requirements_served(item: pytest.Item) -> tuple[str, ...]:
    """The ids of the requirements that a scenario serves."""
    return requirements_of(scenario_of(item))


def unjudged(item: pytest.Item, reason: str) -> ScenarioResult:
    """A scenario's result as long as nothing was looked at."""
    template = scenario_of(item)
    example = example_of(item)
    return ScenarioResult(
        name=template.name + (f" [{example}]" if example else ""),
        feature=shown_path(Path(template.feature.filename)),
        line=template.line_number,
        verdict=Verdict.UNDETERMINED,
        reason=reason,
        kind=kind_of(item),
    )


def traceback_from_step(problem: BaseException) -> types.TracebackType | None:
    """A traceback from the step on, without pytest's and the session's frames before it."""
    found = start = problem.__traceback__
    while found is not None:
        file = Path(found.tb_frame.f_code.co_filename)
        if "site-packages" not in file.parts and file.parent != Path(__file__).parent:
            return found
        found = found.tb_next
    return start


def title_of(template: Any) -> tuple[str, str]:
    """The promise in one line, and why: the rule's, or the feature's where there is no rule."""
    owner = template.rule if template.rule is not None else template.feature
    description = " ".join(line.strip() for line in (owner.description or "").splitlines())
    return owner.name, description.strip()
