"""Reports state which scenarios were judged; reports of earlier runs do not stay in place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.project import STEPS, Project, refused

TWO = """\
Feature: Queues are there

  @REQ-01
  Scenario: There is a queue
    Then there is a queue

  @REQ-01
  Scenario: Another is there
    Then 4 is even
"""
PARTIAL = "a part of the scenarios was judged"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path, feature=TWO)


def test_a_whole_run_has_no_notice_on_a_part(project: Project) -> None:
    outcome = project.judge_plan()
    assert outcome.code == 0, outcome.output
    assert PARTIAL not in outcome.output


def test_every_report_counts_deselected_scenarios(project: Project) -> None:
    outcome = project.judge_plan("-k", "Another")
    (notice,) = (text for text in outcome.report["summary"]["notices"] if PARTIAL in text)
    assert "-k" in notice
    assert "REQ-01 (1 of 2)" in notice
    assert notice in outcome.output
    for name in ("compliance.md", "compliance.html"):
        assert PARTIAL in (outcome.reports / name).read_text("utf-8")


def test_the_scenarios_of_other_files_are_counted(project: Project) -> None:
    project.write("features/more.feature", TWO)
    outcome = project.judge_plan("features/more.feature")
    assert "REQ-01 (2 of 4)" in outcome.output


def test_a_run_without_scenarios_is_refused(project: Project) -> None:
    refused(project.judge_plan("-k", "nothing_like_that"), "none of the 2 scenarios")


def test_a_run_that_fails_moves_the_previous_reports(project: Project) -> None:
    assert project.judge_plan().code == 0
    (project.path / "plan.json").write_text("{", "utf-8")
    refused(project.judge_plan(), "truncated")
    assert not (project.path / "reports" / "compliance.html").exists()
    assert (project.path / "reports" / "previous" / "compliance.html").is_file()


def test_a_requirement_tag_in_lower_case_is_refused(project: Project) -> None:
    project.write("features/small.feature", TWO.replace("@REQ-01", "@req-01"))
    outcome = project.judge_plan()
    assert outcome.code not in (0, 1)
    assert "the tag @req-01" in outcome.output
    assert "@REQ-01" in outcome.output
    assert "Traceback" not in outcome.output


def test_a_recording_does_not_replace_a_missing_named_binary(project: Project) -> None:
    project.write("pytest.ini", "[pytest]\nrecording = recording.json\n")
    project.write("recording.json", "{}")
    project.write("terraform/main.tf", "")
    refused(project.judge("--terraform-binary", "no-such-terraform"), "no-such-terraform")


DRAWING = """

from planproof.aws.datapath import Edge, Fact, JudgedEdge


@then(parsers.parse("an edge is drawn that is {holds}"))
def edge_is_drawn(stack, evidence, holds):
    queue = stack["aws_sqs_queue.q"]
    fact = Fact(holds == "right", queue, "name", "a queue of the account", "another")
    evidence.draw(JudgedEdge(Edge("the world", queue, "sends to", (), (fact,), outside=True), ()))
    evidence.check(True, queue, "name", expected="a queue")
"""


def test_a_drawn_edge_is_in_every_report_in_its_worst_state(tmp_path: Path) -> None:
    feature = TWO.replace("there is a queue", "an edge is drawn that is right").replace(
        "4 is even", "an edge is drawn that is wrong"
    )
    outcome = Project.make(tmp_path, feature=feature, steps=STEPS + DRAWING).judge_plan()

    assert outcome.code == 0, outcome.output
    assert outcome.report["data_path"] == [
        {
            "source": "the world",
            "kind": "sends to",
            "target": "aws_sqs_queue.q",
            "state": "broken",
            "outside": True,
            "needs": [],
            "missing": ["a queue of the account"],
            "undecided": [],
        }
    ]
    assert "data path: 0 of 1 edge proven" in outcome.output
    assert "```mermaid\n" in (outcome.reports / "compliance.md").read_text("utf-8")
    assert 'class="edge broken"' in (outcome.reports / "compliance.html").read_text("utf-8")


def test_a_run_without_drawn_edges_has_no_data_path(project: Project) -> None:
    outcome = project.judge_plan()

    assert "data_path" not in outcome.report
    assert "data path" not in outcome.output
