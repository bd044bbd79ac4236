"""Alarms: silent by default, and all of them ring when topics are given."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN
from planproof.verdicts import Verdict
from steps.alarms import (
    every_alarm_ends,
    every_alarm_tells,
    no_alarm_has_action,
    stack_with_topics,
)
from steps.pipeline import Pipeline
from tests.builders.resolved_stacks import NAMES, MadeResolvedStacks, broken, verdict
from tests.builders.stacks import declare, stack

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"


def alarms(*actions: Any, name: str = "default", **variables: Any) -> Stack:
    items = [
        declare(f"aws_cloudwatch_metric_alarm.a{i}", alarm_name=f"a{i}", alarm_actions=given)
        for i, given in enumerate(actions)
    ]
    return stack(*items, name=name, variables=variables)


def silent(found: Stack) -> Recorder:
    evidence = Recorder()
    no_alarm_has_action(Pipeline(found), NAMES, evidence)
    return evidence


def told(found: Stack) -> Recorder:
    evidence = Recorder()
    every_alarm_tells(found, NAMES, evidence)
    return evidence


def test_silent() -> None:
    assert verdict(silent(alarms([], None))) is Verdict.PASSED


@pytest.mark.parametrize("attribute", ["alarm_actions", "ok_actions", "insufficient_data_actions"])
@pytest.mark.parametrize("type_", ["aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"])
def test_not_silent(attribute: str, type_: str) -> None:
    evidence = silent(stack(declare(f"{type_}.a", **{attribute: [TOPIC]})))
    assert (f"{type_}.a", attribute) in [item[:2] for item in broken(evidence)]


def test_perhaps_silent() -> None:
    assert verdict(silent(alarms(UNKNOWN))) is Verdict.UNDETERMINED
    assert verdict(silent(alarms([UNKNOWN]))) is Verdict.UNDETERMINED


def test_that_nobody_is_told_is_noted() -> None:
    topics: dict[str, Any] = {"alarm_topic_arns": []}
    assert silent(alarms([], None, **topics)).warnings == [
        "2 alarms tell nobody: give topics with var.alarm_topic_arns"
    ]
    assert silent(alarms([], [TOPIC], **topics)).warnings == [
        "1 alarm tells nobody: give topics with var.alarm_topic_arns"
    ]
    assert silent(alarms([])).warnings == [
        "1 alarm tells nobody: there is no var.alarm_topic_arns to give them topics"
    ]
    assert silent(alarms([TOPIC], UNKNOWN, [UNKNOWN], **topics)).warnings == []


def test_no_alarm_proves_nothing() -> None:
    assert silent(alarms()).evidence == []
    assert told(alarms(alarm_topic_arns=[TOPIC])).evidence == []


def test_told() -> None:
    assert verdict(told(alarms([TOPIC, "x"], [TOPIC], alarm_topic_arns=[TOPIC]))) is Verdict.PASSED


@pytest.mark.parametrize("actions", [[], None, ["arn:aws:sns:us-east-1:123456789012:other"]])
def test_one_alarm_is_not_told(actions: Any) -> None:
    evidence = told(alarms([TOPIC], actions, alarm_topic_arns=[TOPIC]))
    assert [item[0] for item in broken(evidence)] == ["aws_cloudwatch_metric_alarm.a1"]


@pytest.mark.parametrize(
    ("actions", "wanted"),
    [([TOPIC], Verdict.PASSED), ([], Verdict.FAILED), (UNKNOWN, Verdict.UNDETERMINED)],
)
def test_told_that_it_is_over(actions: Any, wanted: Verdict) -> None:
    alarm = declare("aws_cloudwatch_metric_alarm.a", alarm_actions=[TOPIC], ok_actions=actions)
    evidence = Recorder()
    every_alarm_ends(stack(alarm, variables={"alarm_topic_arns": [TOPIC]}), NAMES, evidence)
    assert verdict(evidence) is wanted
    assert [item.attribute for item in evidence.evidence] == ["ok_actions"]


def test_every_topic_counts() -> None:
    both = [TOPIC, f"{TOPIC}-2"]
    assert verdict(told(alarms([TOPIC], alarm_topic_arns=both))) is Verdict.FAILED
    assert verdict(told(alarms(both, alarm_topic_arns=both))) is Verdict.PASSED


def test_perhaps_told() -> None:
    assert verdict(told(alarms(UNKNOWN, alarm_topic_arns=[TOPIC]))) is Verdict.UNDETERMINED


def test_the_stack_with_topics() -> None:
    default = alarms([], alarm_topic_arns=[])
    resolved = alarms([TOPIC], name="alarm topics", alarm_topic_arns=[TOPIC])
    evidence = Recorder()
    resolved_stacks = MadeResolvedStacks(default, resolved)
    assert stack_with_topics(resolved_stacks, NAMES, evidence) is resolved
    with pytest.raises(UndeterminedError):
        stack_with_topics(MadeResolvedStacks(default), NAMES, evidence)
    assert evidence.evidence == []


def test_a_stack_without_the_variable_is_the_finding() -> None:
    evidence = Recorder()
    assert stack_with_topics(MadeResolvedStacks(alarms([])), NAMES, evidence) is None
    found = "the stack declares none of that name"
    assert broken(evidence) == [("var.alarm_topic_arns", "", found, "")]
