"""Who may put events on an event bus: each permission as the statement that AWS makes of it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-permissions.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from planproof.aws.policies.attached import (
    AttachedPolicy,
    made_policy,
    unknown_parts,
    unknown_policy,
)
from planproof.iam import PolicyKind
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Value, is_unknown

BUS_IDENTITIES: Final = ("name", "arn", "id")
_DEFAULT_ACTION: Final = "events:PutEvents"


def permissions_of_bus(
    stack: Stack, bus: Resource, *, overwritten: bool
) -> Iterator[AttachedPolicy]:
    """Each ``aws_cloudwatch_event_permission`` for an event bus, as a policy of one statement.

    Args:
        overwritten: whether the bus has an ``aws_cloudwatch_event_bus_policy`` too, which takes
            the place of permissions that were made before it.
    """
    for permission in stack.managed("aws_cloudwatch_event_permission"):
        sure = names_bus(stack, permission, bus)
        why = ""
        if sure is None:
            why = f"whether it is for {bus} is not known"
        elif overwritten:
            why = "an aws_cloudwatch_event_bus_policy of the same bus overwrites it"
        if sure is not False and why:
            yield unknown_policy(permission, "", PolicyKind.RESOURCE, permission, why)
        elif sure:
            yield _permission(permission, bus)


def names_bus(stack: Stack, resource: Resource, bus: Resource) -> bool | None:
    """Whether ``event_bus_name`` means a bus; where it is left out, the default bus."""
    if resource.get("event_bus_name") is None:
        return bool(bus.get("name") == "default")
    return links(stack, resource, "event_bus_name", bus, BUS_IDENTITIES)


def _permission(permission: Resource, bus: Resource) -> AttachedPolicy:
    arn = bus.get("arn")
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": _principal(permission.get("principal")),
        "Action": _or(permission.get("action"), _DEFAULT_ACTION),
        "Resource": arn if isinstance(arn, str) else UNKNOWN,
    }
    if isinstance(sid := permission.get("statement_id"), str):
        statement["Sid"] = sid
    conditions = permission.get("condition")
    if is_unknown(conditions) or conditions:
        statement["Condition"] = _conditions(conditions)
    problem = unknown_parts(permission, ("principal", "action", "condition"))
    return made_policy(permission, PolicyKind.RESOURCE, [statement], problem=problem)


def _or(value: Value, default: Value) -> Value:
    return default if value is None else value


def _principal(principal: Value) -> Value:
    if not isinstance(principal, str):
        return UNKNOWN
    return "*" if principal == "*" else {"AWS": principal}


def _conditions(blocks: Value) -> Value:
    """The condition: its operator, key and value are attributes of one block."""
    if is_unknown(blocks) or any(map(is_unknown, blocks)):
        return UNKNOWN
    found: dict[str, dict[str, Value]] = {}
    for block in blocks:
        operator, key = block.get("type"), block.get("key")
        if not isinstance(operator, str) or not isinstance(key, str):
            return UNKNOWN
        found.setdefault(operator, {})[key] = block.get("value")
    return found
