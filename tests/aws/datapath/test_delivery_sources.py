"""Less usual sources of deliveries: roles, alarms, topics outside the stack, unknown values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.aws.datapath import JudgedEdge
from planproof.results import EdgeState
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import judged
from tests.builders.parts import (
    KEY_ARN,
    arn,
    bucket,
    function,
    inline_policy,
    key,
    log_group,
    queue,
    resource_policy,
    role,
    role_arn,
    rule,
    topic,
)
from tests.builders.policies import ALARMS, EVENTS, S3, SNS, service_statement, statement, trust
from tests.builders.stacks import ACCOUNT, SECOND_ACCOUNT, DeclaredResource, declare, stack

SEND = statement("sqs:SendMessage", arn("sqs", "work"))
ALARM = arn("cloudwatch", "alarm:a")


def target(**values: Any) -> DeclaredResource:
    given = {"rule": "done", "arn": arn("sqs", "work"), **values}
    return declare(
        "aws_cloudwatch_event_target.t", refers={"arn": {"constant_value": given["arn"]}}, **given
    )


def the(kind: str, *parts: DeclaredResource) -> JudgedEdge:
    (edge,) = [one for one in judged(stack(*parts)).values() if one.edge.kind == kind]
    return edge


# EventBridge under a role ---------------------------------------------------------------------


def under_a_role(
    *more: DeclaredResource, work: DeclaredResource | None = None, **values: Any
) -> JudgedEdge:
    worker = role("r", EVENTS, **values)
    return the(
        "delivers events to", rule(), target(role_arn=role_arn("r")), work or queue(), worker, *more
    )


def test_a_role_delivers_what_it_is_granted() -> None:
    edge = under_a_role(inline_policy(SEND))
    assert edge.state is EdgeState.PROVEN
    assert [r.need.action for r in edge.decided_needs] == ["sts:AssumeRole", "sqs:SendMessage"]


def test_a_role_delivers_nothing_without_a_grant() -> None:
    edge = under_a_role()
    assert edge.missing == ("sqs:SendMessage on aws_sqs_queue.work for aws_iam_role.r",)


def test_a_grant_of_the_queue_to_the_service_does_not_help_the_role() -> None:
    edge = under_a_role(resource_policy(queue(), service_statement(EVENTS, "sqs:SendMessage")))
    assert edge.state is EdgeState.BROKEN


def test_a_role_that_events_cannot_assume_breaks_the_edge() -> None:
    edge = under_a_role(inline_policy(SEND), assume_role_policy=trust("lambda.amazonaws.com"))
    assert edge.missing == ("sts:AssumeRole on aws_iam_role.r for events.amazonaws.com",)


def test_a_role_can_be_assumed_for_the_rule_alone() -> None:
    for source, state in (
        (rule().resource.get("arn"), EdgeState.PROVEN),
        (ALARM, EdgeState.BROKEN),
    ):
        only = {"Condition": {"ArnEquals": {"aws:SourceArn": source}}}
        edge = under_a_role(inline_policy(SEND), assume_role_policy=trust(EVENTS, **only))
        assert edge.state is state


@pytest.mark.parametrize("lost", ["kms:GenerateDataKey", "kms:Decrypt"])
def test_a_role_needs_the_key_of_an_encrypted_queue(lost: str) -> None:
    uses = ["kms:GenerateDataKey", "kms:Decrypt"]
    work = queue(kms_master_key_id=KEY_ARN)
    edge = under_a_role(inline_policy(SEND, statement(uses, KEY_ARN)), key(), work=work)
    assert edge.state is EdgeState.PROVEN
    left = [use for use in uses if use != lost]
    edge = under_a_role(inline_policy(SEND, statement(left, KEY_ARN)), key(), work=work)
    assert edge.missing == (f"{lost} on aws_kms_key.k for aws_iam_role.r",)


@pytest.mark.parametrize(
    ("named", "stmt"), [(UNKNOWN, "unknown"), (role_arn("other"), "role/other")]
)
def test_a_role_outside_the_stack_is_undetermined(named: Any, stmt: str) -> None:
    """The queue allows the service principal, but the service uses its role."""
    parts = (rule(), target(role_arn=named), queue(), role("r", EVENTS))
    edge = the(
        "delivers events to",
        *parts,
        resource_policy(queue(), service_statement(EVENTS, "sqs:SendMessage")),
    )
    assert edge.state is EdgeState.UNDETERMINED
    assert edge.decided_needs == ()
    assert stmt in edge.edge.facts[0].found


def test_undelivered_events_are_sent_by_the_service_principal() -> None:
    dead = queue("dead")
    parts = (
        rule(),
        queue(),
        role("r", EVENTS),
        inline_policy(SEND),
        target(role_arn=role_arn("r"), dead_letter_config=[{"arn": arn("sqs", "dead")}]),
        dead,
    )
    assert the("sends undelivered events to", *parts).missing == (
        "sqs:SendMessage on aws_sqs_queue.dead for events.amazonaws.com",
    )
    allowing = resource_policy(dead, service_statement(EVENTS, "sqs:SendMessage"))
    assert the("sends undelivered events to", *parts, allowing).state is EdgeState.PROVEN
    assert the("delivers events to", *parts, allowing).state is EdgeState.PROVEN


def test_a_log_group_may_be_named_with_all_its_streams() -> None:
    group = log_group("/events")
    edge = the(
        "delivers events to", rule(), target(arn=f"{arn('logs', 'log-group:/events')}:*"), group
    )
    assert edge.edge.target == group.resource


def test_a_version_of_a_function_is_the_function() -> None:
    own = arn("lambda", "function:job")
    for name in (f"{own}:live", f"{own}:3", own):
        edge = the("delivers events to", rule(), target(arn=name), function(role=None))
        assert str(edge.edge.target) == "aws_lambda_function.job", name
    edge = the("delivers events to", rule(), target(arn=f"{own}-2"), function(role=None))
    assert edge.edge.target == f"{own}-2"


def test_an_unsupported_target_is_undetermined() -> None:
    other = arn("firehose", "deliverystream/s")
    edge = the("delivers events to", rule(), target(arn=other))
    assert (edge.state, edge.decided_needs) == (EdgeState.UNDETERMINED, ())
    assert edge.edge.facts[0].found == other


# Alarms ---------------------------------------------------------------------------------------


def alarm(type_: str = "metric", **values: Any) -> DeclaredResource:
    return declare(f"aws_cloudwatch_{type_}_alarm.a", arn=ALARM, **values)


NEWS = arn("sns", "news")


@pytest.mark.parametrize("type_", ["metric", "composite"])
@pytest.mark.parametrize("attribute", ["alarm_actions", "ok_actions", "insufficient_data_actions"])
def test_each_kind_of_alarm_action_is_an_edge(type_: str, attribute: str) -> None:
    parts = (alarm(type_, **{attribute: [NEWS]}), topic())
    allowing = resource_policy(topic(), service_statement(ALARMS, "sns:Publish"))
    assert the("alarms", *parts, allowing).state is EdgeState.PROVEN


def test_two_actions_on_one_topic_are_one_edge() -> None:
    parts = (alarm(alarm_actions=[NEWS, NEWS], ok_actions=[NEWS]), topic())
    assert len(judged(stack(*parts))) == 1


def test_two_topics_of_unknown_arn_are_two_edges() -> None:
    one, other = topic("one", arn=UNKNOWN, id=UNKNOWN), topic("other", arn=UNKNOWN, id=UNKNOWN)
    told = declare(
        "aws_cloudwatch_metric_alarm.a",
        arn=ALARM,
        alarm_actions=[UNKNOWN],
        ok_actions=[UNKNOWN],
        refers={
            "alarm_actions": ["aws_sns_topic.one.arn", "aws_sns_topic.one"],
            "ok_actions": ["aws_sns_topic.other.arn", "aws_sns_topic.other"],
        },
    )
    found = judged(stack(one, other, told))
    assert {str(edge.edge.target) for edge in found.values()} == {
        "aws_sns_topic.one",
        "aws_sns_topic.other",
    }


def test_a_function_of_unknown_arn_is_invoked_by_the_alarm_service() -> None:
    called = declare(
        "aws_cloudwatch_metric_alarm.a",
        arn=ALARM,
        alarm_actions=[UNKNOWN],
        refers={"alarm_actions": ["aws_lambda_function.job.arn", "aws_lambda_function.job"]},
    )
    (edge,) = [
        one
        for one in judged(stack(called, function(role=None, arn=UNKNOWN))).values()
        if one.edge.kind == "alarms"
    ]
    assert {r.need.principal for r in edge.decided_needs} == {
        "lambda.alarms.cloudwatch.amazonaws.com"
    }
    assert edge.missing == tuple(str(r.need) for r in edge.decided_needs)


@pytest.mark.parametrize(
    "action", ["arn:aws:automate:us-east-1:ec2:stop", f"arn:aws:ssm:us-east-1:{ACCOUNT}:opsitem:1"]
)
def test_an_unsupported_alarm_action_is_undetermined(action: str) -> None:
    edge = the("alarms", alarm(alarm_actions=[action]))
    assert edge.state is EdgeState.UNDETERMINED
    assert (edge.edge.target, edge.edge.outside, edge.decided_needs) == (action, True, ())


def test_unknown_actions_are_undetermined() -> None:
    edge = the("alarms", alarm(alarm_actions=UNKNOWN))
    assert (edge.state, edge.edge.target) == (EdgeState.UNDETERMINED, "an unknown target")


@pytest.mark.parametrize("actions", [[], None])
def test_an_alarm_without_actions_has_no_edges(actions: Any) -> None:
    assert judged(stack(alarm(alarm_actions=actions), topic())) == {}


# Subscriptions and notifications --------------------------------------------------------------


def subscription(**values: Any) -> DeclaredResource:
    given = {"topic_arn": NEWS, "protocol": "sqs", "endpoint": arn("sqs", "work")}
    return declare("aws_sns_topic_subscription.s", **{**given, **values})


def test_subscriptions_of_people_have_no_edge() -> None:
    letter = subscription(protocol="email", endpoint="ops@example.com")
    assert judged(stack(topic(), letter)) == {}


def test_an_unknown_protocol_is_undetermined() -> None:
    edge = the("delivers messages to", topic(), subscription(protocol=UNKNOWN), queue())
    assert (edge.state, edge.edge.target) == (EdgeState.UNDETERMINED, "an unknown target")


@pytest.mark.parametrize(
    ("limits", "state"),
    [
        ({"aws:SourceArn": arn("sns", "news", account=SECOND_ACCOUNT)}, EdgeState.PROVEN),
        ({"aws:SourceAccount": SECOND_ACCOUNT}, EdgeState.PROVEN),
        ({"aws:SourceArn": NEWS}, EdgeState.BROKEN),
        ({"aws:SourceAccount": ACCOUNT}, EdgeState.BROKEN),
    ],
)
def test_a_topic_in_another_account_sends_its_own_arn(
    limits: dict[str, str], state: EdgeState
) -> None:
    stmt = service_statement(SNS, "sqs:SendMessage", Condition={"StringEquals": limits})
    elsewhere = subscription(topic_arn=arn("sns", "news", account=SECOND_ACCOUNT))
    edge = the("delivers messages to", elsewhere, queue(), resource_policy(queue(), stmt))
    assert edge.state is state


def test_a_bucket_outside_the_stack_has_an_unknown_arn() -> None:
    notice = declare(
        "aws_s3_bucket_notification.n",
        bucket="theirs",
        queue=[{"queue_arn": arn("sqs", "work")}],
    )
    only = {"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::films"}}}
    stmt = service_statement(S3, "sqs:SendMessage", **only)
    edge = the("notifies", bucket(), notice, queue(), resource_policy(queue(), stmt))
    assert (edge.edge.source, edge.state) == ("theirs", EdgeState.UNDETERMINED)


def test_each_block_of_a_notification_is_an_edge() -> None:
    notice = declare(
        "aws_s3_bucket_notification.n",
        bucket="films",
        queue=[{"queue_arn": arn("sqs", "work")}, {"queue_arn": arn("sqs", "more")}],
        topic=[{"topic_arn": NEWS}],
        lambda_function=UNKNOWN,
    )
    found = judged(stack(bucket(), notice, queue(), queue("more"), topic()))
    assert [str(edge.edge.target) for edge in found.values()] == [
        "aws_sqs_queue.work",
        "aws_sqs_queue.more",
        "aws_sns_topic.news",
        "an unknown target",
    ]


def test_a_denial_of_the_queue_breaks_the_edge() -> None:
    notice = declare(
        "aws_s3_bucket_notification.n", bucket="films", queue=[{"queue_arn": arn("sqs", "work")}]
    )
    denial = {**service_statement(S3, "sqs:SendMessage"), "Effect": "Deny"}
    work = queue()
    allowed = (bucket(), notice, work, resource_policy(work, service_statement(S3, "sqs:*")))
    assert the("notifies", *allowed).state is EdgeState.PROVEN
    denied = (bucket(), notice, work, resource_policy(work, service_statement(S3, "sqs:*"), denial))
    assert the("notifies", *denied).state is EdgeState.BROKEN
    assert json.loads(str(denied[3].resource.get("policy")))["Statement"][1]["Effect"] == "Deny"
