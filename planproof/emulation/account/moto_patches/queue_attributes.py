"""Keeps the attributes of a queue as SQS does.

moto drops RedriveAllowPolicy, so that Terraform waits for it without end; it drops the queue's
policy when another attribute is set; and it reports SQS-managed encryption for a queue with a KMS
key.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.backends import get_backend
from moto.sqs.exceptions import SQSException
from moto.sqs.models import Queue

from planproof.emulation.account.moto_patches.patches import replace

_PERMISSIONS = ("allowAll", "byQueue", "denyAll")
_MAX_SOURCES = 10


def patch() -> None:
    """Store and return every attribute."""
    replace(Queue, "redrive_allow_policy", lambda _: None)
    replace(Queue, "BASE_ATTRIBUTES", lambda original: [*original, "RedriveAllowPolicy"])
    replace(Queue, "_set_attributes", _set_attributes_of)
    replace(Queue, "attributes", _read_attributes)


def may_redrive(source: Queue, target: Queue) -> bool:
    """Whether a queue may use another as its dead-letter queue."""
    return _allows(target.redrive_allow_policy, source.queue_arn)  # type: ignore[attr-defined]


def _allows(policy: str | None, source_arn: str) -> bool:
    parsed = json.loads(policy) if policy else {}
    permission = parsed.get("redrivePermission", "allowAll")
    if permission == "byQueue":
        return source_arn in parsed.get("sourceQueueArns", ())
    return bool(permission == "allowAll")


def _set_attributes_of(original: Any) -> Any:
    def _set_attributes(
        queue: Queue, attributes: Mapping[str, Any], now: float | None = None
    ) -> None:
        given = dict(attributes)
        exists = hasattr(queue, "_policy_json")
        if "Policy" not in given and exists:
            given["Policy"] = queue.policy
        if "RedriveAllowPolicy" in given:
            given["RedriveAllowPolicy"] = _checked(given["RedriveAllowPolicy"])
        if given.get("RedrivePolicy"):
            _check_target(queue, given["RedrivePolicy"])
        original(queue, given, now)

    return _set_attributes


def _checked(policy: str | None) -> str | None:
    """The policy to store; None for an empty one."""
    if not policy:
        return None
    try:
        parsed = json.loads(policy)
    except ValueError:
        parsed = None
    if parsed == {}:
        return None
    sources = parsed.get("sourceQueueArns") if isinstance(parsed, dict) else None
    if (
        not isinstance(parsed, dict)
        or parsed.get("redrivePermission") not in _PERMISSIONS
        or (parsed["redrivePermission"] == "byQueue") != isinstance(sources, list)
        or len(sources or ()) > _MAX_SOURCES
    ):
        raise _invalid("RedriveAllowPolicy", policy, "Amazon SQS can't parse it")
    return policy


def _check_target(queue: Queue, policy: Any) -> None:
    """AWS rejects a dead-letter queue whose RedriveAllowPolicy excludes this queue."""
    try:
        parsed = json.loads(policy) if isinstance(policy, str) else policy
        arn = parsed["deadLetterTargetArn"]
    except (ValueError, KeyError, TypeError):
        return  # moto reports what is wrong with it
    for other in get_backend("sqs")[queue.account_id][queue.region].queues.values():
        if other.queue_arn == arn and not may_redrive(queue, other):
            raise _invalid(
                "RedrivePolicy",
                str(policy),
                f"{queue.queue_arn} is not allowed by the RedriveAllowPolicy of {arn}",
            )


def _invalid(parameter: str, value: str, reason: str) -> SQSException:
    return SQSException(
        "InvalidParameterValue",
        f"Value {value} for parameter {parameter} is invalid. Reason: {reason}.",
    )


def _read_attributes(original: Any) -> Any:
    def attributes_of(queue: Queue) -> dict[str, Any]:
        attributes: dict[str, Any] = original.fget(queue)
        if attributes.get("KmsMasterKeyId"):
            attributes["SqsManagedSseEnabled"] = "false"
        if attributes.get("RedrivePolicy"):
            # AWS returns the text as it was set; some clients compare it as text.
            parsed = json.loads(attributes["RedrivePolicy"])
            attributes["RedrivePolicy"] = json.dumps(parsed, separators=(",", ":"))
        return attributes

    return property(attributes_of)
