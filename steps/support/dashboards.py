"""What does a CloudWatch dashboard show?

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from planproof.aws.datapath.places import place_of
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value
from steps.support.metrics import Metric

_AS_ABOVE: Final = "."
_AND_SO_ON: Final = "..."


class BadBodyError(ValueError):
    """The text is no body of a dashboard; says what is wrong."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of a widget, or an alarm it shows.

    Attributes:
        title: of its widget.
        metric: None for an alarm.
        alarm: the alarm's ARN.
    """

    title: str
    metric: Metric | None = None
    alarm: str = ""


def shown(stack: Stack, dashboard: Resource, body: str) -> Iterator[Shown]:
    """Every metric and every alarm on a dashboard; expressions are made of these.

    Raises:
        BadBodyError: CloudWatch would not take the body.
    """
    try:
        document = json.loads(body)
    except ValueError:
        raise BadBodyError("no JSON") from None
    widgets = document.get("widgets", []) if isinstance(document, dict) else None
    if not isinstance(widgets, list):
        raise BadBodyError("no list of widgets")
    own = place_of(stack, dashboard)
    for widget in widgets:
        properties = widget.get("properties") if isinstance(widget, dict) else None
        if not isinstance(properties, dict):
            continue
        title = str(properties.get("title", ""))
        for fields, options in _rows(properties.get("metrics")):
            if len(fields) < 2 or len(fields) % 2:
                raise BadBodyError(f"a metric {json.dumps(fields)} without its names and values")
            place = _place(own, {**properties, **options})
            dimensions = dict(zip(fields[2::2], fields[3::2], strict=True))
            yield Shown(title, Metric(fields[0], fields[1], dimensions, place))
        annotations = properties.get("annotations")
        pinned = annotations.get("alarms") if isinstance(annotations, dict) else None
        for arn in (*(properties.get("alarms") or ()), *(pinned or ())):
            yield Shown(title, alarm=str(arn))


def _rows(metrics: Value) -> Iterator[tuple[list[str], Mapping[str, Any]]]:
    """Each row written out, with its options: ``"."`` is the field above, ``"..."`` are as many
    of those above as are missing."""
    above: list[str] = []
    for row in metrics if isinstance(metrics, list) else ():
        if not isinstance(row, list):
            raise BadBodyError(f"a metric {json.dumps(row)}, which is no list")
        options = row[-1] if row and isinstance(row[-1], dict) else {}
        fields = [str(field) for field in row if not isinstance(field, dict)]
        if not fields:  # an expression
            continue
        if _AND_SO_ON in fields:
            i = fields.index(_AND_SO_ON)
            after = fields[i + 1 :]
            fields = [*fields[:i], *above[i : len(above) - len(after)], *after]
        if any(f == _AS_ABOVE and i >= len(above) for i, f in enumerate(fields)):
            raise BadBodyError(f'a metric {json.dumps(row)} with a "." below nothing')
        fields = [above[i] if f == _AS_ABOVE else f for i, f in enumerate(fields)]
        yield fields, options
        above = fields


def _place(own: ProviderLocation | None, options: Mapping[str, Any]) -> ProviderLocation | None:
    """Where a widget looks: in its own region and, if it says so, another account."""
    if own is None:
        return None
    region, account = options.get("region", own.region), options.get("accountId", own.account)
    return ProviderLocation(own.partition, str(region), str(account))
