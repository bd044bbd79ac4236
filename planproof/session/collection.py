"""Collects .feature files directly: no Python module calls ``scenarios()`` for them."""

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

from planproof.errors import PlanproofError
from planproof.session.bdd_registries import example_of, step_definitions, template_of
from planproof.session.step_suggestions import nearest

REQUIREMENT = re.compile(r"[A-Z][A-Z0-9]*-\d+")


class FeatureFile(pytest.Module):
    """A .feature file, collected like a module whose tests are its scenarios."""

    # Private in pytest, and its only hook for a module that is not imported from its file.
    def _getobj(self) -> types.ModuleType:
        module = types.ModuleType(re.sub(r"\W", "_", self.path.stem))
        module.__file__ = str(self.path)
        # pytest-bdd adds the tests to the namespace of the module that calls scenarios().
        namespace: dict[str, Any] = module.__dict__
        namespace["_scenarios"] = scenarios
        # The plugin parametrizes this fixture: a scenario that is judged twice is two items.
        namespace["pytestmark"] = pytest.mark.usefixtures("evidence_kind")
        try:
            exec(compile("_scenarios(__file__)", str(self.path), "exec"), namespace)  # noqa: S102
        except GherkinParseError as problem:
            raise _gherkin_error(problem, self.path) from None
        except (NoScenariosFound, KeyError):
            pass  # collect() reports it; KeyError: the file is empty
        except UnicodeDecodeError:
            raise PlanproofError(
                f"{self.path.name} is not UTF-8 text", "save it as UTF-8"
            ) from None
        return module

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """The scenarios of the file.

        Raises:
            PlanproofError: the file has no scenario, or two of the same name, of which pytest-bdd
                would run only one.
        """
        items = list(super().collect())  # first, since it reports errors of the Gherkin
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
        """Report an error that the user can fix in one sentence, without a traceback."""
        if isinstance(excinfo.value, PlanproofError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def _scenario_names(path: Path) -> Iterator[str]:
    """The names of all scenarios, including those in rules, in the order of the file."""
    try:
        feature = get_gherkin_document(str(path)).feature
    except KeyError:  # nothing but comments
        return
    pending = list(reversed(feature.children))
    while pending:
        child = pending.pop()
        if child.scenario is not None:
            yield child.scenario.name
        elif child.rule is not None:
            pending.extend(reversed(child.rule.children))


def _gherkin_error(problem: GherkinParseError, path: Path) -> PlanproofError:
    message = problem.message.removeprefix("Unknown parsing error: Parser errors:")
    message = " ".join(re.sub(r"\(\d+:\d+\):", "", message).split()).rstrip(".")
    message = message or "it does not follow Gherkin"
    text = problem.line_content.strip()
    line = f" ({text})" if text else ""
    reason = message[0].lower() + message[1:]
    return PlanproofError(
        f"{path.name}:{problem.line}{line} is not valid Gherkin, {reason}", "fix that line"
    )


def scenario_of(item: pytest.Item) -> ScenarioTemplate:
    """The scenario behind a test item.

    Raises:
        TypeError: the item is not a scenario.
    """
    template = template_of(item)
    if template is None:
        raise TypeError(f"{item.nodeid} is not a scenario")
    return template


def is_feature_item(item: pytest.Item) -> bool:
    """Whether a test item is a scenario that planproof collected from a .feature file."""
    return isinstance(item.parent, FeatureFile)


def tags_of(template: ScenarioTemplate) -> frozenset[str]:
    """The tags of a scenario, including those of its rule and its feature."""
    rule = template.rule.tags if template.rule is not None else ()
    return frozenset({*template.tags, *template.feature.tags, *rule})


def requirements_of(template: ScenarioTemplate) -> tuple[str, ...]:
    """The ids of the requirements that a scenario serves."""
    tags = (tag for tag in tags_of(template) if REQUIREMENT.fullmatch(tag))
    return tuple(sorted(tags, key=requirement_order))


def requirements_in(path: Path, *, deployed: bool = True) -> list[str]:
    """The requirements that each scenario of a file serves, one entry for each scenario.

    A file that cannot be read has none: it is refused, with a reason, when it is judged.

    Args:
        deployed: whether to include the scenarios that need a deployed stack.
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
    """Refuse scenarios that could not prove anything, before Terraform runs.

    Raises:
        PlanproofError: a scenario has no requirement tag, contradicting tags or no Then step, or
            a step has no definition.
    """
    problems: list[str] = []
    definitions = step_definitions()
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
                "remove one of them: it is judged on the sources or on the deployed stack",
            )
        steps = template.render(example_of(item)).steps
        if not any(step.type == "then" for step in steps):
            raise PlanproofError(
                f'the scenario "{template.name}" at {place} has no Then step, so it proves nothing',
                "assert in a Then step what must hold",
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
            "this step is not defined" if count == 1 else f"these {count} steps are not defined",
            "use one of the nearest ones below, or define it in a module of steps/",
            detail="\n".join(dict.fromkeys(problems)),
        )
