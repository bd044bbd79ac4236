"""The permissions of an event bus, each as the policy statement that AWS generates from it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-permissions.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from planproof.aws.policies.attached import (
    AttachedPolicy,
    generated_policy,
    unknown_attributes,
    unknown_policy,
)
from planproof.iam import PolicyKind
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Truth, Value, is_unknown

BUS_IDENTITIES: Final = ("name", "arn", "id")


def permissions_of_bus(
    stack: Stack, bus: Resource, *, overwritten: bool
) -> Iterator[AttachedPolicy]:
    """Each ``aws_cloudwatch_event_permission`` for an event bus, as a policy of one statement.

    Args:
        overwritten: whether the bus also has an ``aws_cloudwatch_event_bus_policy``, which
            replaces earlier permissions.
    """
    for permission in stack.managed("aws_cloudwatch_event_permission"):
        applies = names_bus(stack, permission, bus)
        problem = ""
        if applies is None:
            problem = f"whether it is for {bus} is not known"
        elif overwritten:
            problem = "an aws_cloudwatch_event_bus_policy of the same bus overwrites it"
        if applies is not False and problem:
            yield unknown_policy(permission, "", PolicyKind.RESOURCE, problem)
        elif applies:
            yield _policy(permission, bus)


def names_bus(stack: Stack, resource: Resource, bus: Resource) -> Truth:
    """Whether ``event_bus_name`` names a bus; if it is left out, it names the default bus."""
    if resource.get("event_bus_name") is None:
        return bool(bus.get("name") == "default")
    return links(stack, resource, "event_bus_name", bus, BUS_IDENTITIES)


def _policy(permission: Resource, bus: Resource) -> AttachedPolicy:
    arn, action = bus.get("arn"), permission.get("action")
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": _principal(permission.get("principal")),
        "Action": "events:PutEvents" if action is None else action,
        "Resource": arn if isinstance(arn, str) else UNKNOWN,
    }
    if isinstance(sid := permission.get("statement_id"), str):
        statement["Sid"] = sid
    conditions = permission.get("condition")
    if is_unknown(conditions) or conditions:
        statement["Condition"] = _conditions(conditions)
    problem = unknown_attributes(permission, ("principal", "action", "condition"))
    return generated_policy(permission, PolicyKind.RESOURCE, [statement], problem=problem)


def _principal(principal: Value) -> Value:
    if not isinstance(principal, str):
        return UNKNOWN
    return "*" if principal == "*" else {"AWS": principal}


def _conditions(blocks: Value) -> Value:
    """The Condition element, from blocks of an operator, a key and a value."""
    if is_unknown(blocks) or any(map(is_unknown, blocks)):
        return UNKNOWN
    found: dict[str, dict[str, Value]] = {}
    for block in blocks:
        operator, key = block.get("type"), block.get("key")
        if not isinstance(operator, str) or not isinstance(key, str):
            return UNKNOWN
        found.setdefault(operator, {})[key] = block.get("value")
    return found
