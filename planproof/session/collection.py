"""Collects .feature files directly: no Python module calls ``scenarios()`` for them."""

from __future__ import annotations

import re
import types
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import scenarios
from pytest_bdd.exceptions import GherkinParseError, NoScenariosFound
from pytest_bdd.feature import get_feature
from pytest_bdd.gherkin_parser import get_gherkin_document
from pytest_bdd.parser import Feature, ScenarioTemplate

from planproof.errors import PlanproofError
from planproof.session.bdd_registries import example_of, step_definitions, template_of
from planproof.session.gherkin_errors import (
    ENCODING,
    check_descriptions,
    gherkin_error,
    misspelt_step,
)
from planproof.session.step_suggestions import nearest

REQUIREMENT = re.compile(r"[A-Z][A-Z0-9]*-\d+")
_OF_SCENARIOS = frozenset({"sources", "deployed", "destroys"})
"""Tags that say how a scenario is judged."""


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
            feature = feature_in(self.path)
        except KeyError:
            return module  # the file is empty; collect() reports it
        except GherkinParseError as problem:
            raise gherkin_error(problem, self.path) from None
        except UnicodeDecodeError:
            raise PlanproofError(
                f"{self.path.name} is not UTF-8 text", "save it as UTF-8"
            ) from None
        check_descriptions(feature)
        for identifier in _example_tags(feature):
            # pytest-bdd makes a marker of each tag of examples: --strict-markers has to know it.
            self.config.addinivalue_line("markers", f"{identifier}: requirement")
        with suppress(NoScenariosFound):  # collect() reports it
            exec(compile("_scenarios(__file__)", str(self.path), "exec"), namespace)  # noqa: S102
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
        feature = get_gherkin_document(str(path), ENCODING).feature
    except KeyError:  # nothing but comments
        return
    pending = list(reversed(feature.children))
    while pending:
        child = pending.pop()
        if child.scenario is not None:
            yield child.scenario.name
        elif child.rule is not None:
            pending.extend(reversed(child.rule.children))


def feature_in(path: Path) -> Feature:
    """A feature as pytest-bdd parses it, with or without a byte order mark; cached by pytest-bdd.

    Raises:
        GherkinParseError: it is not valid Gherkin.
        KeyError: it has nothing but comments.
        UnicodeDecodeError: it is not UTF-8 text.
        OSError: it cannot be read.
    """
    return get_feature(str(path.parent), path.name, encoding=ENCODING)


def _example_tags(feature: Feature) -> set[str]:
    """The requirements that tags on ``Examples:`` name.

    Raises:
        PlanproofError: such a tag says how a scenario is judged, which its examples share.
    """
    found = set()
    for template in feature.scenarios.values():
        for examples in template.examples:
            for tag in examples.tags:
                if tag in _OF_SCENARIOS:
                    raise PlanproofError(
                        f"{feature.rel_filename}:{examples.line_number}: the tag @{tag} is on "
                        "Examples, but all examples of a scenario are judged alike",
                        "put it on the scenario, or make two scenarios",
                    )
                check_tag(tag)
                if REQUIREMENT.fullmatch(tag):
                    found.add(tag)
    return found


def check_tag(tag: str) -> None:
    """Refuse a tag that is meant for a requirement and is none.

    Raises:
        PlanproofError: it is in lower case.
    """
    if tag.upper() != tag and REQUIREMENT.fullmatch(tag.upper()):
        raise PlanproofError(
            f"the tag @{tag} is not a requirement tag", f"write it in capitals, @{tag.upper()}"
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


def tags_of_item(item: pytest.Item) -> frozenset[str]:
    """The tags of a scenario and of the examples that an item runs."""
    markers = (marker.name for marker in item.iter_markers())
    return tags_of(scenario_of(item)) | {name for name in markers if REQUIREMENT.fullmatch(name)}


def requirements_among(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags that are ids of requirements, in their order."""
    return tuple(sorted(filter(REQUIREMENT.fullmatch, tags), key=requirement_order))


@dataclass(frozen=True, slots=True)
class DeclaredScenario:
    """A scenario, or one example of an outline, as its file declares it.

    Attributes:
        key: identifies it, as :func:`planproof.session.scenarios.scenario_key` does for an item.
        tags: all that apply to it.
    """

    key: str
    tags: frozenset[str]


def scenarios_in(path: Path) -> list[DeclaredScenario]:
    """All scenarios of a file, chosen for a run or not.

    A file that cannot be read has none: it is refused, with a reason, when it is judged.
    """
    try:
        feature = feature_in(path)
    except (GherkinParseError, UnicodeDecodeError, OSError, KeyError):
        return []
    found = []
    for template in feature.scenarios.values():
        tags = tags_of(template)
        rows = [(row, e.tags) for e in template.examples for row in e.as_contexts()]
        for row, more in rows or [({}, set())]:
            key = key_of(path, template.line_number, ", ".join(map(str, row.values())))
            found.append(DeclaredScenario(key, tags | more))
    return found


def key_of(path: Path, line: int, example: str) -> str:
    """Identifies a scenario, or an example of an outline."""
    return f"{path}:{line}:{example}"


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

    def is_step(text: str) -> bool:
        return any(definition.parser.is_matching(text) for definition in definitions)

    for item in items:
        template = template_of(item)
        if template is None:
            continue
        place = f"{template.feature.rel_filename}:{template.line_number}"
        tags = tags_of_item(item)
        if not requirements_among(tags):
            raise PlanproofError(
                f'the scenario "{template.name}" at {place} has no requirement tag',
                "put a tag such as @REQ-03 on the line above it",
            )
        if {"sources", "deployed"} <= tags:
            raise PlanproofError(
                f'the scenario "{template.name}" at {place} is tagged @sources and @deployed',
                "remove one of them: it is judged on the sources or on the deployed stack",
            )
        what, todo = misspelt_step(template, is_step)
        if what:
            raise PlanproofError(what, todo)
        if template.templated and not example_of(item):
            raise PlanproofError(
                f'the scenario outline "{template.name}" at {place} has no example, so it proves '
                "nothing",
                "write a table below Examples: with a row for each example",
            )
        steps = template.render(example_of(item)).steps
        if not any(step.type == "then" for step in steps):
            what, todo = misspelt_step(template)
            raise PlanproofError(
                f'the scenario "{template.name}" at {place} has no Then step, so it proves nothing'
                + (f", and {what}" if what else ""),
                todo or "assert in a Then step what must hold",
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
