"""Alarms have no actions by default, and notify every topic of the variable."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from steps.alarms import (
    alarms_notify_topics,
    alarms_notify_topics_when_over,
    no_alarm_has_action,
    stack_with_topics,
)
from steps.support.pipeline import Pipeline
from tests.builders.resolved_stacks import NAMES, FakeResolvedStacks, broken, verdict
from tests.builders.stacks import declare, stack

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"


def alarms(*actions: Any, name: str = "default", **variables: Any) -> Stack:
    items = [
        declare(f"aws_cloudwatch_metric_alarm.a{i}", alarm_name=f"a{i}", alarm_actions=given)
        for i, given in enumerate(actions)
    ]
    return stack(*items, name=name, variables=variables)


def no_actions(found: Stack) -> Recorder:
    evidence = Recorder()
    no_alarm_has_action(Pipeline(found), NAMES, evidence)
    return evidence


def notified(found: Stack) -> Recorder:
    evidence = Recorder()
    alarms_notify_topics(found, NAMES, evidence)
    return evidence


def test_no_alarm_has_an_action() -> None:
    assert verdict(no_actions(alarms([], None))) is Verdict.PASSED


@pytest.mark.parametrize("attribute", ["alarm_actions", "ok_actions", "insufficient_data_actions"])
@pytest.mark.parametrize("type_", ["aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"])
def test_an_alarm_with_an_action_fails(attribute: str, type_: str) -> None:
    evidence = no_actions(stack(declare(f"{type_}.a", **{attribute: [TOPIC]})))
    assert (f"{type_}.a", attribute) in [item[:2] for item in broken(evidence)]


def test_unknown_actions_are_undetermined() -> None:
    assert verdict(no_actions(alarms(UNKNOWN))) is Verdict.UNDETERMINED
    assert verdict(no_actions(alarms([UNKNOWN]))) is Verdict.UNDETERMINED


def test_alarms_without_actions_are_warned_about() -> None:
    topics: dict[str, Any] = {"alarm_topic_arns": []}
    for actions, variables, facts in (
        (([], None), topics, ("2 alarms", "set var.alarm_topic_arns")),
        (([], [TOPIC]), topics, ("1 alarm ", "set var.alarm_topic_arns")),
        (([],), {}, ("1 alarm ", "no var.alarm_topic_arns")),
    ):
        (warning,) = no_actions(alarms(*actions, **variables)).warnings
        assert all(fact in warning for fact in facts)
    assert no_actions(alarms([TOPIC], UNKNOWN, [UNKNOWN], **topics)).warnings == []


def test_no_alarm_proves_nothing() -> None:
    assert no_actions(alarms()).evidence == []
    assert notified(alarms(alarm_topic_arns=[TOPIC])).evidence == []


def test_every_alarm_notifies_the_topic() -> None:
    assert (
        verdict(notified(alarms([TOPIC, "x"], [TOPIC], alarm_topic_arns=[TOPIC]))) is Verdict.PASSED
    )


@pytest.mark.parametrize("actions", [[], None, ["arn:aws:sns:us-east-1:123456789012:other"]])
def test_an_alarm_without_the_topic_fails(actions: Any) -> None:
    evidence = notified(alarms([TOPIC], actions, alarm_topic_arns=[TOPIC]))
    assert [item[0] for item in broken(evidence)] == ["aws_cloudwatch_metric_alarm.a1"]


@pytest.mark.parametrize(
    ("actions", "wanted"),
    [([TOPIC], Verdict.PASSED), ([], Verdict.FAILED), (UNKNOWN, Verdict.UNDETERMINED)],
)
def test_ok_actions_are_checked(actions: Any, wanted: Verdict) -> None:
    alarm = declare("aws_cloudwatch_metric_alarm.a", alarm_actions=[TOPIC], ok_actions=actions)
    evidence = Recorder()
    alarms_notify_topics_when_over(
        stack(alarm, variables={"alarm_topic_arns": [TOPIC]}), NAMES, evidence
    )
    assert verdict(evidence) is wanted
    assert [item.attribute for item in evidence.evidence] == ["ok_actions"]


def test_every_topic_counts() -> None:
    both = [TOPIC, f"{TOPIC}-2"]
    assert verdict(notified(alarms([TOPIC], alarm_topic_arns=both))) is Verdict.FAILED
    assert verdict(notified(alarms(both, alarm_topic_arns=both))) is Verdict.PASSED


def test_unknown_actions_may_notify_the_topic() -> None:
    assert verdict(notified(alarms(UNKNOWN, alarm_topic_arns=[TOPIC]))) is Verdict.UNDETERMINED


def test_the_stack_with_topics() -> None:
    default = alarms([], alarm_topic_arns=[])
    resolved = alarms([TOPIC], name="alarm topics", alarm_topic_arns=[TOPIC])
    evidence = Recorder()
    stacks = FakeResolvedStacks(default, resolved)
    assert stack_with_topics(stacks, NAMES, evidence) is resolved
    with pytest.raises(UndeterminedError):
        stack_with_topics(FakeResolvedStacks(default), NAMES, evidence)
    assert evidence.evidence == []


def test_a_stack_without_the_variable_fails() -> None:
    evidence = Recorder()
    assert stack_with_topics(FakeResolvedStacks(alarms([])), NAMES, evidence) is None
    ((address, _, found, _),) = broken(evidence)
    assert address == "var.alarm_topic_arns"
    assert "declares no such variable" in found
