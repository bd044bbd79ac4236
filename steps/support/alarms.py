"""Whether an alarm goes off on a failure.

It must be on the metric that the failure shows in, stay in OK without failures, and go off at the
first one. Sources: CloudWatch API Reference, "PutMetricAlarm"; CloudWatch User Guide,
"Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from planproof.aws.datapath.locations import location_of
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, Value, all_of, is_unknown
from steps.support.metrics import Metric, dimension_names, may_be_in

ABOVE: Final = "GreaterThanThreshold"
FROM: Final = "GreaterThanOrEqualToThreshold"
MAX_SPAN: Final = 3_600
"""The longest evaluation range of an alarm in seconds: it must go off soon, and return to OK
before the next failure, which would notify no one otherwise."""
_MISSING: Final = (None, "", "missing", "notBreaching", "ignore")


@dataclass(frozen=True, slots=True)
class FailureMetric:
    """A kind of failure, and the metric that it shows in.

    Attributes:
        part: the resource that fails; the dimension's value for one outside the stack.
        dimension: the dimension that names the part.
        unit: the metric's unit.
        lasts: seconds for which a failure shows in the metric; 0 for one datapoint, None if
            unknown.
        grows: whether the metric is the age of the failure in seconds.
        others: further dimensions of the metric, with their values.
    """

    namespace: str
    metric: str
    part: Resource | str
    dimension: str
    unit: str = "Count"
    lasts: int | None = 0
    grows: bool = False
    others: Mapping[str, str] | None = None

    def __str__(self) -> str:
        return f"{self.namespace} {self.metric} of {self.part}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether one attribute of an alarm lets it go off as it should."""

    holds: Truth
    attribute: str
    expected: str


@dataclass(frozen=True, slots=True)
class AlarmMetric:
    """One metric of an alarm.

    Attributes:
        path: prefix of the metric's attribute paths, such as ``metric_query.0.metric.0.``.
        is_math: whether it is only an operand of a metric math expression.
    """

    alarm: Resource
    path: str = ""
    is_math: bool = False

    def at(self, name: str) -> str:
        """The path of an attribute of the metric."""
        if self.path and name == "statistic":
            name = "stat"
        return f"{self.path}{name}"

    def get(self, name: str) -> Value:
        """The value of an attribute of the metric."""
        return self.alarm.get(self.at(name))

    def metric(self, stack: Stack) -> Metric:
        """The CloudWatch metric."""
        location = location_of(stack, self.alarm)
        path = self.at("dimensions")
        values = (self.get(name) for name in ("namespace", "metric_name", "dimensions"))
        return Metric(*values, location, self.alarm, path)


def alarm_metrics(alarm: Resource) -> Iterator[AlarmMetric]:
    """The metrics of an ``aws_cloudwatch_metric_alarm``."""
    queries = alarm.get("metric_query")
    if is_unknown(queries) or not queries:
        yield AlarmMetric(alarm, is_math=is_unknown(queries) and alarm.get("metric_name") is None)
        return
    alone = len(queries) == 1 and not is_unknown(queries[0]) and not queries[0].get("account_id")
    for i, query in enumerate(queries):
        if is_unknown(query) or query.get("metric"):
            yield AlarmMetric(alarm, f"metric_query.{i}.metric.0.", is_math=not alone)


def monitors(stack: Stack, alarmed: AlarmMetric, failure: FailureMetric) -> Truth:
    """Whether an alarm is on the metric that a failure shows in."""
    metric = alarmed.metric(stack)
    if alarmed.is_math and metric.namespace is None:
        return None
    return is_failure_metric(stack, metric, failure)


def is_failure_metric(stack: Stack, metric: Metric, failure: FailureMetric) -> Truth:
    """Whether a metric is the one that a failure shows in."""
    return all_of(_matches(stack, metric, failure))


def nearly_monitors(stack: Stack, alarmed: AlarmMetric, failure: FailureMetric) -> bool:
    """Whether an alarm's metric differs in only one respect from that of a failure."""
    return _matches(stack, alarmed.metric(stack), failure).count(False) == 1


def _matches(stack: Stack, metric: Metric, failure: FailureMetric) -> tuple[Truth, ...]:
    part = failure.part
    if not isinstance(part, str) and not may_be_in(stack, part, metric.location):
        return (False, False)
    named = (
        dimension_names(stack, metric, failure.namespace, failure.dimension, part),
        _no_others(metric.dimensions, failure),
    )
    return (
        _same(metric.namespace, failure.namespace),
        _same(metric.name, failure.metric),
        all_of(named),
    )


def findings(alarmed: AlarmMetric, failure: FailureMetric) -> tuple[Finding, ...]:
    """Every attribute that decides whether an alarm on the metric goes off as it should."""
    if alarmed.is_math:
        return (Finding(None, "metric_query", "an alarm on the metric itself"),)
    return tuple(_findings(alarmed, failure))


def _findings(alarmed: AlarmMetric, failure: FailureMetric) -> Iterator[Finding]:
    yield Finding(True, alarmed.at("namespace"), failure.namespace)
    yield Finding(True, alarmed.at("metric_name"), failure.metric)
    yield Finding(True, alarmed.at("dimensions"), f"{failure.dimension} of {failure.part}")
    yield _statistic(alarmed, failure)
    yield from _crossing(alarmed, failure)
    yield _period(alarmed)
    yield from _datapoints(alarmed, failure)
    enabled = alarmed.alarm.get("actions_enabled")
    holds = None if is_unknown(enabled) else enabled is None or enabled is True
    yield Finding(holds, "actions_enabled", "true, or the alarm notifies no one")
    treated = alarmed.alarm.get("treat_missing_data")
    holds = None if is_unknown(treated) else treated in _MISSING
    yield Finding(holds, "treat_missing_data", "no alarm while there is no data")
    unit = alarmed.get("unit")
    if unit not in (None, ""):
        expected = f"{failure.unit}, the unit of the metric, or none"
        yield Finding(_same(unit, failure.unit), alarmed.at("unit"), expected)


def _statistic(alarmed: AlarmMetric, failure: FailureMetric) -> Finding:
    # The minimum hides a single failure among successful calls.
    good = ("Average", "Maximum", "Sum", *(("Minimum",) if failure.lasts != 0 else ()))
    value = alarmed.get("statistic")
    expected = f"one that shows a single failure: {', '.join(good)}"
    extended = None if alarmed.path else alarmed.alarm.get("extended_statistic")
    if value in (None, "") and extended not in (None, ""):
        return Finding(None, "extended_statistic", expected)
    return Finding(None if is_unknown(value) else value in good, alarmed.at("statistic"), expected)


def _crossing(alarmed: AlarmMetric, failure: FailureMetric) -> Iterator[Finding]:
    operator, threshold = (alarmed.alarm.get("comparison_operator"), alarmed.alarm.get("threshold"))
    above = None if is_unknown(operator) else operator in (ABOVE, FROM)
    yield Finding(above, "comparison_operator", f"{ABOVE} or {FROM}")
    if above is False:
        return
    expected = "crossed by one failure, and not crossed without any"
    if failure.grows:
        known = failure.lasts is not None
        after = f" after {failure.lasts} seconds" if known else ""
        expected = f"more than 0, and crossed before the message expires{after}"
    holds: Truth = None
    if above and not is_unknown(threshold):
        is_number = isinstance(threshold, (int, float)) and not isinstance(threshold, bool)
        holds = _is_crossed(alarmed, failure, operator, threshold) if is_number else False
    yield Finding(holds, "threshold", expected)


def _is_crossed(
    alarmed: AlarmMetric, failure: FailureMetric, operator: str, threshold: float
) -> Truth:
    if failure.grows:
        waits = _alarm_delay(alarmed)
        if threshold <= 0:
            return False
        return None if failure.lasts is None or waits is None else threshold + waits < failure.lasts
    if failure.lasts == 0 and alarmed.get("statistic") == "Average":
        # One failure among many calls gives a very small average.
        return operator == ABOVE and threshold == 0
    return 0 <= threshold < 1 if operator == ABOVE else 0 < threshold <= 1


def _period(alarmed: AlarmMetric) -> Finding:
    """AWS reports its metrics once a minute; with shorter periods most have no data."""
    period = alarmed.get("period")
    holds: Truth = None
    if not is_unknown(period):
        holds = _positive(period) and period % 60 == 0 and period <= MAX_SPAN
    return Finding(holds, alarmed.at("period"), f"a multiple of 60, {MAX_SPAN} seconds at most")


def _datapoints(alarmed: AlarmMetric, failure: FailureMetric) -> Iterator[Finding]:
    alarm, period = alarmed.alarm, alarmed.get("period")
    periods, needed = alarm.get("evaluation_periods"), alarm.get("datapoints_to_alarm")
    evaluated = None if is_unknown(periods) else _positive(periods)
    if evaluated and _positive(period) and periods * period > MAX_SPAN:
        evaluated = False
    span = f"{MAX_SPAN} seconds in total at most"
    if failure.lasts == 0:
        expected = "1, since a failure shows in one datapoint"
    elif failure.grows or failure.lasts is None:
        expected = "at least 1"
    else:
        expected = f"all within the {failure.lasts} seconds for which the failure shows"
    if not is_unknown(needed) and needed in (None, 0):
        enough = evaluated and _shows_in_enough_datapoints(alarmed, failure, periods)
        yield Finding(enough, "evaluation_periods", f"{expected}; {span}")
        return
    yield Finding(evaluated, "evaluation_periods", f"at least 1; {span}")
    enough = _shows_in_enough_datapoints(alarmed, failure, needed)
    if enough and evaluated is not None and _positive(periods):
        enough = bool(needed <= periods)
    expected += ", and not more than evaluation_periods"
    yield Finding(enough, "datapoints_to_alarm", expected)


def _shows_in_enough_datapoints(
    alarmed: AlarmMetric, failure: FailureMetric, needed: Value
) -> Truth:
    """Whether a failure shows in as many datapoints as the alarm needs."""
    if is_unknown(needed):
        return None
    if not _positive(needed):
        return False
    if failure.lasts == 0:
        return bool(needed == 1)
    waits = _alarm_delay(alarmed)
    if failure.grows or waits is None:  # decided by the threshold or the period
        return True
    return None if failure.lasts is None else waits < failure.lasts


def _alarm_delay(alarmed: AlarmMetric) -> int | None:
    """Seconds between the first breaching datapoint and the last that the alarm needs."""
    alarm, period = alarmed.alarm, alarmed.get("period")
    needed = alarm.get("datapoints_to_alarm")
    if not is_unknown(needed) and needed in (None, 0):
        needed = alarm.get("evaluation_periods")
    if not _positive(needed) or not _positive(period):
        return None
    return int((needed - 1) * period)


def _no_others(dimensions: Value, failure: FailureMetric) -> Truth:
    """Whether the metric has no dimensions but those of the failure's metric."""
    if is_unknown(dimensions):
        return None
    others = {k: v for k, v in (dimensions or {}).items() if k != failure.dimension}
    wanted = failure.others or {}
    if others.keys() != wanted.keys():
        return False
    return all_of(_same(others[name], value) for name, value in wanted.items())


def _same(value: Value, wanted: str) -> Truth:
    return None if is_unknown(value) else bool(value == wanted)


def _positive(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
