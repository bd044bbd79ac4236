"""Runs on plan files that leave something out: verdicts, and what the reports say first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.builders.plan_files import NEW, OLD, TOFU, VERSIONS, change, declared, plan_file
from tests.builders.project import Outcome, Project, refused

FEATURE = """\
Feature: Queues and topics

  @REQ-01
  Scenario: Queues by a fixture that lives as long as the run
    Then the queues are named

  @REQ-02
  Scenario: Queues again, from the same fixture
    Then the queues are named
    And the topics are named

  @REQ-03
  Scenario: Topics alone
    Then the topics are named

  @REQ-04
  Scenario: No secret
    Then no password is set
"""
STEPS = """\
import pytest
from pytest_bdd import then


@pytest.fixture(scope="session")
def queues(stack):
    return stack.managed("aws_sqs_queue")


@then("the queues are named")
def queues_named(queues, evidence):
    for queue in queues:
        evidence.equal(queue, "name", "x")


@then("the topics are named")
def topics_named(stack, evidence):
    for topic in stack.managed("aws_sns_topic"):
        evidence.equal(topic, "name", "x")


@then("no password is set")
def no_password(stack, evidence):
    for database in stack.managed("aws_db_instance"):
        evidence.equal(database, "password", None)
"""
QUEUE, TOPIC, DATABASE = "aws_sqs_queue.q", "aws_sns_topic.t", "aws_db_instance.d"
CHANGES = (
    change(QUEUE, after={"name": "x"}),
    change(TOPIC, after={"name": "x"}),
    change(DATABASE, after={"password": "hunter2hunter2"}, sensitive={"password": True}),
)
PRESENT = (declared(QUEUE), declared(TOPIC), declared(DATABASE))


def judged(path: Path, plan: Mapping[str, Any], *arguments: str) -> Outcome:
    project = Project.make(path, FEATURE, STEPS)
    project.write("plan.json", json.dumps(plan))
    return project.judge_plan(*arguments)


def test_what_a_plan_leaves_out_is_said_first_and_undetermined(tmp_path: Path) -> None:
    entries = [*PRESENT, declared("aws_sqs_queue.missing")]
    outcome = judged(tmp_path, plan_file(NEW, entries, CHANGES, complete=False))
    assert outcome.code == 1
    assert outcome.statuses == {
        "REQ-01": "undetermined",
        "REQ-02": "undetermined",
        "REQ-03": "passed",
        "REQ-04": "failed",
    }
    notices = outcome.report["summary"]["notices"]
    assert any("aws_sqs_queue.missing" in notice for notice in notices)
    assert any("complete: false" in notice for notice in notices)
    said = "(complete: false)"
    output = " ".join(outcome.output.split())
    assert said in output
    assert output.index(said) < output.index("REQ-01")
    assert said in (outcome.reports / "compliance.html").read_text("utf-8")
    assert said in (outcome.reports / "compliance.md").read_text("utf-8")


def test_a_plan_with_everything_is_judged(tmp_path: Path) -> None:
    outcome = judged(tmp_path, plan_file(NEW, PRESENT, CHANGES))
    verdicts = dict.fromkeys(("REQ-01", "REQ-02", "REQ-03"), "passed")
    assert outcome.statuses == {**verdicts, "REQ-04": "failed"}
    assert len(outcome.report["summary"]["notices"]) == 1


def test_a_secret_of_an_old_plan_reaches_no_report(tmp_path: Path) -> None:
    outcome = judged(tmp_path, plan_file(VERSIONS[0], PRESENT, CHANGES))
    assert outcome.statuses["REQ-01"] == "passed"
    assert outcome.statuses["REQ-04"] == "failed"
    texts = [outcome.output, *(f.read_text("utf-8") for f in outcome.reports.iterdir())]
    assert not any("hunter2" in text for text in texts)
    assert any("0.15" in notice for notice in outcome.report["summary"]["notices"])


def test_the_product_that_made_the_plan_is_named(tmp_path: Path) -> None:
    tofu = judged(tmp_path / "tofu", plan_file(TOFU, PRESENT, CHANGES))
    assert tofu.report["summary"]["source"] == f"plan file of OpenTofu {TOFU.name}"
    terraform = judged(tmp_path / "terraform", plan_file(OLD, PRESENT, CHANGES))
    assert terraform.report["summary"]["source"] == f"plan file of Terraform {OLD.name}"


def test_damage_in_what_a_plan_leaves_open_is_refused(tmp_path: Path) -> None:
    plan = plan_file(NEW, PRESENT, CHANGES, deferred_changes=[{"reason": "x"}])
    refused(judged(tmp_path, plan), "plan.json is damaged")
