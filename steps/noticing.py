"""Alarms and dashboards for the failures of the data path."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from pytest_bdd import then

from planproof.aws.datapath import DataPath
from planproof.evidence import Recorder
from planproof.terraform.stack import Resource, Stack
from planproof.values import any_of, is_unknown
from steps.support.alarms import (
    AlarmMetric,
    FailureMetric,
    Finding,
    alarm_metrics,
    findings,
    is_failure_metric,
    monitors,
    nearly_monitors,
)
from steps.support.dashboards import DashboardBodyError, dashboard_entries
from steps.support.failure_points import FailurePoints
from steps.support.metrics import Metric, exists, is_of_aws
from steps.support.pipeline import Pipeline

_METRIC_ALARM = "aws_cloudwatch_metric_alarm"
_VALID_BODY = "a valid dashboard body"
_EXISTS = "a resource of this stack, or one that every account has"


@pytest.fixture(scope="session")
def failure_points(pipeline: Pipeline, data_path: DataPath) -> FailurePoints:
    """The failures that an upload can meet."""
    return FailurePoints(pipeline, data_path)


@then("a message in any dead-letter queue of the data path raises an alarm")
def dead_letters_raise_alarm(failure_points: FailurePoints, evidence: Recorder) -> None:
    """For the dead-letter queues of SQS queues and of EventBridge targets."""
    for edge in failure_points.external_dead_letter_edges():
        if edge.outside:
            evidence.warn(f"{edge.target} is outside this stack, so its alarms are not known")
        else:
            holder, expected = edge.declared_by or str(edge.source), "a queue with an alarm"
            evidence.check(None, holder, expected=expected, found=str(edge.target))
    _each_raises_alarm(failure_points, failure_points.dead_letters(), evidence)


@then("a message that waits too long in any queue of the data path raises an alarm")
def old_messages_raise_alarm(failure_points: FailurePoints, evidence: Recorder) -> None:
    """In every queue that a function reads, before the message expires."""
    _each_raises_alarm(failure_points, failure_points.waiting_messages(), evidence)


@then("an error of any function of the data path raises an alarm")
def errors_raise_alarm(failure_points: FailurePoints, evidence: Recorder) -> None:
    """The invocation failed or timed out."""
    _each_raises_alarm(failure_points, failure_points.invocations("Errors"), evidence)


@then("a throttled call of any function of the data path raises an alarm")
def throttles_raise_alarm(failure_points: FailurePoints, evidence: Recorder) -> None:
    """Lambda rejected the invocation."""
    _each_raises_alarm(failure_points, failure_points.invocations("Throttles"), evidence)


@then("a failed MediaConvert job raises an alarm")
def failed_jobs_raise_alarm(failure_points: FailurePoints, evidence: Recorder) -> None:
    """A job in the queue that the function submits jobs to."""
    _each_raises_alarm(failure_points, failure_points.failed_jobs(), evidence)


@then("an undelivered event of any EventBridge rule of the data path raises an alarm")
def undelivered_events_raise_alarm(failure_points: FailurePoints, evidence: Recorder) -> None:
    """An event that EventBridge could not deliver to a target."""
    failures = list(failure_points.failed_deliveries())
    if not failures:
        evidence.none_found("EventBridge rules of the data path", expected="an alarm on each")
    _each_raises_alarm(failure_points, failures, evidence)


@then("every CloudWatch alarm names what is there")
def alarms_watch_existing_metrics(stack: Stack, evidence: Recorder) -> None:
    """An alarm on a resource that does not exist has no data and never goes off."""
    for alarm in stack.managed(_METRIC_ALARM):
        on = tuple(alarm_metrics(alarm))
        if not on:
            evidence.check(None, alarm, "metric_query", expected=_EXISTS, found="an expression")
        for alarmed in on:
            metric = alarmed.metric(stack)
            if is_of_aws(metric.namespace):
                holds, found = exists(stack, metric)
                attribute = alarmed.at("dimensions")
                evidence.check(holds, alarm, attribute, expected=_EXISTS, found=found)


@then("every CloudWatch dashboard names what is there")
def dashboards_show_existing_metrics(stack: Stack, evidence: Recorder) -> None:
    """Each metric and alarm on a dashboard; a stack without dashboards passes."""
    count = 0
    for dashboard in stack.managed("aws_cloudwatch_dashboard"):
        body = dashboard.get("dashboard_body")
        if is_unknown(body):
            count += 1
            evidence.check(None, dashboard, "dashboard_body", expected=_EXISTS)
            continue
        try:
            count += _record_entries(stack, dashboard, str(body), evidence)
        except DashboardBodyError as problem:
            count += 1
            evidence.check(
                False, dashboard, "dashboard_body", expected=_VALID_BODY, found=str(problem)
            )
    if not count:
        evidence.none_found("metrics on CloudWatch dashboards", expected=_EXISTS)


@then("a CloudWatch dashboard, where there is one, shows what can go wrong on the data path")
def dashboards_show_failure_points(failure_points: FailurePoints, evidence: Recorder) -> None:
    """Each metric that needs an alarm, and the number of waiting messages, on any dashboard."""
    stack = failure_points.stack
    boards = stack.managed("aws_cloudwatch_dashboard")
    expected = "a dashboard with the metrics that need alarms"
    if not boards:
        evidence.none_found("CloudWatch dashboards", expected=expected)
        return
    lines: list[Metric] = []
    unknown_body = False
    for board in boards:
        body = board.get("dashboard_body")
        unknown_body = unknown_body or is_unknown(body)
        try:
            own = () if is_unknown(body) else tuple(dashboard_entries(stack, board, str(body)))
        except DashboardBodyError as problem:
            evidence.check(False, board, "dashboard_body", expected=_VALID_BODY, found=str(problem))
            return
        lines += [line.metric for line in own if line.metric is not None]
    for failure in failure_points.for_dashboards():
        on_dashboard = (is_failure_metric(stack, line, failure) for line in lines)
        holds = any_of((*on_dashboard, None if unknown_body else False))
        found = {True: "on a dashboard", None: "possibly on a dashboard", False: "on no dashboard"}
        evidence.check(
            holds, boards[0], "dashboard_body", expected=str(failure), found=found[holds]
        )


def _record_entries(stack: Stack, dashboard: Resource, body: str, evidence: Recorder) -> int:
    own = {alarm.get("arn") for alarm in Pipeline(stack).alarms}
    count = 0
    for line in dashboard_entries(stack, dashboard, body):
        if line.metric is None:
            holds = any_of(None if is_unknown(arn) else arn == line.alarm for arn in own)
            found = line.alarm
        elif is_of_aws(line.metric.namespace):
            holds, found = exists(stack, line.metric)
        else:
            continue
        count += 1
        where = f" in {line.title!r}" if line.title else ""
        evidence.check(
            holds, dashboard, "dashboard_body", expected=f"{_EXISTS}{where}", found=found
        )
    return count


def _each_raises_alarm(
    failure_points: FailurePoints, failures: Iterable[FailureMetric], evidence: Recorder
) -> None:
    """Record for each failure whether an alarm goes off; of several alarms, the best counts."""
    stack = failure_points.stack
    alarms = [w for alarm in stack.managed(_METRIC_ALARM) for w in alarm_metrics(alarm)]
    for failure in failures:
        verdicts = [(alarmed, monitors(stack, alarmed, failure)) for alarmed in alarms]
        found = [(alarmed, findings(alarmed, failure)) for alarmed, verdict in verdicts if verdict]
        possible = [str(alarmed.alarm) for alarmed, verdict in verdicts if verdict is None]
        best = min(found, key=_doubts, default=None)
        if best is not None and (not possible or all(one.holds for one in best[1])):
            alarm = best[0].alarm
            for finding in best[1]:
                evidence.check(finding.holds, alarm, finding.attribute, expected=finding.expected)
            continue
        near = [str(one.alarm) for one in alarms if nearly_monitors(stack, one, failure)]
        nearest = f"none; the nearest is {', '.join(near)}" if near else "none"
        evidence.check(
            None if possible else False,
            failure.part,
            expected=f"an alarm on {failure.namespace} {failure.metric} of it",
            found=f"possibly {', '.join(possible)}" if possible else nearest,
        )


def _doubts(judged: tuple[AlarmMetric, tuple[Finding, ...]]) -> tuple[bool, int]:
    """The less, the better the alarm."""
    verdicts = [finding.holds for finding in judged[1]]
    return False in verdicts, len(verdicts) - verdicts.count(True)
