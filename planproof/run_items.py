"""What pytest's items say of the scenarios that they run."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest

from planproof.collection import requirements_of, scenario_of
from planproof.results import ScenarioResult, Verdict
from planproof.workspace import shown_path


def requirements_served(item: pytest.Item) -> tuple[str, ...]:
    """The ids of the requirements that a scenario serves."""
    return requirements_of(scenario_of(item))


def unjudged(item: pytest.Item, reason: str) -> ScenarioResult:
    """A scenario's result as long as nothing was looked at."""
    template = scenario_of(item)
    example = getattr(item, "callspec", None)
    return ScenarioResult(
        name=template.name + (f" [{example.id}]" if example else ""),
        feature=shown_path(Path(template.feature.filename)),
        line=template.line_number,
        verdict=Verdict.UNDETERMINED,
        reason=reason,
    )


def steps_part(problem: BaseException) -> types.TracebackType | None:
    """A traceback from the step on: how pytest got there helps nobody."""
    found = start = problem.__traceback__
    while found is not None:
        file = found.tb_frame.f_code.co_filename
        if "site-packages" not in file and Path(__file__).parent != Path(file).parent:
            return found
        found = found.tb_next
    return start


def title_of(template: Any) -> tuple[str, str]:
    """The promise in one line, and why: the rule's, or the feature's where there is no rule."""
    owner = template.rule if template.rule is not None else template.feature
    description = " ".join(line.strip() for line in (owner.description or "").splitlines())
    return owner.name, description.strip()
