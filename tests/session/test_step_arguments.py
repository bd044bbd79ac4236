"""A table that a step does not take, and one that it lacks, never pass in silence."""

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
    raise UndeterminedError("nobody can tell")
"""
TABLE = "      | key | value |\n      | a   | b     |\n"
TEXT = '      """\n      words\n      """\n'


def reason(path: Path, step: str, below: str) -> str:
    """Why a scenario of one step was not judged; empty where it passed."""
    text = f"@REQ-1\nFeature: F\n\n  Scenario: One\n    Given the stack\n    Then {step}\n{below}"
    outcome = Project.make(path, text, STEPS + MORE).judge_plan()
    assert "Traceback" not in outcome.output, outcome.output
    found = outcome.scenario("One")
    assert outcome.code == (0 if found["status"] == "passed" else 1)
    assert found["status"] in ("passed", "undetermined")
    return str(found["reason"])


@pytest.mark.parametrize(
    ("step", "below", "said"),
    [
        (
            '"it" is refused',
            TABLE,
            "the step takes no table, so the one below it would be ignored: end it with "
            '"when:", or take the table away (line 6, Then "it" is refused)',
        ),
        (
            "there is a queue",
            TABLE,
            "the step takes no table, so the one below it would be ignored: take it away "
            "(line 6, Then there is a queue)",
        ),
        (
            '"it" is refused when:',
            "",
            "the step needs a table, and there is none below it: write one, its heading first "
            '(line 6, Then "it" is refused when:)',
        ),
        ("there is a queue", TEXT, "the step takes no text in triple quotes, so the one below"),
        ("a text is there", "", "the step needs a text in triple quotes, and there is none"),
        ("a text is there", TABLE, "the step takes no table"),
    ],
    ids=["a table", "no ending", "no table", "a text", "no text", "a table for a text"],
)
def test_what_a_step_does_not_take_or_lacks(
    tmp_path: Path, step: str, below: str, said: str
) -> None:
    found = reason(tmp_path, step, below)
    assert said in found
    assert "\n" not in found


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
def test_a_step_that_has_what_it_takes(tmp_path: Path, step: str, below: str) -> None:
    assert reason(tmp_path, step, below) == ""


def test_an_undecided_step_is_named_with_its_line(tmp_path: Path) -> None:
    assert reason(tmp_path, "it is unclear", "") == "nobody can tell (line 6, Then it is unclear)"
