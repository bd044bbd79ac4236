"""junit.xml, as Jenkins and GitLab read it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from planproof.reports import junit
from planproof.results import RequirementResult, RunResult, ScenarioResult
from planproof.values import Verdict

# Attributes and children that Jenkins's junit-10.xsd knows; file and line on a test case are
# pytest's (xunit1), which Jenkins's JUnit plugin and GitLab read or pass over.
SHAPE = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": (
        {"classname", "name", "file", "line", "time"},
        {"failure", "error", "skipped", "system-out"},
    ),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "skipped": ({"message", "type"}, set()),
    "system-out": (set(), set()),
}


def parsed(result: RunResult) -> ET.Element:
    return ET.fromstring(junit.render(result))


@pytest.mark.parametrize(
    "name", ["good", "broken", "waived", "hostile", "empty", "hostile_mutated"]
)
def test_the_document_has_the_shape_that_servers_read(
    name: str, request: pytest.FixtureRequest
) -> None:
    root = parsed(request.getfixturevalue(name))

    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = SHAPE[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children


@pytest.mark.parametrize(
    "name", ["good", "broken", "waived", "hostile", "empty", "hostile_mutated"]
)
def test_the_counts_are_those_of_the_cases(name: str, request: pytest.FixtureRequest) -> None:
    root = parsed(request.getfixturevalue(name))

    for part in (root, *root.findall("testsuite")):
        assert int(part.attrib["tests"]) == len(part.findall(".//testcase"))
        assert int(part.attrib["failures"]) == len(part.findall(".//failure"))
        assert int(part.attrib["errors"]) == len(part.findall(".//error"))


def test_a_suite_for_each_requirement_and_a_case_for_each_scenario(good: RunResult) -> None:
    root = parsed(good)
    suites = root.findall("testsuite")
    case = suites[2].findall("testcase")[0]

    assert len(suites) == 13
    assert root.attrib["failures"] == root.attrib["errors"] == "0"
    assert suites[2].attrib["name"].startswith("REQ-03 The function may pass")
    assert suites[2].attrib["timestamp"] == "2027-01-27T09:30:12"
    assert case.attrib == {
        "classname": "REQ-03",
        "name": "The function may pass the MediaConvert role, and no other",
        "file": "features/access.feature",
        "line": "24",
        "time": "0.630",
    }


def test_failed_is_a_failure_with_address_location_and_values(broken: RunResult) -> None:
    [failure] = parsed(broken).findall(".//failure")
    text = failure.text or ""

    assert failure.attrib == {
        "message": "The function's role may pass more than the MediaConvert role.",
        "type": "failed",
    }
    message, first, second, page = text.splitlines()
    assert message == failure.attrib["message"]
    for line, facts in (
        (first, ("Resource", "access.tf:88", "video-mediaconvert-pr42", '["arn:aws:iam::')),
        (second, ("Condition", "access.tf:84", "iam:PassedToService", "no condition")),
    ):
        assert line.startswith("does not hold: aws_iam_role_policy.function_pass_role")
        assert [line.index(fact) for fact in facts] == sorted(line.index(fact) for fact in facts)
    assert page.endswith("docs/requirements/REQ-03.md")


def test_undetermined_is_an_error(broken: RunResult) -> None:
    [error] = parsed(broken).findall(".//error")

    assert error.attrib["type"] == "undetermined"
    assert "undecided: data.archive_file.function" in (error.text or "")


def test_waived_is_skipped_with_its_reason(waived: RunResult) -> None:
    root = parsed(waived)
    [skipped] = root.findall(".//skipped")

    for fact in ("2027-03-31", 'aws_s3_bucket.media["archive"]', "kept for the audit"):
        assert fact in skipped.attrib["message"]
    assert root.findall("testsuite")[4].attrib["skipped"] == "1"
    assert not root.findall(".//failure")


def test_a_warning_is_in_the_output(good: RunResult) -> None:
    outputs = [element.text or "" for element in parsed(good).findall(".//system-out")]

    assert sum("warning: python3.11 ends on 2027-06-30" in text for text in outputs) == 1


def test_no_requirement_is_an_error_and_no_success(empty: RunResult, good: RunResult) -> None:
    bare = replace(good, requirements=(RequirementResult("REQ-99", "Nothing", ()),))

    for result in (empty, bare):
        root = parsed(result)
        assert root.attrib["errors"] == "1"
        assert "nothing is proven" in root.findall(".//error")[0].attrib["message"]
    assert parsed(bare).findall(".//testcase")[0].attrib["classname"] == "REQ-99"


def test_what_was_left_out_is_skipped_and_every_notice_is_a_note(good: RunResult) -> None:
    notices = ("Only a part was judged: REQ-03 (1 of 2).", "Not judged at all: REQ-77.")
    root = parsed(replace(good, notices=notices, not_judged=("REQ-77",)))

    [suite] = [suite for suite in root if suite.attrib["name"] == "REQ-77"]
    assert suite.attrib["skipped"] == suite.attrib["tests"] == "1"
    assert len(suite.findall(".//skipped")) == 1
    notes = root[2].findall("properties/property[@name='note']")
    assert [note.attrib["value"] for note in notes] == [*notices]
    assert not parsed(replace(good, notices=())).findall(".//property[@name='note']")


def test_cases_of_a_requirement_have_unique_names(good: RunResult) -> None:
    scenario = ScenarioResult("Twice", "features/a.feature", 3, Verdict.FAILED)
    again = replace(scenario, line=9)
    twins = RequirementResult("REQ-01", "Twins", (scenario, again, again))

    names = [
        case.attrib["name"]
        for case in parsed(replace(good, requirements=(twins,))).findall(".//testcase")
    ]

    assert names == ["Twice", "Twice (features/a.feature:9)", "Twice (features/a.feature:9) #2"]


def test_a_failure_without_reason_or_evidence_has_a_message(good: RunResult) -> None:
    bare = ScenarioResult("Bare", "features/a.feature", 3, Verdict.UNDETERMINED)
    result = replace(good, requirements=(RequirementResult("REQ-01", "Bare", (bare,)),))

    assert parsed(result).findall(".//error")[0].attrib["message"] == "There is no evidence."


def test_hostile_text_is_literal(hostile: RunResult) -> None:
    content = junit.render(hostile)
    root = ET.fromstring(content)
    failure = root.findall(".//failure")[0]

    assert "</td></tr></table></details><script>alert(1)</script>" in failure.attrib["message"]
    assert "]]> &amp; {{ 7*7 }}" in failure.attrib["message"]
    assert "\\x00\\x1b[31mred" in failure.attrib["message"]
    assert "and 1,284 more, in compliance.json" in (root.findall(".//system-out")[0].text or "")
    assert len(content) < 30_000_000
