"""The metrics and alarms on a CloudWatch dashboard.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from planproof.aws.datapath.locations import location_of
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value
from steps.support.metrics import Metric

_AS_ABOVE: Final = "."
_REST_AS_ABOVE: Final = "..."


class DashboardBodyError(ValueError):
    """CloudWatch would reject the dashboard body; says why."""


@dataclass(frozen=True, slots=True)
class DashboardEntry:
    """A metric or an alarm on a widget.

    Attributes:
        title: the title of the widget.
        metric: None for an alarm.
        alarm: the alarm's ARN.
    """

    title: str
    metric: Metric | None = None
    alarm: str = ""


def dashboard_entries(stack: Stack, dashboard: Resource, body: str) -> Iterator[DashboardEntry]:
    """Every metric and alarm on a dashboard; expressions are left out, their metrics are not.

    Raises:
        DashboardBodyError: CloudWatch would reject the body.
    """
    try:
        document = json.loads(body)
    except ValueError:
        raise DashboardBodyError("the body is not JSON") from None
    widgets = document.get("widgets", []) if isinstance(document, dict) else None
    if not isinstance(widgets, list):
        raise DashboardBodyError("the body has no list of widgets")
    own = location_of(stack, dashboard)
    for widget in widgets:
        properties = widget.get("properties") if isinstance(widget, dict) else None
        if not isinstance(properties, dict):
            continue
        title = str(properties.get("title", ""))
        for fields, options in _rows(properties.get("metrics")):
            if len(fields) < 2 or len(fields) % 2:
                raise DashboardBodyError(f"metric {json.dumps(fields)} lacks a name or a value")
            location = _location(own, {**properties, **options})
            dimensions = dict(zip(fields[2::2], fields[3::2], strict=True))
            yield DashboardEntry(title, Metric(fields[0], fields[1], dimensions, location))
        annotations = properties.get("annotations")
        pinned = annotations.get("alarms") if isinstance(annotations, dict) else None
        for arn in (*(properties.get("alarms") or ()), *(pinned or ())):
            yield DashboardEntry(title, alarm=str(arn))


def _rows(metrics: Value) -> Iterator[tuple[list[str], Mapping[str, Any]]]:
    """Each row with its abbreviations expanded, and its options: ``"."`` repeats the field above,
    ``"..."`` all missing fields."""
    above: list[str] = []
    for row in metrics if isinstance(metrics, list) else ():
        if not isinstance(row, list):
            raise DashboardBodyError(f"metric {json.dumps(row)} is not a list")
        options = row[-1] if row and isinstance(row[-1], dict) else {}
        fields = [str(field) for field in row if not isinstance(field, dict)]
        if not fields:  # an expression
            continue
        if _REST_AS_ABOVE in fields:
            i = fields.index(_REST_AS_ABOVE)
            after = fields[i + 1 :]
            fields = [*fields[:i], *above[i : len(above) - len(after)], *after]
        if any(f == _AS_ABOVE and i >= len(above) for i, f in enumerate(fields)):
            raise DashboardBodyError(f'metric {json.dumps(row)} has a "." without a field above it')
        fields = [above[i] if f == _AS_ABOVE else f for i, f in enumerate(fields)]
        yield fields, options
        above = fields


def _location(own: ProviderLocation | None, options: Mapping[str, Any]) -> ProviderLocation | None:
    """The region and account of a widget's metrics."""
    if own is None:
        return None
    region, account = options.get("region", own.region), options.get("accountId", own.account)
    return ProviderLocation(own.partition, str(region), str(account))
