"""An alarm for each place where the way can end: the shipped stack with one thing changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from planproof.identities import Place
from planproof.recorder import Recorder
from planproof.references import Configuration
from planproof.results import Verdict
from planproof.stack import Resource, Stack
from planproof.values import UNKNOWN
from steps import noticing
from tests.made_inquiry import verdict
from tests.shipped import shipped, with_values
from tests.steps.scene import Scene

AGE = 'aws_cloudwatch_metric_alarm.queue_age["status"]'
LETTERS = 'aws_cloudwatch_metric_alarm.dead_letters["status"]'
ERRORS = "aws_cloudwatch_metric_alarm.function_errors"
THROTTLES = "aws_cloudwatch_metric_alarm.function_throttles"
JOBS = "aws_cloudwatch_metric_alarm.job_errors"
EVENTS = "aws_cloudwatch_metric_alarm.undelivered_events"

Step = Callable[..., None]
ASKED: dict[str, Step] = {
    AGE: noticing.old_messages_ring,
    LETTERS: noticing.dead_letters_ring,
    ERRORS: noticing.errors_ring,
    THROTTLES: noticing.throttles_ring,
    JOBS: noticing.failed_jobs_ring,
    EVENTS: noticing.undelivered_events_ring,
}
"""Alarm of the shipped stack → the step that asks for it."""
PARTS = {
    AGE: "aws_sqs_queue.status",
    LETTERS: "aws_sqs_queue.status_dead_letter",
    ERRORS: "aws_lambda_function.processor",
    THROTTLES: "aws_lambda_function.processor",
    JOBS: "arn:aws:mediaconvert:us-east-1:123456789012:queues/Default",
    EVENTS: "aws_cloudwatch_event_rule.job_state",
}
"""Alarm of the shipped stack → what it is on."""


def asked(step: Step, stack: Stack) -> Recorder:
    scene = Scene(stack)
    step(scene.pipeline, scene.path, scene.evidence)
    return scene.evidence


def changed(alarm: str, **values: Any) -> Recorder:
    """What is said of the stack in which that alarm is otherwise."""
    return asked(ASKED[alarm], with_values(shipped(), alarm, **values))


def failed(evidence: Recorder) -> list[tuple[str, str]]:
    return [(e.address, e.attribute) for e in evidence.evidence if e.holds is False]


def without(stack: Stack, *addresses: str) -> Stack:
    assert set(addresses) <= set(stack.resources)
    kept = {a: r for a, r in stack.resources.items() if a not in addresses}
    return replace(stack, resources=kept)


def with_more(stack: Stack, address: str, like: str, **values: Any) -> Stack:
    """The stack with another resource, which is like one of it but for some values."""
    old = stack[like]
    type_, name = address.split(".")
    new = Resource(address, old.mode, type_, name, None, "", {**old.values, **values})
    return stack.with_resources([new])


# Each failure has an alarm -------------------------------------------------------------------


@pytest.mark.parametrize("alarm", ASKED)
def test_the_shipped_stack_notices(alarm: str) -> None:
    evidence = asked(ASKED[alarm], shipped())
    assert verdict(evidence) is Verdict.PASSED
    seen = {e.attribute for e in evidence.evidence if e.address == alarm}
    assert seen >= {"namespace", "metric_name", "dimensions", "statistic", "comparison_operator"}
    assert seen >= {"threshold", "period", "evaluation_periods", "actions_enabled"}


@pytest.mark.parametrize("alarm", ASKED)
def test_without_the_alarm_it_is_the_part_that_is_told_of(alarm: str) -> None:
    assert failed(asked(ASKED[alarm], without(shipped(), alarm))) == [(PARTS[alarm], "")]


@pytest.mark.parametrize("alarm", ASKED)
@pytest.mark.parametrize(
    "values",
    [
        {"namespace": "AWS/EC2"},
        {"metric_name": "Invocations"},
        {"dimensions": {}},
        {"dimensions": None},
        {"dimensions": dict.fromkeys(["QueueName", "FunctionName", "Queue", "RuleName"], "x")},
    ],
    ids=str,
)
def test_an_alarm_on_something_else_is_none(alarm: str, values: dict[str, Any]) -> None:
    assert failed(changed(alarm, **values)) == [(PARTS[alarm], "")]


@pytest.mark.parametrize("alarm", ASKED)
def test_a_further_dimension_is_another_metric(alarm: str) -> None:
    dimensions = {**shipped()[alarm].get("dimensions"), "Resource": "x"}
    assert failed(changed(alarm, dimensions=dimensions)) == [(PARTS[alarm], "")]


def test_an_alarm_on_a_queue_of_the_same_stack_is_not_on_this_one() -> None:
    other = shipped()["aws_sqs_queue.processing_dead_letter"].get("name")
    evidence = changed(LETTERS, dimensions={"QueueName": other})
    assert failed(evidence) == [(PARTS[LETTERS], "")]


@pytest.mark.parametrize("alarm", ASKED)
@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("statistic", "SampleCount"),
        ("statistic", None),
        ("comparison_operator", "LessThanThreshold"),
        ("comparison_operator", "LessThanOrEqualToThreshold"),
        ("threshold", 400_000),
        ("threshold", -1),
        ("threshold", None),
        ("period", 0),
        ("period", 10),
        ("period", 90),
        ("period", 7200),
        ("period", None),
        ("evaluation_periods", 0),
        ("evaluation_periods", 61),
        ("evaluation_periods", None),
        ("datapoints_to_alarm", 9),
        ("actions_enabled", False),
        ("treat_missing_data", "breaching"),
        ("unit", "Percent"),
    ],
)
def test_an_alarm_that_would_not_ring(alarm: str, attribute: str, value: Any) -> None:
    assert (alarm, attribute) in failed(changed(alarm, **{attribute: value}))


@pytest.mark.parametrize("alarm", ASKED)
@pytest.mark.parametrize(
    "values",
    [
        {"statistic": "Maximum"},
        {"comparison_operator": "GreaterThanOrEqualToThreshold", "threshold": 1},
        {"threshold": 0.5},
        {"period": 720},
        {"evaluation_periods": 10, "datapoints_to_alarm": 1},
        {"treat_missing_data": None},
        {"actions_enabled": None},
        {"datapoints_to_alarm": 0},
    ],
    ids=str,
)
def test_an_alarm_that_is_otherwise_and_rings(alarm: str, values: dict[str, Any]) -> None:
    assert verdict(changed(alarm, **values)) is Verdict.PASSED


@pytest.mark.parametrize("alarm", ASKED)
@pytest.mark.parametrize(
    "attribute",
    [
        "namespace",
        "metric_name",
        "dimensions",
        "statistic",
        "comparison_operator",
        "threshold",
        "period",
        "evaluation_periods",
        "datapoints_to_alarm",
        "actions_enabled",
        "treat_missing_data",
        "unit",
    ],
)
def test_what_is_not_known_proves_nothing(alarm: str, attribute: str) -> None:
    assert verdict(changed(alarm, **{attribute: UNKNOWN})) is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    ("alarm", "expected"),
    [
        (AGE, Verdict.UNDETERMINED),  # its queue is named through for_each
        (LETTERS, Verdict.UNDETERMINED),
        (ERRORS, Verdict.PASSED),
        (THROTTLES, Verdict.PASSED),
        (EVENTS, Verdict.PASSED),
    ],
)
def test_references_decide_where_names_are_not_known(alarm: str, expected: Verdict) -> None:
    part = shipped()[PARTS[alarm]]
    names = {name: UNKNOWN for name in ("name", "function_name") if name in part.values}
    stack = with_values(shipped(), PARTS[alarm], **names)
    assert verdict(asked(ASKED[alarm], stack)) is expected
    stack = replace(stack, configuration=Configuration({}, {}, {}))
    assert verdict(asked(ASKED[alarm], stack)) is Verdict.UNDETERMINED


def test_one_alarm_that_rings_is_enough() -> None:
    stack = with_values(shipped(), ERRORS, threshold=100)
    assert verdict(asked(noticing.errors_ring, stack)) is Verdict.FAILED
    stack = with_more(stack, "aws_cloudwatch_metric_alarm.more", ERRORS, threshold=0)
    assert verdict(asked(noticing.errors_ring, stack)) is Verdict.PASSED
    stack = with_values(stack, "aws_cloudwatch_metric_alarm.more", threshold=UNKNOWN)
    assert verdict(asked(noticing.errors_ring, stack)) is Verdict.UNDETERMINED


# What happens once, and what lasts -----------------------------------------------------------


@pytest.mark.parametrize("alarm", [ERRORS, THROTTLES, JOBS, EVENTS])
def test_what_is_told_of_once_shows_in_one_datapoint(alarm: str) -> None:
    assert failed(changed(alarm, evaluation_periods=2)) == [(alarm, "evaluation_periods")]
    both = {"evaluation_periods": 3, "datapoints_to_alarm": 2}
    assert failed(changed(alarm, **both)) == [(alarm, "datapoints_to_alarm")]


@pytest.mark.parametrize("alarm", [ERRORS, THROTTLES, JOBS, EVENTS])
def test_one_failure_among_many_calls(alarm: str) -> None:
    assert failed(changed(alarm, statistic="Minimum")) == [(alarm, "statistic")]
    assert verdict(changed(alarm, statistic="Average")) is Verdict.PASSED
    rare = changed(alarm, statistic="Average", threshold=0.5)
    assert failed(rare) == [(alarm, "threshold")]


@pytest.mark.parametrize("alarm", [LETTERS, ERRORS, THROTTLES, JOBS, EVENTS])
@pytest.mark.parametrize(
    ("operator", "threshold"),
    [("GreaterThanThreshold", 1), ("GreaterThanOrEqualToThreshold", 0)],
)
def test_one_is_enough_and_none_is_not(alarm: str, operator: str, threshold: int) -> None:
    found = changed(alarm, comparison_operator=operator, threshold=threshold)
    assert failed(found) == [(alarm, "threshold")]


def test_a_dead_letter_may_be_seen_more_than_once() -> None:
    assert verdict(changed(LETTERS, evaluation_periods=3)) is Verdict.PASSED
    assert verdict(changed(LETTERS, statistic="Minimum")) is Verdict.PASSED
    short = with_values(shipped(), PARTS[LETTERS], message_retention_seconds=120)
    assert verdict(asked(noticing.dead_letters_ring, short)) is Verdict.PASSED
    late = with_values(short, LETTERS, evaluation_periods=3)
    assert failed(asked(noticing.dead_letters_ring, late)) == [(LETTERS, "evaluation_periods")]
    kept = with_values(shipped(), PARTS[LETTERS], message_retention_seconds=UNKNOWN)
    assert verdict(asked(noticing.dead_letters_ring, kept)) is Verdict.UNDETERMINED


def test_an_old_message_rings_before_it_is_lost() -> None:
    assert failed(changed(AGE, threshold=0)) == [(AGE, "threshold")]
    lost = with_values(shipped(), PARTS[AGE], message_retention_seconds=1_140)
    assert failed(asked(noticing.old_messages_ring, lost)) == [(AGE, "threshold")]
    kept = with_values(shipped(), PARTS[AGE], message_retention_seconds=1_141)
    assert verdict(asked(noticing.old_messages_ring, kept)) is Verdict.PASSED
    unset = with_values(shipped(), PARTS[AGE], message_retention_seconds=None)
    assert verdict(asked(noticing.old_messages_ring, unset)) is Verdict.PASSED
    perhaps = with_values(shipped(), PARTS[AGE], message_retention_seconds=UNKNOWN)
    assert verdict(asked(noticing.old_messages_ring, perhaps)) is Verdict.UNDETERMINED


# Metric math ---------------------------------------------------------------------------------

PLAIN = {"metric_name": None, "namespace": None, "dimensions": None, "period": None}


def query(alarm: str, **values: Any) -> dict[str, Any]:
    old = shipped()[alarm]
    metric = {name: old.get(name) for name in ("metric_name", "namespace", "dimensions", "period")}
    return {"id": "m", "metric": [{**metric, "stat": old.get("statistic"), **values}]}


@pytest.mark.parametrize("alarm", ASKED)
def test_one_metric_in_a_query_is_as_good(alarm: str) -> None:
    plain = {**PLAIN, "statistic": None}
    assert verdict(changed(alarm, **plain, metric_query=[query(alarm)])) is Verdict.PASSED
    found = changed(alarm, **plain, metric_query=[query(alarm, stat="p50")])
    assert failed(found) == [(alarm, "metric_query.0.metric.0.stat")]


@pytest.mark.parametrize("alarm", ASKED)
def test_metric_math_is_not_decided(alarm: str) -> None:
    math = {"id": "e", "expression": "m * 2", "metric": []}
    found = changed(alarm, **PLAIN, metric_query=[query(alarm), math])
    assert verdict(found) is Verdict.UNDETERMINED
    elsewhere = {**query(alarm), "account_id": "111122223333"}
    assert verdict(changed(alarm, **PLAIN, metric_query=[elsewhere])) is Verdict.UNDETERMINED
    assert verdict(changed(alarm, **PLAIN, metric_query=UNKNOWN)) is Verdict.UNDETERMINED


def test_metric_math_on_something_else_is_no_alarm_on_this() -> None:
    math = [query(ERRORS), {"id": "e", "expression": "m * 2", "metric": []}]
    assert failed(changed(LETTERS, **PLAIN, metric_query=math)) == [(PARTS[LETTERS], "")]


def test_percentiles_are_not_decided() -> None:
    found = changed(ERRORS, statistic=None, extended_statistic="p99")
    assert verdict(found) is Verdict.UNDETERMINED


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
    assert verdict(asked(noticing.errors_ring, stack)) is Verdict.PASSED
    nowhere = without(stack, "aws_s3_bucket_notification.input")
    assert failed(asked(noticing.errors_ring, nowhere)) == [("aws_lambda_function.beside", "")]


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
    assert failed(asked(noticing.errors_ring, stack)) == [("aws_lambda_function.states", "")]


def test_where_nobody_knows_where_the_way_begins_everything_counts() -> None:
    stack = without(shipped(), "aws_s3_bucket_notification.input")
    for step in (noticing.old_messages_ring, noticing.dead_letters_ring, noticing.errors_ring):
        assert verdict(asked(step, stack)) is Verdict.PASSED
        assert verdict(asked(step, without(stack, *ASKED))) is Verdict.FAILED


def test_a_way_without_dead_letter_queues_proves_nothing_of_them() -> None:
    stack = shipped()
    for queue in ("aws_sqs_queue.processing", "aws_sqs_queue.status"):
        stack = with_values(stack, queue, redrive_policy=None)
    assert asked(noticing.dead_letters_ring, stack).evidence == []


def test_a_dead_letter_queue_that_nobody_knows() -> None:
    nowhere = '{"maxReceiveCount": 3}'
    stack = with_values(shipped(), "aws_sqs_queue.status", redrive_policy=nowhere)
    assert verdict(asked(noticing.dead_letters_ring, stack)) is Verdict.UNDETERMINED


def test_a_dead_letter_queue_of_somebody_else_is_theirs_to_watch() -> None:
    policy = (
        '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:lost", "maxReceiveCount": 3}'
    )
    stack = with_values(shipped(), "aws_sqs_queue.status", redrive_policy=policy)
    evidence = asked(noticing.dead_letters_ring, stack)
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
    assert failed(asked(noticing.dead_letters_ring, stack)) == [("aws_sqs_queue.undelivered", "")]


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
    found = asked(noticing.failed_jobs_ring, stack)
    assert failed(found) == [("aws_media_convert_queue.films", "")]
    stack = with_values(stack, JOBS, dimensions={"Queue": arn})
    assert verdict(asked(noticing.failed_jobs_ring, stack)) is Verdict.PASSED


def test_a_rule_of_another_bus_goes_by_both_names() -> None:
    rule, name = PARTS[EVENTS], shipped()[PARTS[EVENTS]].get("name")
    stack = with_values(shipped(), rule, event_bus_name="films")
    assert failed(asked(noticing.undelivered_events_ring, stack)) == [(rule, "")]
    both = {"RuleName": name, "EventBusName": "films"}
    stack = with_values(stack, EVENTS, dimensions=both)
    assert verdict(asked(noticing.undelivered_events_ring, stack)) is Verdict.PASSED
    stack = with_values(stack, EVENTS, dimensions={**both, "EventBusName": UNKNOWN})
    assert verdict(asked(noticing.undelivered_events_ring, stack)) is Verdict.UNDETERMINED


def test_an_alarm_in_another_region_sees_nothing() -> None:
    elsewhere = Place("aws", "eu-west-1", "123456789012")
    providers = {**shipped().configuration.resources}
    declared = shipped()[ERRORS].declared
    providers[declared] = {**providers[declared], "provider_config_key": "aws.west"}
    stack = replace(
        shipped(),
        configuration=replace(shipped().configuration, resources=providers),
        places={**shipped().places, "aws.west": elsewhere},
    )
    assert stack.place(stack[ERRORS]) == elsewhere
    assert failed(asked(noticing.errors_ring, stack)) == [(PARTS[ERRORS], "")]
