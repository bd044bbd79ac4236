"""Every failure point needs an alarm, and one that goes off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from planproof.terraform.identities import ProviderLocation
from planproof.terraform.references import Configuration
from planproof.values import UNKNOWN, Verdict
from steps import noticing
from tests.builders.resolved_stacks import verdict
from tests.builders.shipped import shipped, with_values
from tests.steps.alarm_steps import (
    AGE,
    ERRORS,
    EVENTS,
    JOBS,
    LETTERS,
    PARTS,
    REQUIRED_BY,
    THROTTLES,
    changed,
    failed,
    run,
    with_more,
    without,
)

# Each failure has an alarm -------------------------------------------------------------------


@pytest.mark.parametrize("alarm", REQUIRED_BY)
def test_the_shipped_stack_has_every_alarm(alarm: str) -> None:
    evidence = run(REQUIRED_BY[alarm], shipped())
    assert verdict(evidence) is Verdict.PASSED
    seen = {e.attribute for e in evidence.evidence if e.address == alarm}
    assert seen >= {"namespace", "metric_name", "dimensions", "statistic", "comparison_operator"}
    assert seen >= {"threshold", "period", "evaluation_periods", "actions_enabled"}


@pytest.mark.parametrize("alarm", REQUIRED_BY)
def test_a_missing_alarm_is_reported_at_the_resource(alarm: str) -> None:
    assert failed(run(REQUIRED_BY[alarm], without(shipped(), alarm))) == [(PARTS[alarm], "")]


@pytest.mark.parametrize("alarm", REQUIRED_BY)
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
def test_an_alarm_on_another_metric_does_not_count(alarm: str, values: dict[str, Any]) -> None:
    assert failed(changed(alarm, **values)) == [(PARTS[alarm], "")]


@pytest.mark.parametrize("alarm", REQUIRED_BY)
def test_a_further_dimension_is_another_metric(alarm: str) -> None:
    dimensions = {**shipped()[alarm].get("dimensions"), "Resource": "x"}
    assert failed(changed(alarm, dimensions=dimensions)) == [(PARTS[alarm], "")]


def test_an_alarm_on_another_queue_does_not_count() -> None:
    other = shipped()["aws_sqs_queue.processing_dead_letter"].get("name")
    evidence = changed(LETTERS, dimensions={"QueueName": other})
    assert failed(evidence) == [(PARTS[LETTERS], "")]


@pytest.mark.parametrize("alarm", REQUIRED_BY)
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
def test_an_alarm_that_would_not_go_off(alarm: str, attribute: str, value: Any) -> None:
    assert (alarm, attribute) in failed(changed(alarm, **{attribute: value}))


@pytest.mark.parametrize("alarm", REQUIRED_BY)
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
def test_a_different_alarm_that_goes_off(alarm: str, values: dict[str, Any]) -> None:
    assert verdict(changed(alarm, **values)) is Verdict.PASSED


@pytest.mark.parametrize("alarm", REQUIRED_BY)
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
def test_unknown_values_are_undetermined(alarm: str, attribute: str) -> None:
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
def test_references_decide_while_names_are_unknown(alarm: str, expected: Verdict) -> None:
    part = shipped()[PARTS[alarm]]
    names = {name: UNKNOWN for name in ("name", "function_name") if name in part.values}
    stack = with_values(shipped(), PARTS[alarm], **names)
    assert verdict(run(REQUIRED_BY[alarm], stack)) is expected
    stack = replace(stack, configuration=Configuration({}, {}, {}))
    assert verdict(run(REQUIRED_BY[alarm], stack)) is Verdict.UNDETERMINED


def test_one_alarm_that_goes_off_is_enough() -> None:
    stack = with_values(shipped(), ERRORS, threshold=100)
    assert verdict(run(noticing.errors_raise_alarm, stack)) is Verdict.FAILED
    stack = with_more(stack, "aws_cloudwatch_metric_alarm.more", ERRORS, threshold=0)
    assert verdict(run(noticing.errors_raise_alarm, stack)) is Verdict.PASSED
    stack = with_values(stack, "aws_cloudwatch_metric_alarm.more", threshold=UNKNOWN)
    assert verdict(run(noticing.errors_raise_alarm, stack)) is Verdict.UNDETERMINED


# What happens once, and what lasts -----------------------------------------------------------


@pytest.mark.parametrize("alarm", [ERRORS, THROTTLES, JOBS, EVENTS])
def test_a_single_failure_shows_in_one_datapoint(alarm: str) -> None:
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


def test_a_dead_letter_shows_in_several_datapoints() -> None:
    assert verdict(changed(LETTERS, evaluation_periods=3)) is Verdict.PASSED
    assert verdict(changed(LETTERS, statistic="Minimum")) is Verdict.PASSED
    short = with_values(shipped(), PARTS[LETTERS], message_retention_seconds=120)
    assert verdict(run(noticing.dead_letters_raise_alarm, short)) is Verdict.PASSED
    late = with_values(short, LETTERS, evaluation_periods=3)
    assert failed(run(noticing.dead_letters_raise_alarm, late)) == [(LETTERS, "evaluation_periods")]
    kept = with_values(shipped(), PARTS[LETTERS], message_retention_seconds=UNKNOWN)
    assert verdict(run(noticing.dead_letters_raise_alarm, kept)) is Verdict.UNDETERMINED


def test_an_old_message_raises_an_alarm_before_it_expires() -> None:
    assert failed(changed(AGE, threshold=0)) == [(AGE, "threshold")]
    lost = with_values(shipped(), PARTS[AGE], message_retention_seconds=1_140)
    assert failed(run(noticing.old_messages_raise_alarm, lost)) == [(AGE, "threshold")]
    kept = with_values(shipped(), PARTS[AGE], message_retention_seconds=1_141)
    assert verdict(run(noticing.old_messages_raise_alarm, kept)) is Verdict.PASSED
    unset = with_values(shipped(), PARTS[AGE], message_retention_seconds=None)
    assert verdict(run(noticing.old_messages_raise_alarm, unset)) is Verdict.PASSED
    perhaps = with_values(shipped(), PARTS[AGE], message_retention_seconds=UNKNOWN)
    assert verdict(run(noticing.old_messages_raise_alarm, perhaps)) is Verdict.UNDETERMINED


# Metric math ---------------------------------------------------------------------------------

PLAIN = {"metric_name": None, "namespace": None, "dimensions": None, "period": None}


def query(alarm: str, **values: Any) -> dict[str, Any]:
    old = shipped()[alarm]
    metric = {name: old.get(name) for name in ("metric_name", "namespace", "dimensions", "period")}
    return {"id": "m", "metric": [{**metric, "stat": old.get("statistic"), **values}]}


@pytest.mark.parametrize("alarm", REQUIRED_BY)
def test_one_metric_in_a_query_is_as_good(alarm: str) -> None:
    plain = {**PLAIN, "statistic": None}
    assert verdict(changed(alarm, **plain, metric_query=[query(alarm)])) is Verdict.PASSED
    found = changed(alarm, **plain, metric_query=[query(alarm, stat="p50")])
    assert failed(found) == [(alarm, "metric_query.0.metric.0.stat")]


@pytest.mark.parametrize("alarm", REQUIRED_BY)
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


@pytest.mark.parametrize("alarm", REQUIRED_BY)
def test_the_nearest_alarms_are_named(alarm: str) -> None:
    found = changed(alarm, dimensions={"QueueName": "lost"}).evidence[-1].found
    assert found.startswith("none; the nearest is ")
    assert alarm in found


def test_an_alarm_in_another_region_has_no_data() -> None:
    elsewhere = ProviderLocation("aws", "eu-west-1", "123456789012")
    providers = {**shipped().configuration.resources}
    declared = shipped()[ERRORS].declared
    providers[declared] = {**providers[declared], "provider_config_key": "aws.west"}
    stack = replace(
        shipped(),
        configuration=replace(shipped().configuration, resources=providers),
        provider_locations={**shipped().provider_locations, "aws.west": elsewhere},
    )
    assert stack.provider_location(stack[ERRORS]) == elsewhere
    assert failed(run(noticing.errors_raise_alarm, stack)) == [(PARTS[ERRORS], "")]
