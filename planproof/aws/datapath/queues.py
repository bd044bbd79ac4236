"""Where do messages go that nobody could handle?

SQS moves them by itself and needs no permission, but the dead-letter queue has to be of the same
account, region and type, and its redrive allow policy can turn a queue away.

Source: SQS Developer Guide, "Using dead-letter queues in Amazon SQS".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from planproof.aws.datapath.model import Edge, Fact
from planproof.aws.datapath.places import arn_of
from planproof.iam.arn import parse_arn
from planproof.terraform.link_index import holders, with_value
from planproof.terraform.links import configured, links, references
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, Value, is_unknown

GIVES_UP: Final = "leaves what fails in"
_NOT_YET: Final = "unknown before it is built"


def redrives(stack: Stack) -> Iterator[Edge]:
    """The edge from each queue to its dead-letter queue."""
    for queue in stack.managed("aws_sqs_queue"):
        holder, policy, sure = _policy(
            stack, queue, "aws_sqs_queue_redrive_policy", "redrive_policy"
        )
        if policy is None:
            continue
        facts: list[Fact] = []
        if not sure:
            expected = f"whether it is for {queue}"
            facts.append(Fact(None, holder, "queue_url", expected, _NOT_YET))
        target = _target(stack, holder, policy)
        if isinstance(target, Resource):
            facts += (_same_kind(queue, target, arn_of(target)), _lets_in(stack, queue, target))
            yield Edge(queue, target, GIVES_UP, (), tuple(facts), declared_by=holder)
            continue
        expected = "a queue of this stack"
        if isinstance(target, Unknown):
            refused = not isinstance(policy, Unknown)
            found = _refusal(policy) if refused else _NOT_YET
            holds = False if refused and sure else None
            facts.append(Fact(holds, holder, "redrive_policy", expected, found))
            yield Edge(queue, "an unknown queue", GIVES_UP, (), tuple(facts), False, holder)
            continue
        facts.append(_same_kind(queue, holder, target))
        facts.append(Fact(None, holder, "redrive_policy", expected, target))
        yield Edge(queue, target, GIVES_UP, (), tuple(facts), True, holder)


def redrive_allow_policy(
    stack: Stack, queue: Resource
) -> tuple[Resource, Mapping[str, Any] | str | Unknown | None, bool]:
    """Which queues may leave messages in a queue.

    Returns:
        who holds the policy; the policy, its text where that is no JSON object, None where there
        is none and every queue may; and whether it is surely that of the queue.
    """
    return _policy(stack, queue, "aws_sqs_queue_redrive_allow_policy", "redrive_allow_policy")


def _policy(
    stack: Stack, queue: Resource, type_: str, attribute: str
) -> tuple[Resource, Mapping[str, Any] | str | Unknown | None, bool]:
    """A redrive policy of a queue, from a resource of its own or the queue's attribute.

    Returns:
        who holds it; the policy, its text where that is no policy, None where there is none;
        and whether it is surely that of the queue.
    """
    doubtful: Resource | None = None
    for own in holders(stack, (type_,), "queue_url", queue, ("id", "url")):
        named = links(stack, own, "queue_url", queue, ("id", "url"))
        if named:
            return own, _parsed(own.get(attribute)), True
        if named is None:
            doubtful = doubtful or own
    value = queue.get(attribute)
    unset = is_unknown(value) and not configured(stack, queue, attribute)
    if doubtful is not None and (unset or (not is_unknown(value) and not value)):
        return doubtful, UNKNOWN, False
    if unset:
        return queue, None, True
    return queue, _parsed(value) if is_unknown(value) or value else None, True


def _parsed(value: Value) -> Mapping[str, Any] | str | Unknown:
    """A policy, or the text itself where it is none."""
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


def _refusal(policy: Mapping[str, Any] | str | Unknown) -> str:
    """What is wrong with a policy that names no queue."""
    if isinstance(policy, str):
        return f"{policy!r}, which is no JSON object"
    return "a policy without a deadLetterTargetArn"


def _same_kind(queue: Resource, target: Resource, other: str | Unknown) -> Fact:
    expected = f"a queue of the account, the region and the type (FIFO or not) of {queue}"
    ends = [parse_arn(arn) if isinstance(arn, str) else None for arn in (arn_of(queue), other)]
    if ends[0] is None or ends[1] is None:
        return Fact(None, target, "arn", expected, _NOT_YET)
    # The name of a FIFO queue, and only that, ends in .fifo.
    fifo = [str(end.resource).endswith(".fifo") for end in (ends[0], ends[1])]
    same = ends[0][:4] == ends[1][:4] and fifo[0] == fifo[1]
    return Fact(same, target, "arn", expected, str(other))


def _lets_in(stack: Stack, queue: Resource, target: Resource) -> Fact:
    expected = f"a redrive allow policy that lets {queue} in, or none"
    attribute = "redrive_allow_policy"
    holder, policy, _ = redrive_allow_policy(stack, target)
    if policy is None:
        return Fact(True, target, attribute, expected, "none")
    if isinstance(policy, str):
        return Fact(False, holder, attribute, expected, f"{policy!r}, which is no JSON object")
    holds: bool | None = None
    if not isinstance(policy, Unknown):
        permission = policy.get("redrivePermission", "allowAll")
        arn = arn_of(queue)
        if permission == "byQueue":
            sources = policy.get("sourceQueueArns") or ()
            listed = [sources] if isinstance(sources, str) else list(sources)
            holds = None if isinstance(arn, Unknown) else arn in listed
        else:
            holds = permission == "allowAll"
    found = _NOT_YET
    if not isinstance(policy, Unknown):
        found = json.dumps(dict(policy), sort_keys=True)
    return Fact(holds, holder, attribute, expected, found)
