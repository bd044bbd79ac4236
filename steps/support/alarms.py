"""Would an alarm ring when something goes wrong?

It has to watch that very metric of that very part, be quiet while all is well, and go off at the
first failure. Sources: CloudWatch API Reference, "PutMetricAlarm"; CloudWatch User Guide,
"Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from planproof.aws.datapath.places import place_of
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, is_unknown
from steps.support.metrics import Metric, in_place, names

ABOVE: Final = "GreaterThanThreshold"
FROM: Final = "GreaterThanOrEqualToThreshold"
SOON: Final = 3_600
"""Seconds that an alarm may look back over: it has to ring soon, and to be over before the next
failure, which would otherwise be told to nobody."""
_MISSING: Final = (None, "", "missing", "notBreaching", "ignore")


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that goes wrong, and the metric that tells of it.

    Attributes:
        part: of which part of the stack; the text of the dimension where it is none of the stack's.
        dimension, attributes: the dimension that names the part, and what of the part it holds.
        others: dimensions that the metric has besides, with their values.
        unit: the unit AWS gives the metric.
        lasts: seconds for which the metric goes on telling of it; 0 if it does so only once.
        grows: whether the metric is itself the seconds that have passed.
        place: where the part is.
    """

    namespace: str
    metric: str
    part: Resource | str
    dimension: str
    attributes: tuple[str, ...]
    unit: str
    place: ProviderLocation | None
    lasts: int | None = 0
    grows: bool = False
    others: Mapping[str, str] | None = None

    def __str__(self) -> str:
        return f"{self.namespace} {self.metric} of {self.part}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one attribute of an alarm has to do with whether it rings."""

    holds: bool | None
    attribute: str
    expected: str


@dataclass(frozen=True, slots=True)
class Watch:
    """An alarm on one metric.

    Attributes:
        path: what comes before the names of the metric's attributes, such as
            ``metric_query.0.metric.0.``.
        is_math: whether it is one of the metrics that an expression is made of.
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
        """The metric it is on."""
        place = place_of(stack, self.alarm)
        path = self.at("dimensions")
        asked = (self.get(name) for name in ("namespace", "metric_name", "dimensions"))
        return Metric(*asked, place, self.alarm, path)


def watches(alarm: Resource) -> Iterator[Watch]:
    """The metrics that an ``aws_cloudwatch_metric_alarm`` is on."""
    queries = alarm.get("metric_query")
    if is_unknown(queries) or not queries:
        yield Watch(alarm, is_math=is_unknown(queries) and alarm.get("metric_name") is None)
        return
    alone = len(queries) == 1 and not is_unknown(queries[0]) and not queries[0].get("account_id")
    for i, query in enumerate(queries):
        if is_unknown(query) or query.get("metric"):
            yield Watch(alarm, f"metric_query.{i}.metric.0.", is_math=not alone)


def is_on(stack: Stack, watch: Watch, failure: Failure) -> bool | None:
    """Whether an alarm is on the metric that tells of a failure, and of nothing else."""
    metric = watch.metric(stack)
    if watch.is_math and metric.namespace is None:
        return None
    return tells_of(stack, metric, failure)


def tells_of(stack: Stack, metric: Metric, failure: Failure) -> bool | None:
    """Whether a metric is the one that tells of a failure."""
    verdicts = _verdicts(stack, metric, failure)
    return False if False in verdicts else None if None in verdicts else True


def is_near(stack: Stack, watch: Watch, failure: Failure) -> bool:
    """Whether an alarm lacks but one thing to be on that metric, and may have been meant to be."""
    return _verdicts(stack, watch.metric(stack), failure).count(False) == 1


def _verdicts(stack: Stack, metric: Metric, failure: Failure) -> tuple[bool | None, ...]:
    part = failure.part
    if not isinstance(part, str) and not in_place(stack, part, metric.place):
        return (False, False)
    named = (
        names(stack, metric, failure.dimension, part, failure.attributes),
        _no_others(metric.dimensions, failure),
    )
    return (
        _same(metric.namespace, failure.namespace),
        _same(metric.name, failure.metric),
        False if False in named else None if None in named else True,
    )


def findings(watch: Watch, failure: Failure) -> tuple[Finding, ...]:
    """Everything that decides whether an alarm on that metric rings when it should."""
    if watch.is_math:
        return (Finding(None, "metric_query", "an alarm on the metric itself"),)
    return tuple(_findings(watch, failure))


def _findings(watch: Watch, failure: Failure) -> Iterator[Finding]:
    yield Finding(True, watch.at("namespace"), failure.namespace)
    yield Finding(True, watch.at("metric_name"), failure.metric)
    yield Finding(True, watch.at("dimensions"), f"{failure.dimension} of {failure.part}")
    yield _statistic(watch, failure)
    yield from _crossing(watch, failure)
    yield _period(watch)
    yield from _datapoints(watch, failure)
    enabled = watch.alarm.get("actions_enabled")
    holds = None if is_unknown(enabled) else enabled is None or enabled is True
    yield Finding(holds, "actions_enabled", "true, or nobody is told")
    treated = watch.alarm.get("treat_missing_data")
    holds = None if is_unknown(treated) else treated in _MISSING
    yield Finding(holds, "treat_missing_data", "quiet while there is nothing to tell")
    unit = watch.get("unit")
    if unit not in (None, ""):
        expected = f"{failure.unit}, the metric's own, or none"
        yield Finding(_same(unit, failure.unit), watch.at("unit"), expected)


def _statistic(watch: Watch, failure: Failure) -> Finding:
    # Of what happens once, the lowest value is that of all that went well meanwhile.
    good = ("Average", "Maximum", "Sum", *(("Minimum",) if failure.lasts != 0 else ()))
    value = watch.get("statistic")
    expected = f"one that a single failure shows in: {', '.join(good)}"
    extended = None if watch.path else watch.alarm.get("extended_statistic")
    if value in (None, "") and extended not in (None, ""):
        return Finding(None, "extended_statistic", expected)
    return Finding(None if is_unknown(value) else value in good, watch.at("statistic"), expected)


def _crossing(watch: Watch, failure: Failure) -> Iterator[Finding]:
    operator, threshold = watch.alarm.get("comparison_operator"), watch.alarm.get("threshold")
    above = None if is_unknown(operator) else operator in (ABOVE, FROM)
    yield Finding(above, "comparison_operator", f"{ABOVE} or {FROM}")
    if above is False:
        return
    expected = "crossed by one failure, and not while there is none"
    if failure.grows:
        known = failure.lasts is not None
        after = f" after {failure.lasts} seconds" if known else ""
        expected = f"more than 0, and crossed before the message is lost{after}"
    holds: bool | None = None
    if above and not is_unknown(threshold):
        is_number = isinstance(threshold, (int, float)) and not isinstance(threshold, bool)
        holds = _crossed(watch, failure, operator, threshold) if is_number else False
    yield Finding(holds, "threshold", expected)


def _crossed(watch: Watch, failure: Failure, operator: str, threshold: float) -> bool | None:
    if failure.grows:
        waits = _waits(watch)
        if threshold <= 0:
            return False
        return None if failure.lasts is None or waits is None else threshold + waits < failure.lasts
    if failure.lasts == 0 and watch.get("statistic") == "Average":
        # One failure among many calls is a very small part of them.
        return operator == ABOVE and threshold == 0
    return 0 <= threshold < 1 if operator == ABOVE else 0 < threshold <= 1


def _period(watch: Watch) -> Finding:
    """AWS's own metrics come by the minute; with less an alarm mostly finds no data."""
    period = watch.get("period")
    holds: bool | None = None
    if not is_unknown(period):
        holds = _positive(period) and period % 60 == 0 and period <= SOON
    return Finding(holds, watch.at("period"), f"whole minutes, {SOON} seconds at most")


def _datapoints(watch: Watch, failure: Failure) -> Iterator[Finding]:
    alarm, period = watch.alarm, watch.get("period")
    periods, needed = alarm.get("evaluation_periods"), alarm.get("datapoints_to_alarm")
    looked_at = None if is_unknown(periods) else _positive(periods)
    if looked_at and _positive(period) and periods * period > SOON:
        looked_at = False
    span = f"{SOON} seconds at most in all"
    if failure.lasts == 0:
        expected = "1, for it is told of once"
    elif failure.grows or failure.lasts is None:
        expected = "at least 1"
    else:
        expected = f"all of them within the {failure.lasts} seconds that it is there"
    if not is_unknown(needed) and needed in (None, 0):
        enough = looked_at and _enough(watch, failure, periods)
        yield Finding(enough, "evaluation_periods", f"{expected}; {span}")
        return
    yield Finding(looked_at, "evaluation_periods", f"at least 1; {span}")
    enough = _enough(watch, failure, needed)
    if enough and looked_at is not None and _positive(periods):
        enough = bool(needed <= periods)
    expected += ", and no more than are looked at"
    yield Finding(enough, "datapoints_to_alarm", expected)


def _enough(watch: Watch, failure: Failure, needed: Value) -> bool | None:
    """Whether a failure shows in as many datapoints as an alarm needs."""
    if is_unknown(needed):
        return None
    if not _positive(needed):
        return False
    if failure.lasts == 0:
        return bool(needed == 1)
    waits = _waits(watch)
    if failure.grows or waits is None:  # the threshold, or the period, says the rest
        return True
    return None if failure.lasts is None else waits < failure.lasts


def _waits(watch: Watch) -> int | None:
    """Seconds between the first datapoint that is too much and the last that an alarm waits for."""
    alarm, period = watch.alarm, watch.get("period")
    needed = alarm.get("datapoints_to_alarm")
    if not is_unknown(needed) and needed in (None, 0):
        needed = alarm.get("evaluation_periods")
    if not _positive(needed) or not _positive(period):
        return None
    return int((needed - 1) * period)


def _no_others(dimensions: Value, failure: Failure) -> bool | None:
    """Whether no further dimension makes it another metric."""
    if is_unknown(dimensions):
        return None
    others = {k: v for k, v in (dimensions or {}).items() if k != failure.dimension}
    wanted = failure.others or {}
    if others.keys() != wanted.keys():
        return False
    verdicts = [_same(others[name], value) for name, value in wanted.items()]
    return False if False in verdicts else None if None in verdicts else True


def _same(value: Value, wanted: str) -> bool | None:
    return None if is_unknown(value) else bool(value == wanted)


def _positive(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
