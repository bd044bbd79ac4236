"""Every report shows the kinds of evidence of each requirement, and which were not judged."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from planproof.reports import compliance_html, compliance_json, compliance_md, junit
from planproof.reports.terminal import details, kinds_line, requirement_line
from planproof.results import Kind, RequirementResult, RunResult
from planproof.values import Verdict
from tests.reports.html_page import Element, Page

DECLARED, PLANNED, DEPLOYED = Kind
PASSED, FAILED, UNDETERMINED, WAIVED = Verdict


def requirement(run: RunResult, **verdicts: Verdict) -> RequirementResult:
    """The first requirement of a run, judged on these kinds of evidence."""
    first = run.requirements[0]
    [scenario] = first.scenarios
    judged = (replace(scenario, kind=Kind(k), verdict=v) for k, v in verdicts.items())
    return replace(first, scenarios=tuple(judged))


@pytest.fixture
def disagreeing(good: RunResult) -> RunResult:
    """Passed as planned, failed as deployed, nothing declared."""
    return replace(good, requirements=(requirement(good, planned=PASSED, deployed=FAILED),))


@pytest.fixture
def planned(good: RunResult) -> RunResult:
    return replace(good, requirements=(requirement(good, declared=PASSED, planned=PASSED),))


def page_of(result: RunResult) -> Page:
    return Page(compliance_html.render(result, digest="0" * 64))


def marks(element: Element) -> list[str]:
    """The icons of an element's three marks."""
    inside = [e for e in element.page.all("svg", "icon") if element in e.parents]
    return [next(iter(e.classes - {"icon"})) for e in inside]


@pytest.mark.parametrize(
    ("verdicts", "found"),
    [
        ({}, (None, None, None)),
        ({"planned": PASSED}, (None, PASSED, None)),
        ({"planned": WAIVED, "deployed": FAILED}, (None, WAIVED, FAILED)),
        ({"declared": UNDETERMINED, "deployed": PASSED}, (UNDETERMINED, None, PASSED)),
    ],
)
def test_a_kind_that_was_not_judged_has_no_verdict(
    verdicts: dict[str, Verdict], found: tuple[Verdict | None, ...], good: RunResult
) -> None:
    assert requirement(good, **verdicts).kinds == dict(zip(Kind, found, strict=True))


def test_a_kind_has_the_worst_verdict_of_its_scenarios(good: RunResult) -> None:
    [scenario] = good.requirements[0].scenarios
    both = (scenario, replace(scenario, verdict=FAILED), replace(scenario, kind=DEPLOYED))
    judged = replace(good.requirements[0], scenarios=both)

    assert judged.kinds == {DECLARED: None, PLANNED: FAILED, DEPLOYED: PASSED}
    assert judged.verdict is FAILED


def test_deployed_evidence_counts_as_much_as_planned(disagreeing: RunResult) -> None:
    assert disagreeing.requirements[0].verdict is FAILED
    assert not disagreeing.passed


def test_json(disagreeing: RunResult) -> None:
    [found] = compliance_json.document(disagreeing)["requirements"]

    assert found["kinds"] == {"declared": None, "planned": "passed", "deployed": "failed"}
    assert [s["kind"] for s in found["scenarios"]] == ["planned", "deployed"]


def test_terminal(disagreeing: RunResult, planned: RunResult) -> None:
    [other], [one] = disagreeing.requirements, planned.requirements

    assert "  ·✓✗  failed" in requirement_line(other, colour=False, width=90)
    assert "  ✓✓·  passed" in requirement_line(one, colour=False, width=90)
    assert "  ++-  passed" in requirement_line(one, colour=False, width=90, unicode=False)
    assert "·" not in requirement_line(one, colour=False, width=89)
    assert "deployed: No network" in details(other)[0]


def test_the_terminal_explains_its_marks_if_it_shows_them() -> None:
    assert kinds_line(width=89) == ""
    assert "declared, planned, deployed (· not judged in this run)" in kinds_line(width=90)
    assert "(- not judged in this run)" in kinds_line(width=90, unicode=False)


def test_the_page_marks_each_tile_and_row(disagreeing: RunResult, planned: RunResult) -> None:
    for result, icons, text in (
        (
            disagreeing,
            ["absent", "passed", "failed"],
            "declared not judged in this run, planned passed, deployed failed",
        ),
        (
            planned,
            ["passed", "passed", "absent"],
            "declared passed, planned passed, deployed not judged in this run",
        ),
    ):
        page = page_of(result)
        tile, row = page.all("span", "kinds")
        assert [parent.tag for parent in tile.parents][-1] == "a"
        assert "summary" in {parent.tag for parent in row.parents}
        for found in (tile, row):
            assert marks(found) == icons
            assert found.text == text, "the marks have no text alternative"
        assert marks(page.all("ul", "evidence")[0]) == icons


def test_the_page_explains_its_marks(planned: RunResult) -> None:
    [key] = page_of(planned).all("ul", "key")

    assert key.text == (
        "1 declared in the sources 2 planned by Terraform 3 deployed to an emulated account "
        "not judged in this run"
    )


def test_the_page_has_the_kind_of_each_scenario(disagreeing: RunResult) -> None:
    origins = [p.text for p in page_of(disagreeing).all("p", "origin")]

    assert [text.split(" · ")[:2] for text in origins] == [
        ["passed", "planned"],
        ["failed", "deployed"],
    ]


def test_the_comment(disagreeing: RunResult, good: RunResult) -> None:
    text = compliance_md.render(disagreeing)
    whole = requirement(good, declared=PASSED, planned=PASSED, deployed=PASSED)

    assert "| | Requirement | Verdict | Declared | Planned | Deployed | Facts |" in text
    assert "| **failed** | – | ✅ | ❌ |" in text
    assert "– not judged in this run" in text
    assert "not judged" not in compliance_md.render(replace(good, requirements=(whole,)))


def test_junit(disagreeing: RunResult) -> None:
    root = ET.fromstring(junit.render(disagreeing))
    properties = {p.attrib["name"]: p.attrib["value"] for p in root.iter("property")}
    names = [case.attrib["name"] for case in root.iter("testcase")]

    assert {kind: properties[kind] for kind in Kind} == {
        "declared": "not judged in this run",
        "planned": "passed",
        "deployed": "failed",
    }
    assert names == ["No network of its own", "No network of its own (deployed)"]
