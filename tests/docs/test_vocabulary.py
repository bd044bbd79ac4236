"""docs/writing-requirements.md lists exactly the defined steps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_bdd.parser import FeatureParser
from pytest_bdd.steps import step_function_context_registry

from steps.support.kinds import KINDS
from tests.docs.pages import ROOT, all_pages, read

PAGE = read(ROOT / "docs" / "writing-requirements.md")
VOCABULARY = PAGE.section("The vocabulary")
EXAMPLES = {
    "KIND": "SQS queue",
    "ATTRIBUTE": "redrive_policy.maxReceiveCount",
    "VALUE": "5",
    "NUMBER": "5",
    "PATTERN": "video-.*",
    "SERVICE": "mediaconvert.amazonaws.com",
    "STATUS": "COMPLETE",
    "FILE": "holiday.mov",
    "PRINCIPAL": "the function",
    "ACTION": "dynamodb:UpdateItem",
    "CALL": "dynamodb:PutItem",
    "ERROR": "ThrottlingException",
    "TEXT": "PROGRESSING",
    "RESOURCE": "the assets table",
}
"""Examples for the words in capitals."""


@dataclass(frozen=True)
class Step:
    """A step of the page."""

    type: str
    words: str

    @property
    def example(self) -> str:
        """The step with examples for the words in capitals."""
        return re.sub(r"\b[A-Z]{4,}\b(?!_)", lambda m: EXAMPLES.get(m[0], m[0]), self.words)


def listed() -> list[Step]:
    found = re.findall(r"^\| `(Given|When|Then) ([^`]+)` \|", VOCABULARY, re.M)
    return [Step(keyword.lower(), words) for keyword, words in found]


def definitions() -> list[Any]:
    """Every step definition of the project that pytest-bdd has registered."""
    every = step_function_context_registry.values()
    return [d for d in every if d.step_func.__module__.startswith("steps.")]


def matching(step_type: str, text: str) -> list[Any]:
    return [d for d in definitions() if d.type in (None, step_type) and d.parser.is_matching(text)]


def test_there_are_steps_to_compare() -> None:
    assert len(listed()) >= 50
    assert len(definitions()) >= 50


@pytest.mark.parametrize("step", listed(), ids=lambda step: step.words)
def test_a_step_of_the_page_is_defined_once(step: Step) -> None:
    assert len(matching(step.type, step.example)) == 1


def test_every_definition_is_on_the_page() -> None:
    on_page = {id(d) for step in listed() for d in matching(step.type, step.example)}
    missing = [f"{d.type} {d.parser.name}" for d in definitions() if id(d) not in on_page]
    assert not missing


def test_no_step_is_listed_twice() -> None:
    words = [step.words for step in listed()]
    assert len(words) == len(set(words))


def test_every_word_in_capitals_has_an_example() -> None:
    words = {word for step in listed() for word in re.findall(r"\b[A-Z]{4,}\b(?!_)", step.words)}
    assert words <= EXAMPLES.keys() | {"COMPLETE"}


def test_an_undefined_step_is_found() -> None:
    assert not matching("then", "every SQS queue is as good as gold")


def test_the_page_has_every_kind_with_its_types() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ((?:`aws_[^|]+)) \|$", VOCABULARY, re.M)
    assert {kind: tuple(re.findall(r"`([^`]+)`", types)) for kind, types in rows} == KINDS


def test_features_shown_in_the_pages_use_defined_steps(tmp_path: Any) -> None:
    shown = 0
    for page in all_pages():
        for block in page.blocks:
            if block.language != "gherkin":
                continue
            (tmp_path / "shown.feature").write_text(block.body, "utf-8")
            feature = FeatureParser(str(tmp_path), "shown.feature").parse()
            for scenario in feature.scenarios.values():
                for step in scenario.steps:
                    shown += 1
                    assert matching(step.type, step.name), f"{page.name}: {step.name}"
    assert shown


def test_kinds_in_steps_are_in_the_table() -> None:
    named = re.findall(r"`Then every ((?:[A-Z]\w+ )?[\w ]+?) (?:is|names|tells)\b", VOCABULARY)
    assert named
    assert set(named) - {"edge of the data path", "grant of every role"} <= KINDS.keys()
