"""Delivers events of EventBridge rules under resource policies.

moto delivers to any target, even by disabled rules, and omits the account from the event.

Sources: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule
from moto.events.utils import EventTemplateParser

from planproof.emulation.account.moto_patches.deliveries import ACTIONS, Deliveries, Delivery
from planproof.emulation.account.moto_patches.patches import replace

SERVICE = "events.amazonaws.com"
_FIELDS = (
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
)


def patch(deliveries: Deliveries) -> None:
    """Deliver under permissions; failed events go to the target's dead-letter queue."""
    replace(Rule, "send_to_targets", lambda original: _send_to_targets(deliveries, original))


def _send_to_targets(deliveries: Deliveries, original: Callable[..., None]) -> Any:
    @functools.wraps(original)
    def send_to_targets(
        rule: Rule,
        original_event: dict[str, Any],
        transform_input: bool = True,
    ) -> None:
        if not rule.state.startswith("ENABLED") or not rule.event_pattern.matches_event(
            original_event  # type: ignore[arg-type]
        ):
            return
        event = {name: original_event[name] for name in _FIELDS if name in original_event}
        event["time"] = _timestamp(event.get("time"))
        others = []
        for target in list(rule.targets):
            if target["Arn"].split(":")[2] in ACTIONS:
                deliveries.send(_delivery(deliveries, rule, target, event, original_event))
            else:
                others.append(target)
        if others:
            rest = copy.copy(rule)
            rest.targets = others
            original(rest, original_event, transform_input)

    return send_to_targets


def _timestamp(time: Any) -> str:
    """A time in EventBridge's format."""
    if isinstance(time, str) and not time.replace(".", "", 1).isdigit():
        return time
    moment = time if isinstance(time, datetime) else datetime.fromtimestamp(float(time or 0), UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _delivery(
    deliveries: Deliveries,
    rule: Rule,
    target: Mapping[str, Any],
    event: Mapping[str, Any],
    original: Mapping[str, Any],
) -> Delivery:
    body = _input(target, event, original)

    def to_dead_letters(code: str, message: str) -> None:
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if queue:
            values = {
                "RULE_ARN": rule.arn,
                "TARGET_ARN": target["Arn"],
                "ERROR_CODE": code,
                "ERROR_MESSAGE": message,
                "EXHAUSTED_RETRY_CONDITION": "",
                "RETRY_ATTEMPTS": "0",
            }
            attributes = {
                name: {"DataType": "String", "StringValue": value}
                for name, value in values.items()
                if value
            }
            deliveries.send(Delivery(SERVICE, rule.arn, queue, body, {}, attributes=attributes))

    return Delivery(
        SERVICE,
        rule.arn,
        target["Arn"],
        body,
        event,
        group=(target.get("SqsParameters") or {}).get("MessageGroupId"),
        on_failure=to_dead_letters,
    )


def _input(target: Mapping[str, Any], event: Mapping[str, Any], original: Mapping[str, Any]) -> str:
    """The input of a target: the event, or what its input settings make of it.

    Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
    """
    if target.get("Input"):
        return str(target["Input"])
    if path := target.get("InputPath"):
        from jsonpath_ng.ext import parse  # type: ignore[attr-defined]  # slow to import, and rarely used

        found = parse(path).find(dict(event))
        return json.dumps(found[0].value if found else None)
    if transformer := target.get("InputTransformer"):
        known = {"ingestion-time": event["time"], **original, **event}
        return json.dumps(
            EventTemplateParser.parse(
                input_template=transformer.get("InputTemplate"),
                input_paths_map=transformer.get("InputPathsMap") or {},
                event=known,  # type: ignore[arg-type]
            )
        )
    return json.dumps(event)
