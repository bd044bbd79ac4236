"""Runs of features: verdicts, reports and exit codes."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from planproof.results import Waiver
from planproof.session.requirements import Requirements
from tests.builders.project import FEATURE, PLAN, STEPS, Project

MANY = {
    "nine": """\
@REQ-9
Feature: Nine
  Because nine is
  before ten.

  Scenario: It holds
    Given the stack
    Then there is a queue
""",
    "ten": """\
Feature: Ten and eleven

  @REQ-10
  Rule: Ten comes after nine

    Scenario: It holds
      Then there is a queue

    Scenario: It does not
      Then there is a queue
      And the evidence fails

  @REQ-11
  Rule: Eleven is undetermined

    Scenario: It is undetermined
      Then the evidence does not decide

  @REQ-12
  Rule: Twelve crashes

    Scenario: A step crashes
      Then the step crashes

  @REQ-13
  Rule: Thirteen proves nothing

    Scenario: A step without evidence
      Then no evidence is recorded
""",
    "outline": """\
@REQ-14
Feature: Outlines

  Scenario Outline: A number is even
    Then <number> is even

    Examples:
      | number | it is called |
      | 2      | zwölf, nein  |
      | 3      | drei         |
""",
}
STATUSES = {
    "REQ-9": "passed",
    "REQ-10": "failed",
    "REQ-11": "undetermined",
    "REQ-12": "undetermined",
    "REQ-13": "failed",
    "REQ-14": "failed",
}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("many"))
    (project.path / "features/queues.feature").unlink()
    for name, text in MANY.items():
        project.write(f"features/deep/{name}.feature", text)
    return project


def test_verdicts_in_the_order_of_the_requirements(many: Project) -> None:
    outcome = many.judge_plan()
    assert outcome.code == 1
    assert outcome.statuses == STATUSES
    printed = [
        line.split()[1] for line in outcome.output.splitlines() if line.startswith(tuple("✓✗?~"))
    ]
    named = [name for name in printed if name.startswith("REQ")]
    behind = [name for name, status in STATUSES.items() if status != "passed"]
    assert named == [*STATUSES, *behind]  # a line for each verdict, and one with its evidence
    summary = outcome.report["summary"]
    assert summary["passed"] is False
    assert summary["counts"] == {"passed": 1, "failed": 3, "undetermined": 2, "waived": 0}

    nine = outcome.report["requirements"][0]
    assert nine["title"] == "Nine"
    assert nine["why"] == "Because nine is before ten."
    assert outcome.report["requirements"][1]["title"] == "Ten comes after nine"

    (evidence,) = outcome.scenario("It holds")["evidence"]
    assert evidence["address"] == "aws_sqs_queue.q"
    assert evidence["step"] == "Then there is a queue"
    failed = outcome.scenario("It does not")
    assert failed["reason"] == "aws_sqs_queue.q.name: expected another, found jobs"
    assert failed["feature"] == "features/deep/ten.feature"
    assert failed["line"] == MANY["ten"].splitlines().index("    Scenario: It does not") + 1

    crash = outcome.scenario("A step crashes")
    assert crash["status"] == "undetermined"  # though it had recorded something that holds
    assert "a step crashed with KeyError" in crash["reason"]
    assert "steps that crashed" in outcome.output
    assert "raise KeyError" in outcome.output  # for the author of the step

    nothing = outcome.scenario("A step without evidence")
    assert "nothing is proven: Then no evidence is recorded" in nothing["reason"]

    outlines = outcome.report["requirements"][-1]["scenarios"]
    assert [s["status"] for s in outlines] == ["passed", "failed"]
    assert [s["name"] for s in outlines] == [
        "A number is even [2, zwölf, nein]",
        "A number is even [3, drei]",
    ]

    names = {path.name for path in outcome.reports.iterdir()}
    assert names == {"compliance.json", "compliance.md", "compliance.html", "junit.xml"}
    assert all(f"reports/{name}" in outcome.output for name in names)


def test_one_feature_on_the_command_line(many: Project) -> None:
    outcome = many.judge_plan("--report-dir", "one", "features/deep/nine.feature")
    assert outcome.code == 0
    found = json.loads((many.path / "one/compliance.json").read_text())
    assert [r["id"] for r in found["requirements"]] == ["REQ-9"]


def test_one_scenario_by_its_name(many: Project) -> None:
    outcome = many.judge_plan("--report-dir", "part", "-k", "undetermined")
    found = json.loads((many.path / "part/compliance.json").read_text())
    assert [(r["id"], r["status"]) for r in found["requirements"]] == [("REQ-11", "undetermined")]
    assert outcome.code == 1


def test_a_run_that_stops_early_leaves_the_rest_undetermined(many: Project) -> None:
    outcome = many.judge_plan("--report-dir", "early", "-x")
    found = json.loads((many.path / "early/compliance.json").read_text())
    statuses = {r["id"]: r["status"] for r in found["requirements"]}
    assert statuses == {
        **dict.fromkeys(STATUSES, "undetermined"),
        "REQ-9": "passed",
        "REQ-10": "failed",
    }
    assert "The run was stopped before these were judged" in " ".join(outcome.output.split())
    assert outcome.code not in (0, 5)


def test_a_requirement_with_a_scenario_left_over_is_undetermined(tmp_path: Path) -> None:
    feature = """\
Feature: Numbers

  @REQ-01 @REQ-02
  Scenario: Two is even
    Then 2 is even

  @REQ-01
  Scenario: Three is even
    Then 3 is even

  @REQ-02
  Scenario: Four is even
    Then 4 is even
"""
    outcome = Project.make(tmp_path, feature).judge_plan("-x")
    assert outcome.scenario("Two is even")["status"] == "passed"
    assert outcome.statuses == {"REQ-01": "failed", "REQ-02": "undetermined"}


def test_without_compliance_features_are_ordinary_tests(many: Project) -> None:
    outcome = many.pytest("--plan", "plan.json", "features", "-q")
    assert outcome.code == 1
    assert "5 failed, 3 passed" in outcome.output
    assert "compliance.json" not in outcome.output
    assert "aws_sqs_queue.q.name: expected another, found jobs" in outcome.output


def test_collection_does_not_resolve_the_stack(many: Project) -> None:
    outcome = many.pytest("--collect-only", "-q", "--compliance", "features")
    assert outcome.code == 0
    assert "8 tests collected" in outcome.output


def test_a_new_feature_file_needs_no_python(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    project.write("features/more/new.feature", FEATURE.replace("REQ-01", "REQ-02"))
    outcome = project.judge_plan()
    assert outcome.code == 0
    assert outcome.statuses == {"REQ-01": "passed", "REQ-02": "passed"}


def test_a_scenario_serves_the_requirements_of_its_rule_and_feature(tmp_path: Path) -> None:
    text = (
        "@REQ-1\nFeature: Tags\n  @REQ-2\n  Rule: A rule\n    @REQ-3 @slow\n"
        "    Scenario: All three\n      Then there is a queue\n"
    )
    outcome = Project.make(tmp_path, text).judge_plan()
    assert outcome.code == 0
    assert outcome.statuses == dict.fromkeys(("REQ-1", "REQ-2", "REQ-3"), "passed")


def test_a_scenario_without_any_resource_fails(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    nothing = {**PLAN, "resource_changes": [], "configuration": {"root_module": {}}}
    project.write("plan.json", json.dumps(nothing))
    outcome = project.judge_plan()
    assert outcome.statuses == {"REQ-01": "failed"}
    assert outcome.code == 1


# Waivers -------------------------------------------------------------------------------------


def waiver(days: int, address: str = "", *, today: dt.date | None = None) -> str:
    until = (today or dt.date.today()) + dt.timedelta(days=days)
    text = f'[[waiver]]\nrequirement = "REQ-01"\nreason = "until the move"\nuntil = {until}\n'
    return text + (f'address = "{address}"\n' if address else "")


FAILING = FEATURE.replace("Then there is a queue", "Then the evidence fails")


@pytest.mark.parametrize(
    ("days", "address", "requirement", "status", "fact"),
    [
        (0, "", "REQ-01", "waived", "until the move"),
        (30, "aws_sqs_queue.q", "REQ-01", "waived", "until the move"),
        (30, "aws_sqs_queue.other", "REQ-01", "failed", ""),
        (-1, "", "REQ-01", "failed", "no longer counts"),
        (30, "", "REQ-77", "failed", "for no requirement of this run"),
    ],
    ids=["today", "its resource", "another resource", "expired", "another requirement"],
)
def test_waivers(
    tmp_path: Path, days: int, address: str, requirement: str, status: str, fact: str
) -> None:
    project = Project.make(tmp_path, FAILING)
    today = None
    while today != dt.date.today():  # again if the run began before midnight and ended after it
        today = dt.date.today()
        text = waiver(days, address, today=today).replace("REQ-01", requirement)
        project.write("waivers.toml", text)
        outcome = project.judge_plan()
    assert outcome.statuses == {"REQ-01": status}
    assert outcome.code == (0 if status == "waived" else 1)
    assert fact in " ".join(outcome.output.split())
    assert outcome.scenario("There is a queue")["evidence"][0]["holds"] is False


BESIDE = """\
Feature: Queues are there

  @REQ-01
  Scenario: The queue has another name
    Then the evidence fails

  @REQ-01
  Scenario: A step crashes
    Then the step crashes

  @REQ-02
  Scenario: A step crashes after its evidence fails
    Then the evidence fails and the step crashes

  @REQ-03
  Scenario: A step cannot decide after its evidence fails
    Then the evidence fails and the step does not decide

  @REQ-04
  Scenario: The queue has another name again
    Then the evidence fails

  @REQ-04
  Scenario: A step without evidence
    Then no evidence is recorded
"""
FAILS_AND = """

@then("the evidence fails and the step {ends}")
def fails_and_{name}(stack, evidence):
    evidence.equal(stack["aws_sqs_queue.q"], "name", "another")
    raise {error}("not all queues were looked at")
"""


def test_a_waiver_for_one_resource_covers_nothing_beside_it(tmp_path: Path) -> None:
    steps = STEPS + FAILS_AND.format(ends="crashes", name="crashes", error="KeyError")
    steps += FAILS_AND.format(ends="does not decide", name="leaves_open", error="UndeterminedError")
    project = Project.make(tmp_path, BESIDE, steps)
    for_one = "".join(
        waiver(30, "aws_sqs_queue.q").replace("REQ-01", name)
        for name in ("REQ-01", "REQ-02", "REQ-03", "REQ-04")
    )
    project.write("other.toml", for_one)
    assert project.judge_plan("--waivers", "other.toml").statuses == {
        "REQ-01": "failed",
        "REQ-02": "undetermined",
        "REQ-03": "undetermined",
        "REQ-04": "failed",
    }


def test_a_waiver_counts_on_its_last_day_without_a_notice(tmp_path: Path) -> None:
    today = dt.date(2027, 1, 31)
    requirements = Requirements(today)
    days = (today - dt.timedelta(days=1), today)
    requirements.waivers = [Waiver("REQ-01", "until the move", day) for day in days]
    ended = [notice for notice in requirements.waiver_notices() if "no longer counts" in notice]
    assert ["2027-01-30" in notice for notice in ended] == [True]


FIXTURE = """

import pytest


@pytest.fixture(autouse=True, scope="{scope}")
def crashing_at_its_end():
    yield
    raise OSError("the fixture did not end")
"""


@pytest.mark.parametrize("scope", ["function", "session"])
def test_a_fixture_that_crashes_at_its_end_decides_nothing(tmp_path: Path, scope: str) -> None:
    project = Project.make(tmp_path)
    conftest = project.path / "conftest.py"
    conftest.write_text(conftest.read_text("utf-8") + FIXTURE.format(scope=scope), "utf-8")
    outcome = project.judge_plan()
    assert outcome.code == 1
    assert outcome.statuses["REQ-01"] == "undetermined"
    assert "the fixture did not end" in outcome.output


def test_a_fixture_that_crashes_at_its_end_hides_no_failure(tmp_path: Path) -> None:
    project = Project.make(tmp_path, FAILING, STEPS + FIXTURE.format(scope="function"))
    outcome = project.judge_plan()
    assert outcome.statuses["REQ-01"] == "failed"
    reasons = [s["reason"] for s in outcome.report["requirements"][0]["scenarios"]]
    assert any("expected another, found jobs" in reason for reason in reasons)


def test_another_test_that_fails_fails_the_run(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    project.write("test_other.py", "def test_other():\n    assert False\n")
    outcome = project.judge_plan("features", "test_other.py")
    assert set(outcome.statuses.values()) == {"passed"}
    assert outcome.code == 1
    project.write("test_other.py", "def test_other():\n    assert True\n")
    assert project.judge_plan("features", "test_other.py").code == 0
