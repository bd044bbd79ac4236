"""Schedules, streams of tables, disabled resources, and the context of a request."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.results import EdgeState
from planproof.values import UNKNOWN
from tests.aws.datapath.judging import calling, judged
from tests.builders.parts import (
    KEY_ID,
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
    table,
    topic,
)
from tests.builders.policies import S3, service_statement, statement
from tests.builders.stacks import REGION, DeclaredResource, declare, stack

SCHEDULER = "scheduler.amazonaws.com"
SCHEDULED = "aws_scheduler_schedule.s invokes on schedule aws_sqs_queue.work"
NOTIFIED = "aws_s3_bucket.films notifies aws_sqs_queue.work"
READ = "aws_sqs_queue.work is read by aws_lambda_function.job"
CALLED = "aws_lambda_function.job calls aws_sqs_queue.work"
STREAMED = "aws_dynamodb_table.assets is read by aws_lambda_function.job"


def schedule(**target: Any) -> DeclaredResource:
    given = {"arn": arn("sqs", "work"), "role_arn": role_arn("r"), **target}
    own = arn("scheduler", "schedule/default/s")
    return declare("aws_scheduler_schedule.s", name="s", id="default/s", arn=own, target=[given])


def scheduled(*parts: DeclaredResource, **target: Any) -> Any:
    return judged(stack(schedule(**target), queue(), *parts))


SEND = inline_policy(statement("sqs:SendMessage", arn("sqs", "work")))


def test_a_schedule_uses_its_role() -> None:
    edge = scheduled(role("r", SCHEDULER), SEND)[SCHEDULED]
    assert edge.state is EdgeState.PROVEN


def test_a_role_that_the_scheduler_may_not_assume_breaks_the_edge() -> None:
    edge = scheduled(role("r"), SEND)[SCHEDULED]
    assert edge.missing == (f"sts:AssumeRole on aws_iam_role.r for {SCHEDULER}",)


def test_a_role_that_may_not_send_breaks_it() -> None:
    edge = scheduled(role("r", SCHEDULER))[SCHEDULED]
    assert edge.missing == ("sqs:SendMessage on aws_sqs_queue.work for aws_iam_role.r",)


@pytest.mark.parametrize("named", [UNKNOWN, role_arn("elsewhere")])
def test_a_role_outside_the_stack_is_undetermined(named: Any) -> None:
    edge = scheduled(role("r", SCHEDULER), SEND, role_arn=named)[SCHEDULED]
    assert edge.state is EdgeState.UNDETERMINED


# Streams -------------------------------------------------------------------------------------

READS = ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"]


def streamed(resource: str) -> Any:
    mapping = declare(
        "aws_lambda_event_source_mapping.m",
        event_source_arn=UNKNOWN,
        function_name="job",
        refers={"event_source_arn": ["aws_dynamodb_table.assets.stream_arn"]},
    )
    grants = inline_policy(statement(READS, resource), statement("dynamodb:ListStreams"))
    return judged(stack(mapping, table(), function(), role("r"), grants, log_group()))[STREAMED]


def test_any_stream_of_a_table_is_enough() -> None:
    assert streamed(arn("dynamodb", "table/assets/stream/*")).state is EdgeState.PROVEN


def test_the_table_is_not_its_stream() -> None:
    edge = streamed(arn("dynamodb", "table/assets"))
    assert edge.missing == tuple(f"{read} on {_stream()} for aws_iam_role.r" for read in READS)


def _stream() -> str:
    return arn("dynamodb", "table/assets/stream/2026-01-01T00:00:00.000")


# Disabled resources --------------------------------------------------------------------------


def notification() -> DeclaredResource:
    told = [{"queue_arn": arn("sqs", "work"), "events": ["s3:ObjectCreated:*"]}]
    return declare("aws_s3_bucket_notification.n", bucket="films", queue=told)


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (True, EdgeState.PROVEN),
        (None, EdgeState.PROVEN),
        (UNKNOWN, EdgeState.PROVEN),
        (False, EdgeState.BROKEN),
    ],
)
def test_a_disabled_key_breaks_its_edges(value: Any, state: EdgeState) -> None:
    work = queue(kms_master_key_id=KEY_ID)
    uses = service_statement(S3, ["kms:GenerateDataKey", "kms:Decrypt"])
    open_to = resource_policy(work, service_statement(S3, "sqs:SendMessage"))
    found = stack(notification(), bucket(), work, open_to, key(uses, is_enabled=value))
    edge = judged(found)[NOTIFIED]
    assert edge.state is state
    if state is EdgeState.BROKEN:
        assert edge.missing == ("aws_kms_key.k enabled",)


@pytest.mark.parametrize(
    ("value", "state"),
    [(True, EdgeState.PROVEN), (None, EdgeState.PROVEN), (False, EdgeState.BROKEN)],
)
def test_a_disabled_mapping_breaks_its_edge(value: Any, state: EdgeState) -> None:
    mapping = declare(
        "aws_lambda_event_source_mapping.m",
        event_source_arn=arn("sqs", "work"),
        function_name="job",
        enabled=value,
    )
    reads = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    grants = inline_policy(statement(reads, arn("sqs", "work")))
    found = stack(mapping, queue(), function(), role("r"), grants, log_group())
    assert judged(found)[READ].state is state


@pytest.mark.parametrize(
    ("switch", "state"),
    [
        ({"state": "ENABLED"}, EdgeState.PROVEN),
        ({}, EdgeState.PROVEN),
        ({"state": "DISABLED"}, EdgeState.BROKEN),
        ({"is_enabled": False}, EdgeState.BROKEN),
    ],
)
def test_a_disabled_rule_breaks_its_edge(switch: dict[str, Any], state: EdgeState) -> None:
    work = queue()
    target = declare("aws_cloudwatch_event_target.t", rule="done", arn=arn("sqs", "work"))
    open_to = resource_policy(work, service_statement("events.amazonaws.com", "sqs:SendMessage"))
    found = judged(stack(rule(**switch), target, work, open_to))
    edge = found["aws_cloudwatch_event_rule.r delivers events to aws_sqs_queue.work"]
    assert edge.state is state


# The context of a request ---------------------------------------------------------------------


def called(condition: dict[str, Any], **more: Any) -> EdgeState:
    environment = [{"variables": {"QUEUE": arn("sqs", "work")}}]
    send = statement("sqs:SendMessage", arn("sqs", "work"), Condition=condition)
    found = stack(
        function(environment=environment),
        role("r"),
        queue(**more),
        inline_policy(send),
        log_group(),
    )
    return judged(found, calling("sqs.SendMessage"))[CALLED].state


@pytest.mark.parametrize(
    ("region", "state"), [(REGION, EdgeState.PROVEN), ("eu-north-1", EdgeState.BROKEN)]
)
def test_the_requested_region_is_known(region: str, state: EdgeState) -> None:
    assert called({"StringEquals": {"aws:RequestedRegion": region}}) is state


@pytest.mark.parametrize(
    ("tags", "state"),
    [
        ({"team": "video"}, EdgeState.PROVEN),
        ({"team": "audio"}, EdgeState.BROKEN),
        ({}, EdgeState.BROKEN),
        (UNKNOWN, EdgeState.UNDETERMINED),
        ({"team": UNKNOWN}, EdgeState.UNDETERMINED),
    ],
)
def test_the_tags_of_a_queue_are_known(tags: Any, state: EdgeState) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "video"}}
    assert called(condition, tags_all=tags) is state


def test_the_default_policy_of_a_topic_does_not_allow_a_role_to_publish() -> None:
    environment = [{"variables": {"TOPIC": arn("sns", "news")}}]
    parts = (function(environment=environment), role("r"), topic(), log_group())
    path = "aws_lambda_function.job calls aws_sns_topic.news"
    edge = judged(stack(*parts), calling("sns.Publish"))[path]
    assert edge.missing == ("sns:Publish on aws_sns_topic.news for aws_iam_role.r",)
    send = inline_policy(statement("sns:Publish", arn("sns", "news")))
    assert judged(stack(*parts, send), calling("sns.Publish"))[path].state is EdgeState.PROVEN
