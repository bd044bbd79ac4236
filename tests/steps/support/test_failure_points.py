"""What counts as the way of an upload, and whether the dashboard shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.evidence import Recorder
from planproof.terraform.stack import Resource
from planproof.values import UNKNOWN
from planproof.verdicts import Verdict
from steps import noticing
from tests.builders.resolved_stacks import verdict
from tests.builders.shipped import shipped, with_values
from tests.steps.alarm_steps import (
    ASKED,
    ERRORS,
    EVENTS,
    JOBS,
    PARTS,
    asked,
    failed,
    with_more,
    without,
)

# What counts as the way ----------------------------------------------------------------------


def test_a_function_beside_the_way_needs_no_alarm() -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:beside"
    stack = with_more(
        shipped(),
        "aws_lambda_function.beside",
        PARTS[ERRORS],
        function_name="beside",
        id="beside",
        arn=arn,
        environment=[],
    )
    assert verdict(asked(noticing.errors_raise_alarm, stack)) is Verdict.PASSED
    nowhere = without(stack, "aws_s3_bucket_notification.input")
    assert failed(asked(noticing.errors_raise_alarm, nowhere)) == [
        ("aws_lambda_function.beside", "")
    ]


def test_a_second_function_on_the_way_needs_its_own_alarms() -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:states"
    stack = with_more(
        shipped(),
        "aws_lambda_function.states",
        PARTS[ERRORS],
        function_name="states",
        id="states",
        arn=arn,
    )
    stack = with_values(stack, "aws_lambda_event_source_mapping.status", function_name=arn)
    assert failed(asked(noticing.errors_raise_alarm, stack)) == [("aws_lambda_function.states", "")]


def test_where_nobody_knows_where_the_way_begins_everything_counts() -> None:
    stack = without(shipped(), "aws_s3_bucket_notification.input")
    for step in (
        noticing.old_messages_raise_alarm,
        noticing.dead_letters_raise_alarm,
        noticing.errors_raise_alarm,
    ):
        assert verdict(asked(step, stack)) is Verdict.PASSED
        assert verdict(asked(step, without(stack, *ASKED))) is Verdict.FAILED


def test_a_way_without_dead_letter_queues_proves_nothing_of_them() -> None:
    stack = shipped()
    for queue in ("aws_sqs_queue.processing", "aws_sqs_queue.status"):
        stack = with_values(stack, queue, redrive_policy=None)
    assert asked(noticing.dead_letters_raise_alarm, stack).evidence == []


def test_a_dead_letter_queue_that_nobody_knows() -> None:
    nowhere = '{"maxReceiveCount": 3}'
    stack = with_values(shipped(), "aws_sqs_queue.status", redrive_policy=nowhere)
    assert verdict(asked(noticing.dead_letters_raise_alarm, stack)) is Verdict.UNDETERMINED


def test_a_dead_letter_queue_of_somebody_else_is_theirs_to_watch() -> None:
    policy = (
        '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:lost", "maxReceiveCount": 3}'
    )
    stack = with_values(shipped(), "aws_sqs_queue.status", redrive_policy=policy)
    evidence = asked(noticing.dead_letters_raise_alarm, stack)
    assert verdict(evidence) is Verdict.PASSED
    assert any(
        "function:lost" in w or "sqs:us-east-1:123456789012:lost" in w for w in evidence.warnings
    )


def test_what_eventbridge_leaves_is_a_dead_letter_too() -> None:
    stack = with_more(
        shipped(),
        "aws_sqs_queue.undelivered",
        "aws_sqs_queue.processing_dead_letter",
        name="undelivered",
        arn="arn:aws:sqs:us-east-1:123456789012:undelivered",
        id="https://sqs.us-east-1.amazonaws.com/123456789012/undelivered",
        url="https://sqs.us-east-1.amazonaws.com/123456789012/undelivered",
    )
    config = [{"arn": "arn:aws:sqs:us-east-1:123456789012:undelivered"}]
    stack = with_values(
        stack, "aws_cloudwatch_event_target.status_queue", dead_letter_config=config
    )
    assert failed(asked(noticing.dead_letters_raise_alarm, stack)) == [
        ("aws_sqs_queue.undelivered", "")
    ]


def test_a_job_queue_of_its_own() -> None:
    arn = "arn:aws:mediaconvert:us-east-1:123456789012:queues/films"
    function = shipped()[PARTS[ERRORS]]
    variables = {**function.get("environment.variables"), "QUEUE": arn}
    stack = with_values(shipped(), PARTS[ERRORS], environment=[{"variables": variables}])
    queue = Resource(
        "aws_media_convert_queue.films",
        "managed",
        "aws_media_convert_queue",
        "films",
        None,
        "",
        {"name": "films", "id": "films", "arn": arn},
    )
    stack = stack.with_resources([queue])
    found = asked(noticing.failed_jobs_raise_alarm, stack)
    assert failed(found) == [("aws_media_convert_queue.films", "")]
    stack = with_values(stack, JOBS, dimensions={"Queue": arn})
    assert verdict(asked(noticing.failed_jobs_raise_alarm, stack)) is Verdict.PASSED


def test_a_rule_of_another_bus_goes_by_both_names() -> None:
    rule, name = PARTS[EVENTS], shipped()[PARTS[EVENTS]].get("name")
    stack = with_values(shipped(), rule, event_bus_name="films")
    assert failed(asked(noticing.undelivered_events_raise_alarm, stack)) == [(rule, "")]
    both = {"RuleName": name, "EventBusName": "films"}
    stack = with_values(stack, EVENTS, dimensions=both)
    assert verdict(asked(noticing.undelivered_events_raise_alarm, stack)) is Verdict.PASSED
    stack = with_values(stack, EVENTS, dimensions={**both, "EventBusName": UNKNOWN})
    assert verdict(asked(noticing.undelivered_events_raise_alarm, stack)) is Verdict.UNDETERMINED


def test_a_rule_that_delivers_nothing_today_keeps_its_alarm() -> None:
    stack = without(shipped(), "aws_cloudwatch_event_target.status_queue")
    assert verdict(asked(noticing.undelivered_events_raise_alarm, stack)) is Verdict.PASSED
    assert (
        verdict(asked(noticing.undelivered_events_raise_alarm, without(stack, EVENTS)))
        is Verdict.FAILED
    )


def test_a_way_without_rules_has_no_event_to_lose() -> None:
    stack = without(shipped(), PARTS[EVENTS], "aws_cloudwatch_event_target.status_queue")
    evidence = asked(noticing.undelivered_events_raise_alarm, stack)
    assert [e.found for e in evidence.evidence] == ["none"]
    assert verdict(evidence) is Verdict.PASSED


# The dashboard -------------------------------------------------------------------------------

BOARD = "aws_cloudwatch_dashboard.pipeline"


def shown_on(body: Any) -> Recorder:
    return asked(
        noticing.dashboards_show_failure_points, with_values(shipped(), BOARD, dashboard_body=body)
    )


def test_the_shipped_dashboard_shows_the_way() -> None:
    evidence = asked(noticing.dashboards_show_failure_points, shipped())
    assert verdict(evidence) is Verdict.PASSED
    assert len(evidence.evidence) == 10
    assert {e.address for e in evidence.evidence} == {BOARD}


@pytest.mark.parametrize(
    ("metric", "part"),
    [
        ("ApproximateNumberOfMessagesVisible", "aws_sqs_queue.status"),
        ("ApproximateNumberOfMessagesVisible", "aws_sqs_queue.status_dead_letter"),
        ("ApproximateAgeOfOldestMessage", "aws_sqs_queue.processing"),
        ("Errors", "aws_lambda_function.processor"),
        ("Throttles", "aws_lambda_function.processor"),
        ("JobsErroredCount", PARTS[JOBS]),
        ("FailedInvocations", PARTS[EVENTS]),
    ],
)
def test_a_dashboard_without_a_line(metric: str, part: str) -> None:
    document = json.loads(shipped()[BOARD].get("dashboard_body"))
    resource = shipped().get(part)
    names = [part] if resource is None else [resource.get(n) for n in ("name", "function_name")]
    dropped = 0
    for widget in document["widgets"]:
        rows = widget["properties"]["metrics"]
        kept = [row for row in rows if not (row[1] == metric and row[3] in names)]
        dropped += len(rows) - len(kept)
        widget["properties"]["metrics"] = kept
    assert dropped == 1
    evidence = shown_on(json.dumps(document))
    missing = [e.expected for e in evidence.evidence if e.holds is False]
    assert len(missing) == 1
    assert metric in missing[0]
    assert part in missing[0]


def test_a_dashboard_that_is_not_known_may_show_it() -> None:
    assert verdict(shown_on(UNKNOWN)) is Verdict.UNDETERMINED


def test_a_dashboard_that_is_none_shows_nothing() -> None:
    assert verdict(shown_on("{")) is Verdict.FAILED


def test_a_stack_need_have_no_dashboard() -> None:
    evidence = asked(noticing.dashboards_show_failure_points, without(shipped(), BOARD))
    assert verdict(evidence) is Verdict.PASSED
