"""A table or text that a step does not take, or lacks, leaves the scenario undetermined."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.project import STEPS, Project

MORE = """

@then(parsers.re(r'"(?P<who>.+)" is (?P<verb>allowed|refused)'))
def judged(stack, evidence, who, verb):
    evidence.check(verb == "refused", "it", expected=verb, found="refused")


@then(parsers.re(r'"(?P<who>.+)" is (?P<verb>allowed|refused) when:'))
def judged_when(evidence, who, verb, datatable):
    evidence.check(len(datatable) == 2, "it", expected="two rows", found=len(datatable))


@then("they are there:")
def they_are_there(evidence, datatable):
    evidence.check(True, "it", expected="a table", found=datatable[0][0])


@then("a table may be there")
def may_be_there(evidence, datatable=None):
    evidence.check(True, "it", expected="anything", found=datatable)


@then("a text is there")
def text_is_there(evidence, docstring):
    evidence.check(docstring == "words", "it", expected="words", found=docstring)


@then("it is unclear")
def unclear(evidence):
    raise UndeterminedError("the region is unknown")
"""
TABLE = "      | key | value |\n      | a   | b     |\n"
TEXT = '      """\n      words\n      """\n'


def reason(path: Path, step: str, below: str) -> str:
    """Why a scenario of one step is undetermined; empty if it passed."""
    text = f"@REQ-1\nFeature: F\n\n  Scenario: One\n    Given the stack\n    Then {step}\n{below}"
    outcome = Project.make(path, text, STEPS + MORE).judge_plan()
    assert "Traceback" not in outcome.output, outcome.output
    found = outcome.scenario("One")
    assert outcome.code == (0 if found["status"] == "passed" else 1)
    assert found["status"] in ("passed", "undetermined")
    return str(found["reason"])


@pytest.mark.parametrize(
    ("step", "below", "facts"),
    [
        (
            '"it" is refused',
            TABLE,
            ["takes no table", '"when:"', '(line 6, Then "it" is refused)'],
        ),
        ("there is a queue", TABLE, ["takes no table", "(line 6, Then there is a queue)"]),
        (
            '"it" is refused when:',
            "",
            ["needs a table", '(line 6, Then "it" is refused when:)'],
        ),
        ("there is a queue", TEXT, ["takes no text in triple quotes"]),
        ("a text is there", "", ["needs a text in triple quotes"]),
        ("a text is there", TABLE, ["takes no table"]),
    ],
    ids=["a table", "no ending", "no table", "a text", "no text", "a table for a text"],
)
def test_an_argument_that_a_step_does_not_take_or_lacks(
    tmp_path: Path, step: str, below: str, facts: list[str]
) -> None:
    text = reason(tmp_path, step, below)
    assert [fact for fact in facts if fact not in text] == []
    assert "\n" not in text
    assert ('"when:"' in text) is ('"when:"' in facts), "an ending that takes no table"


@pytest.mark.parametrize(
    ("step", "below"),
    [
        ('"it" is refused', ""),
        ('"it" is refused when:', TABLE),
        ("they are there:", TABLE),
        ("a table may be there", ""),
        ("a table may be there", TABLE),
        ("a text is there", TEXT),
    ],
)
def test_a_step_with_the_argument_that_it_takes(tmp_path: Path, step: str, below: str) -> None:
    assert reason(tmp_path, step, below) == ""


def test_an_undetermined_step_is_named_with_its_line(tmp_path: Path) -> None:
    expected = "the region is unknown (line 6, Then it is unclear)"
    assert reason(tmp_path, "it is unclear", "") == expected
