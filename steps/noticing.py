"""Is there an alarm for whatever goes wrong on the way, and would it ring?"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_bdd import then

from planproof.aws.datapath import DataPath
from planproof.evidence import Recorder
from planproof.terraform.stack import Resource, Stack
from planproof.values import is_unknown
from steps.pipeline import Pipeline
from steps.support.alarms import (
    Failure,
    Finding,
    Watch,
    findings,
    is_near,
    is_on,
    tells_of,
    watches,
)
from steps.support.dashboards import BadBodyError, shown
from steps.support.failure_points import Way
from steps.support.metrics import Metric, is_of_aws, is_there

_METRIC_ALARM = "aws_cloudwatch_metric_alarm"
_BODY = "the body of a dashboard"
_THERE = "a part of this stack, or one that every account has"


@then("a message in any dead-letter queue of the data path raises an alarm")
def dead_letters_ring(pipeline: Pipeline, data_path: DataPath, evidence: Recorder) -> None:
    """What was given up on, by the function or by EventBridge, waits there for somebody."""
    way = Way(pipeline, data_path)
    for edge in way.other_dead_letters():
        if edge.outside:
            evidence.warn(
                f"{edge.target} is no part of this stack, so its alarms are not known here"
            )
        else:
            holder, expected = edge.declared_by or str(edge.source), "a queue with an alarm"
            evidence.check(None, holder, expected=expected, found=str(edge.target))
    _each_rings(pipeline.stack, way.dead_letters(), evidence)


@then("a message that waits too long in any queue of the data path raises an alarm")
def old_messages_ring(pipeline: Pipeline, data_path: DataPath, evidence: Recorder) -> None:
    """In every queue that a function reads, before SQS throws the message away."""
    _each_rings(pipeline.stack, Way(pipeline, data_path).waiting(), evidence)


@then("an error of any function of the data path raises an alarm")
def errors_ring(pipeline: Pipeline, data_path: DataPath, evidence: Recorder) -> None:
    """The function failed as a whole, or ran out of time."""
    _each_rings(pipeline.stack, Way(pipeline, data_path).calls("Errors"), evidence)


@then("a throttled call of any function of the data path raises an alarm")
def throttles_ring(pipeline: Pipeline, data_path: DataPath, evidence: Recorder) -> None:
    """The function was not even called."""
    _each_rings(pipeline.stack, Way(pipeline, data_path).calls("Throttles"), evidence)


@then("a failed MediaConvert job raises an alarm")
def failed_jobs_ring(pipeline: Pipeline, data_path: DataPath, evidence: Recorder) -> None:
    """Of those in the queue that the function's jobs go to."""
    _each_rings(pipeline.stack, Way(pipeline, data_path).jobs(), evidence)


@then("an undelivered event of any EventBridge rule of the data path raises an alarm")
def undelivered_events_ring(pipeline: Pipeline, data_path: DataPath, evidence: Recorder) -> None:
    """A target that EventBridge gave up on."""
    failures = list(Way(pipeline, data_path).undelivered())
    if not failures:
        evidence.none_found("EventBridge rules of the data path", expected="an alarm on each")
    _each_rings(pipeline.stack, failures, evidence)


@then("every CloudWatch alarm names what is there")
def alarms_watch_what_is_there(stack: Stack, evidence: Recorder) -> None:
    """An alarm on what does not exist has no data, and never rings."""
    for alarm in stack.managed(_METRIC_ALARM):
        on = tuple(watches(alarm))
        if not on:
            evidence.check(None, alarm, "metric_query", expected=_THERE, found="an expression")
        for watch in on:
            metric = watch.metric(stack)
            if is_of_aws(metric.namespace):
                holds, found = is_there(stack, metric)
                attribute = watch.at("dimensions")
                evidence.check(holds, alarm, attribute, expected=_THERE, found=found)


@then("every CloudWatch dashboard names what is there")
def dashboards_show_what_is_there(stack: Stack, evidence: Recorder) -> None:
    """Each metric and each alarm on it. A stack without a dashboard has none that lies."""
    count = 0
    for dashboard in stack.managed("aws_cloudwatch_dashboard"):
        body = dashboard.get("dashboard_body")
        if is_unknown(body):
            count += 1
            evidence.check(None, dashboard, "dashboard_body", expected=_THERE)
            continue
        try:
            count += _shows_what_is_there(stack, dashboard, str(body), evidence)
        except BadBodyError as problem:
            count += 1
            expected = "the body of a dashboard"
            evidence.check(
                False, dashboard, "dashboard_body", expected=expected, found=str(problem)
            )
    if not count:
        evidence.none_found("metrics on CloudWatch dashboards", expected=_THERE)


@then("a CloudWatch dashboard, where there is one, shows what can go wrong on the data path")
def dashboards_show_the_way(pipeline: Pipeline, data_path: DataPath, evidence: Recorder) -> None:
    """Whatever has to have an alarm, and how many messages wait: on one dashboard or another."""
    stack = pipeline.stack
    boards = stack.managed("aws_cloudwatch_dashboard")
    expected = "the metrics that alarms are on"
    if not boards:
        evidence.none_found("CloudWatch dashboards", expected=expected)
        return
    lines: list[Metric] = []
    unseen = False
    for board in boards:
        body = board.get("dashboard_body")
        unseen = unseen or is_unknown(body)
        try:
            own = () if is_unknown(body) else tuple(shown(stack, board, str(body)))
        except BadBodyError as problem:
            evidence.check(False, board, "dashboard_body", expected=_BODY, found=str(problem))
            return
        lines += [line.metric for line in own if line.metric is not None]
    for failure in Way(pipeline, data_path).worth_seeing():
        verdicts = [tells_of(stack, line, failure) for line in lines]
        open_ = unseen or None in verdicts
        holds = True if True in verdicts else None if open_ else False
        found = "a line of it" if holds else "perhaps a line of it" if open_ else "no line of it"
        evidence.check(holds, boards[0], "dashboard_body", expected=str(failure), found=found)


def _shows_what_is_there(stack: Stack, dashboard: Resource, body: str, evidence: Recorder) -> int:
    own = {alarm.get("arn") for alarm in Pipeline(stack).alarms}
    count = 0
    for line in shown(stack, dashboard, body):
        if line.metric is None:
            holds: bool | None = True if line.alarm in own else None if _open(own) else False
            found = line.alarm
        elif is_of_aws(line.metric.namespace):
            holds, found = is_there(stack, line.metric)
        else:
            continue
        count += 1
        where = f" in {line.title!r}" if line.title else ""
        evidence.check(holds, dashboard, "dashboard_body", expected=f"{_THERE}{where}", found=found)
    return count


def _open(values: Iterable[object]) -> bool:
    return any(is_unknown(value) for value in values)


def _each_rings(stack: Stack, failures: Iterable[Failure], evidence: Recorder) -> None:
    """Of the alarms on the metric that tells of a failure one has to ring; the best is told of."""
    alarms = [w for alarm in stack.managed(_METRIC_ALARM) for w in watches(alarm)]
    for failure in failures:
        verdicts = [(watch, is_on(stack, watch, failure)) for watch in alarms]
        found = [(watch, findings(watch, failure)) for watch, verdict in verdicts if verdict]
        perhaps = [str(watch.alarm) for watch, verdict in verdicts if verdict is None]
        if found and (not perhaps or _holds(_best(found)[1])):
            watch, best = _best(found)
            for finding in best:
                evidence.check(
                    finding.holds, watch.alarm, finding.attribute, expected=finding.expected
                )
            continue
        near = [str(watch.alarm) for watch in alarms if is_near(stack, watch, failure)]
        nearest = f"none, but near it {', '.join(near)}" if near else "none"
        evidence.check(
            None if perhaps else False,
            failure.part,
            expected=f"an alarm on {failure.namespace} {failure.metric} of it",
            found=f"perhaps {', '.join(perhaps)}" if perhaps else nearest,
        )


Judged = tuple[Watch, tuple[Finding, ...]]


def _best(found: list[Judged]) -> Judged:
    def doubts(judged: Judged) -> tuple[bool, int]:
        verdicts = [finding.holds for finding in judged[1]]
        return False in verdicts, len(verdicts) - verdicts.count(True)

    return min(found, key=doubts)


def _holds(judged: tuple[Finding, ...]) -> bool:
    return all(finding.holds for finding in judged)
