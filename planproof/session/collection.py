"""Collects .feature files as they are: no Python stub beside them."""

from __future__ import annotations

import re
import types
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import scenarios
from pytest_bdd.exceptions import GherkinParseError, NoScenariosFound
from pytest_bdd.feature import get_feature
from pytest_bdd.gherkin_parser import get_gherkin_document
from pytest_bdd.parser import ScenarioTemplate
from pytest_bdd.scenario import scenario_wrapper_template_registry
from pytest_bdd.steps import step_function_context_registry

from planproof.errors import PlanproofError
from planproof.session.step_suggestions import nearest

REQUIREMENT = re.compile(r"[A-Z][A-Z0-9]*-\d+")


class FeatureFile(pytest.Module):
    """A .feature file, collected like a module whose tests are its scenarios."""

    def _getobj(self) -> types.ModuleType:
        module = types.ModuleType(re.sub(r"\W", "_", self.path.stem))
        module.__file__ = str(self.path)
        # pytest-bdd puts the tests into the namespace of whoever calls scenarios().
        namespace: dict[str, Any] = module.__dict__
        namespace["_scenarios"] = scenarios
        # Of each scenario, so that one that is judged twice is two items of pytest's.
        namespace["pytestmark"] = pytest.mark.usefixtures("evidence_kind")
        try:
            exec(compile("_scenarios(__file__)", str(self.path), "exec"), namespace)  # noqa: S102
        except GherkinParseError as problem:
            raise _gherkin_error(problem, self.path) from None
        except (NoScenariosFound, KeyError):
            pass  # said in a sentence of its own when the file is collected; KeyError: it is empty
        except UnicodeDecodeError:
            raise PlanproofError(
                f"{self.path.name} is not UTF-8 text", "save it as UTF-8"
            ) from None
        return module

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """The scenarios, each once.

        Raises:
            PlanproofError: two scenarios of one name, of which pytest-bdd would run only one.
        """
        items = list(super().collect())  # first, for it says what is wrong with the Gherkin
        names = Counter(_scenario_names(self.path))
        for name, count in names.items():
            if count > 1:
                raise PlanproofError(
                    f"{self.path.name} has {count} scenarios called {name!r}", "rename all but one"
                )
        if not names:
            raise PlanproofError(
                f"{self.path.name} has no scenario, so it proves nothing",
                "write one or remove the file",
            )
        return items

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        """A user's mistake is one sentence."""
        if isinstance(excinfo.value, PlanproofError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def _scenario_names(path: Path) -> Iterator[str]:
    """The names of all scenarios, in the order of the file, those of rules included."""
    try:
        feature = get_gherkin_document(str(path)).feature
    except KeyError:  # nothing but comments
        return
    todo = list(reversed(feature.children))
    while todo:
        child = todo.pop()
        if child.scenario is not None:
            yield child.scenario.name
        elif child.rule is not None:
            todo.extend(reversed(child.rule.children))


def _gherkin_error(problem: GherkinParseError, path: Path) -> PlanproofError:
    said = problem.message.removeprefix("Unknown parsing error: Parser errors:")
    said = " ".join(re.sub(r"\(\d+:\d+\):", "", said).split()).rstrip(".")
    said = said or "it does not follow Gherkin"
    text = problem.line_content.strip()
    here = f" ({text})" if text else ""
    why = said[0].lower() + said[1:]
    return PlanproofError(
        f"{path.name}:{problem.line}{here} cannot be read as Gherkin, {why}", "mend that line"
    )


def template_of(item: pytest.Item) -> ScenarioTemplate | None:
    """The scenario behind a test item, None for any other test."""
    function = getattr(item, "obj", None)
    if function is None or not isinstance(item, pytest.Function):
        return None
    try:
        found: ScenarioTemplate | None = scenario_wrapper_template_registry.get(function)
    except TypeError:
        return None
    return found


def scenario_of(item: pytest.Item) -> ScenarioTemplate:
    """The scenario behind one of our own items.

    Raises:
        TypeError: the item is none of ours.
    """
    found = template_of(item)
    if found is None:
        raise TypeError(f"{item.nodeid} is no scenario")
    return found


def is_feature_item(item: pytest.Item) -> bool:
    """Whether a test item is a scenario that was collected from a .feature file by us."""
    return isinstance(item.parent, FeatureFile)


def tags_of(template: ScenarioTemplate) -> frozenset[str]:
    """A scenario's own tags, its rule's and its feature's."""
    rule = template.rule.tags if template.rule is not None else ()
    return frozenset({*template.tags, *template.feature.tags, *rule})


def requirements_of(template: ScenarioTemplate) -> tuple[str, ...]:
    """Ids of the requirements that a scenario serves."""
    tags = (tag for tag in tags_of(template) if REQUIREMENT.fullmatch(tag))
    return tuple(sorted(tags, key=requirement_order))


def requirements_in(path: Path, *, deployed: bool = True) -> list[str]:
    """The requirement of every scenario of a file that is not being judged, one entry each.

    Args:
        deployed: whether to count the scenarios that need a deployed stack.

    A file that cannot be read has none: it is refused, with a reason, when it is judged.
    """
    try:
        feature = get_feature(str(path.parent), path.name)
    except (GherkinParseError, UnicodeDecodeError, OSError):
        return []
    return [
        identifier
        for template in feature.scenarios.values()
        if deployed or "deployed" not in tags_of(template)
        for identifier in requirements_of(template)
    ]


def requirement_order(identifier: str) -> tuple[str, int]:
    """Sort key: REQ-9 before REQ-10."""
    prefix, _, number = identifier.rpartition("-")
    return prefix, int(number)


def check_scenarios(items: Iterable[pytest.Item]) -> None:
    """Refuse, before any work is done, what could only end in nothing.

    Raises:
        PlanproofError: a scenario without a requirement tag or without a step that asserts, or a
            step that nobody defined.
    """
    problems: list[str] = []
    definitions = list(step_function_context_registry.values())
    for item in items:
        template = template_of(item)
        if template is None:
            continue
        place = f"{template.feature.rel_filename}:{template.line_number}"
        if not requirements_of(template):
            raise PlanproofError(
                f'the scenario "{template.name}" at {place} has no requirement tag',
                "put a tag such as @REQ-03 on the line above it",
            )
        if {"sources", "deployed"} <= tags_of(template):
            raise PlanproofError(
                f'the scenario "{template.name}" at {place} is tagged @sources and @deployed',
                "leave one of them out: it is judged on the sources, or on what is deployed",
            )
        callspec = getattr(item, "callspec", None)
        example = callspec.params.get("_pytest_bdd_example", {}) if callspec else {}
        steps = template.render(example).steps
        if not any(step.type == "then" for step in steps):
            raise PlanproofError(
                f'the scenario "{template.name}" at {place} has no Then step, so it proves nothing',
                "say in a Then step what must hold",
            )
        for step in steps:
            if not any(
                d.type in (None, step.type) and d.parser.is_matching(step.name) for d in definitions
            ):
                near = nearest(step.name, definitions) or ["none"]
                problems.append(
                    f"{template.feature.rel_filename}:{step.line_number}: "
                    f"{step.keyword} {step.name}\n    nearest: " + "\n             ".join(near)
                )
    if problems:
        count = len(problems)
        raise PlanproofError(
            f"nobody defined {'this step' if count == 1 else f'these {count} steps'}",
            "use one of the nearest ones below, or define it in a module of steps/",
            detail="\n".join(dict.fromkeys(problems)),
        )
