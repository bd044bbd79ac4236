"""Alarms and dashboards name existing metrics, in the shipped stack and in small ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from steps.noticing import alarms_watch_existing_metrics, dashboards_show_existing_metrics
from tests.builders.resolved_stacks import broken, verdict
from tests.builders.shipped import shipped, with_values
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare, stack

DEFAULT_JOBS = f"arn:aws:mediaconvert:{REGION}:{ACCOUNT}:queues/Default"
OWN_JOBS = f"arn:aws:mediaconvert:{REGION}:{ACCOUNT}:queues/films"
ALARM_ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:a"
PARTS = (
    declare("aws_sqs_queue.q", name="films"),
    declare("aws_lambda_function.f", function_name="worker"),
    declare("aws_cloudwatch_event_rule.r", name="states"),
    declare("aws_cloudwatch_event_bus.b", name="cinema"),
    declare("aws_media_convert_queue.m", name="films", arn=OWN_JOBS),
    declare("aws_dynamodb_table.t", name="assets"),
    declare("aws_s3_bucket.s", bucket="reels", id="reels"),
    declare("aws_api_gateway_rest_api.api", name="box-office", id="a1b2c3"),
)


def watched(found: Stack) -> Recorder:
    evidence = Recorder()
    alarms_watch_existing_metrics(found, evidence)
    return evidence


def alarm_on(namespace: Any, dimensions: Any) -> Verdict:
    one = declare("aws_cloudwatch_metric_alarm.a", namespace=namespace, dimensions=dimensions)
    return verdict(watched(stack(*PARTS, one)))


def board(*rows: Any, **properties: Any) -> DeclaredResource:
    widget = {"type": "metric", "properties": {"region": REGION, "metrics": rows, **properties}}
    return declare("aws_cloudwatch_dashboard.d", dashboard_body=json.dumps({"widgets": [widget]}))


def seen(found: Stack) -> Recorder:
    evidence = Recorder()
    dashboards_show_existing_metrics(found, evidence)
    return evidence


def shows(*rows: Any, **properties: Any) -> Recorder:
    own = declare("aws_cloudwatch_metric_alarm.a", arn=ALARM_ARN)
    return seen(stack(*PARTS, own, board(*rows, **properties)))


# Alarms --------------------------------------------------------------------------------------


def test_the_alarms_of_the_shipped_stack() -> None:
    evidence = watched(shipped())
    assert verdict(evidence) is Verdict.PASSED
    assert {e.address for e in evidence.evidence} == {
        a.address for a in shipped().managed("aws_cloudwatch_metric_alarm")
    }


@pytest.mark.parametrize(
    ("namespace", "dimensions", "expected"),
    [
        ("AWS/SQS", {"QueueName": "films"}, Verdict.PASSED),
        ("AWS/SQS", {"QueueName": "film"}, Verdict.FAILED),
        ("AWS/SQS", {"QueueName": UNKNOWN}, Verdict.UNDETERMINED),
        ("AWS/SQS", UNKNOWN, Verdict.UNDETERMINED),
        ("AWS/SQS", {}, Verdict.FAILED),
        ("AWS/SQS", {"QueueNam": "lost"}, Verdict.UNDETERMINED),
        ("AWS/Lambda", {"FunctionName": "worker"}, Verdict.PASSED),
        ("AWS/Lambda", {"FunctionName": "worker", "Resource": "worker:live"}, Verdict.PASSED),
        ("AWS/Lambda", {"FunctionName": "films"}, Verdict.FAILED),
        ("AWS/Lambda", {}, Verdict.PASSED),
        ("AWS/Events", {"RuleName": "states"}, Verdict.PASSED),
        ("AWS/Events", {"RuleName": "states", "EventBusName": "cinema"}, Verdict.PASSED),
        ("AWS/Events", {"RuleName": "states", "EventBusName": "default"}, Verdict.PASSED),
        ("AWS/Events", {"RuleName": "states", "EventBusName": "theatre"}, Verdict.FAILED),
        ("AWS/MediaConvert", {"Queue": DEFAULT_JOBS}, Verdict.PASSED),
        ("AWS/MediaConvert", {"Queue": OWN_JOBS}, Verdict.PASSED),
        ("AWS/MediaConvert", {"Queue": "Default"}, Verdict.FAILED),
        ("AWS/MediaConvert", {"Queue": f"{DEFAULT_JOBS}s"}, Verdict.FAILED),
        ("AWS/MediaConvert", {"Queue": DEFAULT_JOBS.replace(REGION, "eu-west-1")}, Verdict.FAILED),
        ("AWS/MediaConvert", {"Queue": DEFAULT_JOBS.replace("1", "2")}, Verdict.FAILED),
        ("AWS/DynamoDB", {"TableName": "assets", "Operation": "PutItem"}, Verdict.PASSED),
        ("AWS/S3", {"BucketName": "reels", "FilterId": "all"}, Verdict.PASSED),
        ("AWS/S3", {"BucketName": "reel", "FilterId": "all"}, Verdict.FAILED),
        ("AWS/ApiGateway", {"ApiName": "box-office"}, Verdict.PASSED),
        ("AWS/ApiGateway", {"ApiName": "theatre"}, Verdict.UNDETERMINED),
        ("AWS/ApiGateway", {"ApiName": UNKNOWN}, Verdict.UNDETERMINED),
        ("AWS/Billing", {}, Verdict.UNDETERMINED),
        (UNKNOWN, {"QueueName": "films"}, Verdict.UNDETERMINED),
    ],
    ids=str,
)
def test_the_resource_of_an_alarm(namespace: Any, dimensions: Any, expected: Verdict) -> None:
    assert alarm_on(namespace, dimensions) is expected


def test_custom_metrics_are_skipped() -> None:
    own = declare("aws_cloudwatch_metric_alarm.a", namespace="Cinema", dimensions={"Film": "lost"})
    assert watched(stack(*PARTS, own)).evidence == []


def test_each_metric_of_a_query_counts() -> None:
    metrics = [
        {"id": "e", "expression": "a + b", "metric": []},
        {"id": "a", "metric": [{"namespace": "AWS/SQS", "dimensions": {"QueueName": "films"}}]},
        {"id": "b", "metric": [{"namespace": "AWS/SQS", "dimensions": {"QueueName": "lost"}}]},
    ]
    one = declare("aws_cloudwatch_metric_alarm.a", metric_query=metrics)
    found = [item[:3] for item in broken(watched(stack(*PARTS, one)))]
    path = "metric_query.2.metric.0.dimensions"
    assert found == [("aws_cloudwatch_metric_alarm.a", path, "AWS/SQS of QueueName lost")]


def test_an_expression_is_undetermined() -> None:
    search = {"id": "e", "expression": 'SELECT MAX(Errors) FROM SCHEMA("AWS/Lambda")'}
    one = declare("aws_cloudwatch_metric_alarm.a", metric_query=[search])
    assert verdict(watched(stack(*PARTS, one))) is Verdict.UNDETERMINED


def test_queries_that_are_not_known() -> None:
    one = declare("aws_cloudwatch_metric_alarm.a", metric_query=[UNKNOWN])
    assert verdict(watched(stack(*PARTS, one))) is Verdict.UNDETERMINED


# Dashboards ----------------------------------------------------------------------------------


def test_the_dashboard_of_the_shipped_stack() -> None:
    evidence = seen(shipped())
    assert verdict(evidence) is Verdict.PASSED
    assert len(evidence.evidence) == 14


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("video-status-dev", "video-states-dev"),
        ("queues/Default", "queues/Defaults"),
        ("video-processor-dev", "video-processing-dev"),
        ('"region":"us-east-1"', '"region":"eu-west-1"'),
    ],
)
def test_the_dashboard_of_the_shipped_stack_shows_nothing(right: str, wrong: str) -> None:
    address = "aws_cloudwatch_dashboard.pipeline"
    body = shipped()[address].get("dashboard_body")
    assert right in body
    found = seen(with_values(shipped(), address, dashboard_body=body.replace(right, wrong)))
    assert {item[:2] for item in broken(found)} == {(address, "dashboard_body")}


def test_a_stack_without_dashboards_passes() -> None:
    assert verdict(seen(stack(*PARTS))) is Verdict.PASSED
    assert verdict(shows({"type": "text"})) is Verdict.FAILED
    assert verdict(shows(["Cinema", "Visitors", "Film", "lost"])) is Verdict.PASSED


def test_a_body_that_is_not_known() -> None:
    unknown = declare("aws_cloudwatch_dashboard.d", dashboard_body=UNKNOWN)
    assert verdict(seen(stack(*PARTS, unknown))) is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "not JSON"),
        ("[]", "no list of widgets"),
        ('{"widgets": {}}', "no list of widgets"),
        ('{"widgets": [{"properties": {"metrics": ["AWS/SQS"]}}]}', "is not a list"),
        ('{"widgets": [{"properties": {"metrics": [["AWS/SQS"]]}}]}', "lacks a name or a value"),
        (
            '{"widgets": [{"properties": {"metrics": [["AWS/SQS", "."]]}}]}',
            "without a field above it",
        ),
    ],
)
def test_an_invalid_body(body: str, said: str) -> None:
    found = seen(stack(*PARTS, declare("aws_cloudwatch_dashboard.d", dashboard_body=body)))
    assert verdict(found) is Verdict.FAILED
    assert said in found.evidence[-1].found


FIRST = ["AWS/SQS", "NumberOfMessagesSent", "QueueName", "films"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([".", "NumberOfMessagesReceived", ".", "."], Verdict.PASSED),
        ([".", ".", ".", "."], Verdict.PASSED),
        ([".", ".", ".", "lost"], Verdict.FAILED),
        (["AWS/Lambda", "Errors", "FunctionName", "."], Verdict.FAILED),
        (["..."], Verdict.PASSED),
        (["...", {"stat": "p99"}], Verdict.PASSED),
        (["...", "lost"], Verdict.FAILED),
        (["...", "films", {"stat": "p99"}], Verdict.PASSED),
        ([".", "NumberOfMessagesReceived", "..."], Verdict.PASSED),
        ([".", "NumberOfMessagesReceived", "...", "lost"], Verdict.FAILED),
        ([{"expression": "SUM(METRICS())", "id": "e"}], Verdict.PASSED),
        ([*FIRST, {"region": REGION}], Verdict.PASSED),
        ([*FIRST, {"region": "eu-west-1"}], Verdict.FAILED),
        ([*FIRST, {"accountId": ACCOUNT}], Verdict.PASSED),
        ([*FIRST, {"accountId": "111122223333"}], Verdict.FAILED),
    ],
    ids=str,
)
def test_abbreviated_rows(row: list[Any], expected: Verdict) -> None:
    assert verdict(shows(FIRST, row)) is expected


def test_an_abbreviation_repeats_the_expanded_row() -> None:
    rows = [FIRST, ["...", "lost"], [".", "NumberOfMessagesReceived", ".", "."]]
    found = [item[2] for item in broken(shows(*rows, title="Mail"))]
    assert found == ["AWS/SQS of QueueName lost"] * 2


def test_a_part_without_a_known_name() -> None:
    nameless = stack(declare("aws_sqs_queue.q", name=UNKNOWN), board(FIRST))
    assert verdict(seen(nameless)) is Verdict.UNDETERMINED


@pytest.mark.parametrize("where", ["alarms", "annotations"])
def test_alarms_on_a_dashboard(where: str) -> None:
    def pinned(arn: str) -> dict[str, Any]:
        return {where: [arn] if where == "alarms" else {"alarms": [arn]}}

    assert verdict(shows(**pinned(ALARM_ARN))) is Verdict.PASSED
    assert verdict(shows(**pinned(f"{ALARM_ARN}b"))) is Verdict.FAILED
    open_ = stack(
        declare("aws_cloudwatch_metric_alarm.a", arn=UNKNOWN), board(**pinned(f"{ALARM_ARN}b"))
    )
    assert verdict(seen(open_)) is Verdict.UNDETERMINED
