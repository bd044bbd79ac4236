"""The attributes of a queue, as SQS keeps them.

moto drops RedriveAllowPolicy, so that whoever waits to read it back waits for ever; it forgets the
queue's policy when any other attribute is set; and it calls a queue encrypted by SQS that has a
key of KMS.

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
_MOST_SOURCES = 10


def patch() -> None:
    """Keep what is set, give back what is kept."""
    replace(Queue, "redrive_allow_policy", lambda _: None)
    replace(Queue, "BASE_ATTRIBUTES", lambda own: [*own, "RedriveAllowPolicy"])
    replace(Queue, "_set_attributes", _setting)
    replace(Queue, "attributes", _reading)


def may_redrive(source: Queue, target: Queue) -> bool:
    """Whether a queue lets another use it as its dead-letter queue."""
    return _allows(target.redrive_allow_policy, source.queue_arn)  # type: ignore[attr-defined]


def _allows(policy: str | None, source_arn: str) -> bool:
    said = json.loads(policy) if policy else {}
    permission = said.get("redrivePermission", "allowAll")
    if permission == "byQueue":
        return source_arn in said.get("sourceQueueArns", ())
    return bool(permission == "allowAll")


def _setting(own: Any) -> Any:
    def _set_attributes(
        queue: Queue, attributes: Mapping[str, Any], now: float | None = None
    ) -> None:
        given = dict(attributes)
        made_already = hasattr(queue, "_policy_json")
        if "Policy" not in given and made_already:
            given["Policy"] = queue.policy
        if "RedriveAllowPolicy" in given:
            given["RedriveAllowPolicy"] = _checked(given["RedriveAllowPolicy"])
        if given.get("RedrivePolicy"):
            _check_target(queue, given["RedrivePolicy"])
        own(queue, given, now)

    return _set_attributes


def _checked(policy: str | None) -> str | None:
    """The policy as it is kept; an empty one is none."""
    if not policy:
        return None
    try:
        said = json.loads(policy)
    except ValueError:
        said = None
    if said == {}:
        return None
    sources = said.get("sourceQueueArns") if isinstance(said, dict) else None
    if (
        not isinstance(said, dict)
        or said.get("redrivePermission") not in _PERMISSIONS
        or (said["redrivePermission"] == "byQueue") != isinstance(sources, list)
        or len(sources or ()) > _MOST_SOURCES
    ):
        raise _refused("RedriveAllowPolicy", policy, "Amazon SQS can't parse it")
    return policy


def _check_target(queue: Queue, policy: Any) -> None:
    """AWS refuses a dead-letter queue that does not want this queue's messages."""
    try:
        said = json.loads(policy) if isinstance(policy, str) else policy
        arn = said["deadLetterTargetArn"]
    except (ValueError, KeyError, TypeError):
        return  # moto says what is wrong with it
    for other in get_backend("sqs")[queue.account_id][queue.region].queues.values():
        if other.queue_arn == arn and not may_redrive(queue, other):
            raise _refused(
                "RedrivePolicy",
                str(policy),
                f"{queue.queue_arn} is not allowed by the RedriveAllowPolicy of {arn}",
            )


def _refused(parameter: str, value: str, reason: str) -> SQSException:
    return SQSException(
        "InvalidParameterValue",
        f"Value {value} for parameter {parameter} is invalid. Reason: {reason}.",
    )


def _reading(own: Any) -> Any:
    def attributes(queue: Queue) -> dict[str, Any]:
        found: dict[str, Any] = own.fget(queue)
        if found.get("KmsMasterKeyId"):
            found["SqsManagedSseEnabled"] = "false"
        if found.get("RedrivePolicy"):
            # Who compares it as text with what was set finds no difference in AWS.
            said = json.loads(found["RedrivePolicy"])
            found["RedrivePolicy"] = json.dumps(said, separators=(",", ":"))
        return found

    return property(attributes)
