"""Where do messages go that nobody could handle?

SQS moves them by itself and needs no permission, but the dead-letter queue has to be of the same
account, region and type, and its redrive allow policy can turn a queue away.

Source: SQS Developer Guide, "Using dead-letter queues in Amazon SQS".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from planproof.datapath.model import Edge, Fact
from planproof.datapath.places import arn_of
from planproof.iam.arn import parse_arn
from planproof.link_index import holders, with_value
from planproof.links import configured, links, references
from planproof.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, Value, is_unknown

GIVES_UP: Final = "leaves what fails in"


def redrives(stack: Stack) -> Iterator[Edge]:
    """The edge from each queue to its dead-letter queue."""
    for queue in stack.managed("aws_sqs_queue"):
        holder, policy = _policy(stack, queue, "aws_sqs_queue_redrive_policy", "redrive_policy")
        if policy is None:
            continue
        target = _target(stack, holder, policy)
        if isinstance(target, Resource):
            facts = (_same_kind(queue, target), _lets_in(stack, queue, target))
            yield Edge(queue, target, GIVES_UP, (), facts, declared_by=holder)
            continue
        found = target if isinstance(target, str) else "unknown before it is built"
        fact = Fact(None, holder, "redrive_policy", "a queue of this stack", found)
        outside = isinstance(target, str)
        yield Edge(queue, found, GIVES_UP, (), (fact,), outside, holder)


def _policy(
    stack: Stack, queue: Resource, type_: str, attribute: str
) -> tuple[Resource, Mapping[str, Any] | Unknown | None]:
    """A redrive policy of a queue, from a resource of its own or the queue's attribute."""
    for own in holders(stack, (type_,), "queue_url", queue, ("id", "url")):
        named = links(stack, own, "queue_url", queue, ("id", "url"))
        if named:
            return own, _parsed(own.get(attribute))
        if named is None:
            return own, UNKNOWN
    value = queue.get(attribute)
    if isinstance(value, Unknown) and not configured(stack, queue, attribute):
        return queue, None
    return queue, _parsed(value) if is_unknown(value) or value else None


def _parsed(value: Value) -> Mapping[str, Any] | Unknown:
    try:
        found = json.loads(value) if isinstance(value, str) else UNKNOWN
    except ValueError:
        return UNKNOWN
    return found if isinstance(found, Mapping) else UNKNOWN


def _target(
    stack: Stack, holder: Resource, policy: Mapping[str, Any] | Unknown
) -> Resource | str | Unknown:
    queues = stack.managed("aws_sqs_queue")
    if isinstance(policy, Unknown):
        named = references(stack, holder, "redrive_policy")
        found = [q for q in queues if q.declared in named]
        return found[0] if len(found) == 1 else UNKNOWN
    arn = policy.get("deadLetterTargetArn")
    if isinstance(arn, str):
        for queue in with_value(stack, ("aws_sqs_queue",), "arn", arn):
            return queue
    return arn if isinstance(arn, str) else UNKNOWN


def _same_kind(queue: Resource, target: Resource) -> Fact:
    expected = f"a queue of the account, the region and the type (FIFO or not) of {queue}"
    own, other = (arn_of(part) for part in (queue, target))
    ends = [parse_arn(arn) if isinstance(arn, str) else None for arn in (own, other)]
    if ends[0] is None or ends[1] is None:
        return Fact(None, target, "arn", expected, "unknown before it is built")
    # The name of a FIFO queue, and only that, ends in .fifo.
    fifo = [str(end.resource).endswith(".fifo") for end in (ends[0], ends[1])]
    same = ends[0][:4] == ends[1][:4] and fifo[0] == fifo[1]
    return Fact(same, target, "arn", expected, str(other))


def _lets_in(stack: Stack, queue: Resource, target: Resource) -> Fact:
    expected = f"a redrive allow policy that lets {queue} in, or none"
    type_, attribute = "aws_sqs_queue_redrive_allow_policy", "redrive_allow_policy"
    holder, policy = _policy(stack, target, type_, attribute)
    if policy is None:
        return Fact(True, target, attribute, expected, "none")
    holds: bool | None = None
    if not isinstance(policy, Unknown):
        permission = policy.get("redrivePermission", "allowAll")
        arn = arn_of(queue)
        if permission == "byQueue":
            sources = policy.get("sourceQueueArns") or ()
            holds = None if isinstance(arn, Unknown) else arn in sources
        else:
            holds = permission == "allowAll"
    found = "unknown before it is built"
    if not isinstance(policy, Unknown):
        found = json.dumps(dict(policy), sort_keys=True)
    return Fact(holds, holder, attribute, expected, found)
