"""The edges from queues to their dead-letter queues.

SQS moves failed messages without a permission. But the dead-letter queue must have the account, the
region and the type of the source queue, and its redrive allow policy can reject a source queue.

Source: SQS Developer Guide, "Using dead-letter queues in Amazon SQS".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from planproof.aws.datapath.locations import arn_of, arn_parts
from planproof.aws.datapath.model import NOT_YET, Edge, End, Fact
from planproof.terraform.link_index import holders, with_value
from planproof.terraform.links import configured, links, references
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Truth, Unknown, Value, is_unknown

REDRIVES: Final = "moves failed messages to"


def redrives(stack: Stack) -> Iterator[Edge]:
    """The edge from each queue to its dead-letter queue."""
    for queue in stack.managed("aws_sqs_queue"):
        holder, policy, sure = redrive_policy(stack, queue, "redrive_policy")
        if policy is None:
            continue
        facts: list[Fact] = []
        if not sure:
            expected = f"a known queue, which may be {queue}"
            facts.append(Fact(None, holder, "queue_url", expected, NOT_YET))
        target = _target(stack, holder, policy)
        end: End = "an unknown queue" if isinstance(target, Unknown) else target
        expected = "a queue of this stack"
        if isinstance(target, Resource):
            facts += (
                _compatible(queue, target, arn_of(target)),
                _redrive_allowed(stack, queue, target),
            )
        elif isinstance(target, str):
            facts.append(_compatible(queue, holder, target))
            facts.append(Fact(None, holder, "redrive_policy", expected, target))
        else:
            invalid = not isinstance(policy, Unknown)
            found = "a policy without a deadLetterTargetArn" if invalid else NOT_YET
            if isinstance(policy, str):
                found = f"{policy!r}, which is not a JSON object"
            holds = False if invalid and sure else None
            facts.append(Fact(holds, holder, "redrive_policy", expected, found))
        yield Edge(queue, end, REDRIVES, (), tuple(facts), isinstance(target, str), holder)


def redrive_policy(
    stack: Stack, queue: Resource, attribute: str
) -> tuple[Resource, Mapping[str, Any] | str | Unknown | None, bool]:
    """A policy of a queue, from its own resource or the queue's attribute.

    Args:
        attribute: ``redrive_policy`` names the dead-letter queue, ``redrive_allow_policy`` the
            source queues that may use the queue as one; without the latter every queue may.

    Returns:
        the resource that holds the policy; the policy, its text where that is no JSON object, None
        where there is none; and whether the policy is certainly that of the queue.
    """
    possible: Resource | None = None
    for own in holders(stack, (f"aws_sqs_queue_{attribute}",), "queue_url", queue, ("id", "url")):
        named = links(stack, own, "queue_url", queue, ("id", "url"))
        if named:
            return own, _parsed(own.get(attribute)), True
        if named is None:
            possible = possible or own
    value = queue.get(attribute)
    unset = is_unknown(value) and not configured(stack, queue, attribute)
    if possible is not None and (unset or (not is_unknown(value) and not value)):
        return possible, UNKNOWN, False
    if unset:
        return queue, None, True
    return queue, _parsed(value) if is_unknown(value) or value else None, True


def _parsed(value: Value) -> Mapping[str, Any] | str | Unknown:
    """A policy, or its text where that is no JSON object."""
    if not isinstance(value, str):
        return UNKNOWN
    try:
        found = json.loads(value)
    except ValueError:
        return value
    return found if isinstance(found, Mapping) else value


def _target(
    stack: Stack, holder: Resource, policy: Mapping[str, Any] | str | Unknown
) -> Resource | str | Unknown:
    queues = stack.managed("aws_sqs_queue")
    if isinstance(policy, str):
        return UNKNOWN
    if isinstance(policy, Unknown):
        named = references(stack, holder, "redrive_policy")
        found = [q for q in queues if q.declared in named]
        return found[0] if len(found) == 1 else UNKNOWN
    arn = policy.get("deadLetterTargetArn")
    if isinstance(arn, str):
        for queue in with_value(stack, ("aws_sqs_queue",), "arn", arn):
            return queue
    return arn if isinstance(arn, str) else UNKNOWN


def _compatible(queue: Resource, target: Resource, other: str | Unknown) -> Fact:
    expected = f"a queue with the account, the region and the type (FIFO or standard) of {queue}"
    source, sink = arn_parts(arn_of(queue)), arn_parts(other)
    if source is None or sink is None:
        return Fact(None, target, "arn", expected, NOT_YET)
    # Only the name of a FIFO queue ends in .fifo.
    fifo = source.resource.endswith(".fifo"), sink.resource.endswith(".fifo")
    same = source[:4] == sink[:4] and fifo[0] == fifo[1]
    return Fact(same, target, "arn", expected, str(other))


def _redrive_allowed(stack: Stack, queue: Resource, target: Resource) -> Fact:
    expected = f"a redrive allow policy that allows {queue}, or none"
    attribute = "redrive_allow_policy"
    holder, policy, _ = redrive_policy(stack, target, attribute)
    if policy is None:
        return Fact(True, target, attribute, expected, "none")
    if isinstance(policy, str):
        return Fact(False, holder, attribute, expected, f"{policy!r}, which is not a JSON object")
    if isinstance(policy, Unknown):
        return Fact(None, holder, attribute, expected, NOT_YET)
    permission, arn = policy.get("redrivePermission", "allowAll"), arn_of(queue)
    holds: Truth = permission == "allowAll"
    if permission == "byQueue":
        sources = policy.get("sourceQueueArns") or ()
        listed = [sources] if isinstance(sources, str) else list(sources)
        holds = None if isinstance(arn, Unknown) else arn in listed
    found = json.dumps(dict(policy), sort_keys=True)
    return Fact(holds, holder, attribute, expected, found)
