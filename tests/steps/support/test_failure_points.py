"""The failure points of the data path, and whether the dashboard shows them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.evidence import Recorder
from planproof.values import UNKNOWN, Verdict
from steps import noticing
from tests.builders.resolved_stacks import verdict
from tests.builders.shipped import shipped, with_values
from tests.builders.stacks import resource
from tests.steps.alarm_steps import (
    ERRORS,
    EVENTS,
    JOBS,
    PARTS,
    REQUIRED_BY,
    failed,
    run,
    with_more,
    without,
)

# What counts as the way ----------------------------------------------------------------------


def test_a_function_outside_the_data_path_needs_no_alarm() -> None:
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
    assert verdict(run(noticing.errors_raise_alarm, stack)) is Verdict.PASSED
    nowhere = without(stack, "aws_s3_bucket_notification.input")
    assert failed(run(noticing.errors_raise_alarm, nowhere)) == [("aws_lambda_function.beside", "")]


def test_a_second_function_needs_its_own_alarms() -> None:
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
    assert failed(run(noticing.errors_raise_alarm, stack)) == [("aws_lambda_function.states", "")]


def test_without_an_input_bucket_every_edge_counts() -> None:
    stack = without(shipped(), "aws_s3_bucket_notification.input")
    for step in (
        noticing.old_messages_raise_alarm,
        noticing.dead_letters_raise_alarm,
        noticing.errors_raise_alarm,
    ):
        assert verdict(run(step, stack)) is Verdict.PASSED
        assert verdict(run(step, without(stack, *REQUIRED_BY))) is Verdict.FAILED


def test_without_dead_letter_queues_there_is_no_evidence() -> None:
    stack = shipped()
    for queue in ("aws_sqs_queue.processing", "aws_sqs_queue.status"):
        stack = with_values(stack, queue, redrive_policy=None)
    assert run(noticing.dead_letters_raise_alarm, stack).evidence == []


def test_an_unknown_dead_letter_queue_is_undetermined() -> None:
    nowhere = '{"maxReceiveCount": 3}'
    stack = with_values(shipped(), "aws_sqs_queue.status", redrive_policy=nowhere)
    assert verdict(run(noticing.dead_letters_raise_alarm, stack)) is Verdict.UNDETERMINED


def test_a_dead_letter_queue_outside_the_stack_is_a_warning() -> None:
    policy = (
        '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:lost", "maxReceiveCount": 3}'
    )
    stack = with_values(shipped(), "aws_sqs_queue.status", redrive_policy=policy)
    evidence = run(noticing.dead_letters_raise_alarm, stack)
    assert verdict(evidence) is Verdict.PASSED
    assert any(
        "function:lost" in w or "sqs:us-east-1:123456789012:lost" in w for w in evidence.warnings
    )


def test_the_dead_letter_queue_of_a_rule_needs_an_alarm() -> None:
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
    assert failed(run(noticing.dead_letters_raise_alarm, stack)) == [
        ("aws_sqs_queue.undelivered", "")
    ]


def test_a_job_queue_of_its_own() -> None:
    arn = "arn:aws:mediaconvert:us-east-1:123456789012:queues/films"
    function = shipped()[PARTS[ERRORS]]
    variables = {**function.get("environment.variables"), "QUEUE": arn}
    stack = with_values(shipped(), PARTS[ERRORS], environment=[{"variables": variables}])
    queue = resource("aws_media_convert_queue.films", name="films", id="films", arn=arn)
    stack = stack.with_resources([queue])
    found = run(noticing.failed_jobs_raise_alarm, stack)
    assert failed(found) == [("aws_media_convert_queue.films", "")]
    stack = with_values(stack, JOBS, dimensions={"Queue": arn})
    assert verdict(run(noticing.failed_jobs_raise_alarm, stack)) is Verdict.PASSED


def test_a_rule_of_another_bus_has_two_dimensions() -> None:
    rule, name = PARTS[EVENTS], shipped()[PARTS[EVENTS]].get("name")
    stack = with_values(shipped(), rule, event_bus_name="films")
    assert failed(run(noticing.undelivered_events_raise_alarm, stack)) == [(rule, "")]
    both = {"RuleName": name, "EventBusName": "films"}
    stack = with_values(stack, EVENTS, dimensions=both)
    assert verdict(run(noticing.undelivered_events_raise_alarm, stack)) is Verdict.PASSED
    stack = with_values(stack, EVENTS, dimensions={**both, "EventBusName": UNKNOWN})
    assert verdict(run(noticing.undelivered_events_raise_alarm, stack)) is Verdict.UNDETERMINED


def test_a_rule_without_targets_needs_its_alarm() -> None:
    stack = without(shipped(), "aws_cloudwatch_event_target.status_queue")
    assert verdict(run(noticing.undelivered_events_raise_alarm, stack)) is Verdict.PASSED
    assert (
        verdict(run(noticing.undelivered_events_raise_alarm, without(stack, EVENTS)))
        is Verdict.FAILED
    )


def test_a_data_path_without_rules_passes() -> None:
    stack = without(shipped(), PARTS[EVENTS], "aws_cloudwatch_event_target.status_queue")
    evidence = run(noticing.undelivered_events_raise_alarm, stack)
    assert [e.found for e in evidence.evidence] == ["none"]
    assert verdict(evidence) is Verdict.PASSED


# The dashboard -------------------------------------------------------------------------------

BOARD = "aws_cloudwatch_dashboard.pipeline"


def shown_on(body: Any) -> Recorder:
    return run(
        noticing.dashboards_show_failure_points, with_values(shipped(), BOARD, dashboard_body=body)
    )


def test_the_shipped_dashboard_shows_every_failure_point() -> None:
    evidence = run(noticing.dashboards_show_failure_points, shipped())
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


def test_an_unknown_dashboard_is_undetermined() -> None:
    assert verdict(shown_on(UNKNOWN)) is Verdict.UNDETERMINED


def test_an_invalid_dashboard_fails() -> None:
    assert verdict(shown_on("{")) is Verdict.FAILED


def test_a_stack_without_a_dashboard_passes() -> None:
    evidence = run(noticing.dashboards_show_failure_points, without(shipped(), BOARD))
    assert verdict(evidence) is Verdict.PASSED
