"""Deliveries by AWS services, and the permissions that they need: notifications of S3, events of
EventBridge, messages of SNS, alarms of CloudWatch.

A service uses its service principal and sends its source as ``aws:SourceArn`` and
``aws:SourceAccount``. For an encrypted queue or topic it also needs the use of the key.

Sources: S3 User Guide, "Granting permissions to publish event notification messages to a
destination"; EventBridge User Guide, "Using resource-based policies for Amazon EventBridge";
SQS Developer Guide, "Enable compatibility between event sources from AWS services and encrypted
queues"; SNS Developer Guide, "Subscribe an encrypted Amazon SQS queue"; CloudWatch User Guide,
"Notifying users on alarm changes"; IAM User Guide, "The confused deputy problem".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from planproof.aws.authorization import ContextKeys, source_keys
from planproof.aws.datapath.keys import caller_needs, encryption_of, key_needs
from planproof.aws.datapath.locations import (
    account_of,
    arn_below,
    arn_of,
    arn_parts,
    named_resources,
)
from planproof.aws.datapath.model import Edge, End, Fact, Need, unknown_fact
from planproof.service_facts import receiving_type, resource_type, types
from planproof.terraform.link_index import targets
from planproof.terraform.links import linked
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, Value, is_unknown

NOTIFIES: Final = "notifies"
DELIVERS: Final = "delivers events to"
PUBLISHES: Final = "delivers messages to"
ALARMS: Final = "alarms"
SCHEDULES: Final = "invokes on schedule"
UNDELIVERED: Final = "sends undelivered events to"


_UNKNOWN_TARGET: Final = "an unknown target"
_EXPECTED: Final = "a queue, topic, function or log group"
_EVENTS: Final = "events.amazonaws.com"
_SCHEDULER: Final = "scheduler.amazonaws.com"
_LAMBDA_ALARMS: Final = "lambda.alarms.cloudwatch.amazonaws.com"


def deliveries(stack: Stack) -> Iterator[Edge]:
    """Every edge on which a service delivers."""
    yield from _notifications(stack)
    yield from _events(stack)
    yield from _schedules(stack)
    yield from _subscriptions(stack)
    yield from _alarms(stack)


def delivery(
    stack: Stack,
    service: str,
    source: End,
    declared_by: Resource,
    path: str,
    kind: str,
    *,
    role: Resource | None = None,
) -> Edge:
    """The edge from ``source`` to what ``declared_by`` names at ``path``.

    Args:
        service: the service principal that delivers.
        role: the role that the service assumes to deliver, if it does not use its own principal.
    """
    context = (
        source_keys(source)
        if isinstance(source, str)
        else source_keys(arn_of(source), account_of(stack, source))
    )

    needs = partial(_needs, stack, service, role, context)
    edge = edge_to_target(stack, source, declared_by, path, kind, needs, _EXPECTED)
    part = edge.target
    if role is not None or isinstance(part, str) or not encryption_of(stack, part).aws_managed:
        return edge
    if not resource_type(part.type).receives.key_actions:
        return edge
    expected = f"a key that {service} may use, or no KMS key"
    found = "an AWS managed key, whose policy allows no other service"
    fact = Fact(False, part, "kms_master_key_id", expected, found)
    return replace(edge, facts=(fact,))


def edge_to_target(
    stack: Stack,
    source: End,
    declared_by: Resource,
    path: str,
    kind: str,
    needs_of: Callable[[Resource | str], Iterable[Need]],
    expected: str,
) -> Edge:
    """The edge from ``source`` to what ``declared_by`` names at ``path``.

    Args:
        needs_of: the needs of a known target; none for one that nothing can be sent to.
        expected: the targets that something can be sent to, for a reader.
    """
    target = target_of(stack, declared_by, path)
    if isinstance(target, Unknown):
        fact = unknown_fact(declared_by, path, expected)
        return Edge(source, _UNKNOWN_TARGET, kind, (), (fact,), declared_by=declared_by)
    needs = tuple(needs_of(target))
    facts = () if needs else (unknown_fact(declared_by, path, expected),)
    outside = not isinstance(target, Resource)
    return Edge(source, target, kind, needs, facts, outside, declared_by)


def target_of(stack: Stack, holder: Resource, path: str) -> Resource | str | Unknown:
    """What an attribute names: a resource of the stack, an ARN outside it, or UNKNOWN."""
    delivered = types(lambda facts: facts.receives.actions and facts.receives.by_services)
    if (part := named_by_arn(stack, holder, path, *delivered)) is not None:
        return part
    value = holder.get(path)
    if not isinstance(value, str):
        return UNKNOWN
    service = service_in(value)
    for group in stack.managed("aws_cloudwatch_log_group") if service == "logs" else ():
        if value.removesuffix(":*") == group.get("arn"):
            return group
    for function in stack.managed("aws_lambda_function") if service == "lambda" else ():
        own = function.get("arn")  # the value may be one of its versions or aliases
        if isinstance(own, str) and value.startswith(f"{own}:"):
            return function
    return value


def service_in(arn: str | Unknown) -> str:
    """The service in an ARN; "" for a text that is no ARN."""
    parts = arn_parts(arn)
    return parts.service if parts else ""


def named_by_arn(stack: Stack, holder: Resource, path: str, *kinds: str) -> Resource | None:
    """The resource of some types whose ARN an attribute holds; None if that is not certain."""
    candidates = targets(stack, holder, path, kinds, ("arn",))
    certain, _ = linked(stack, holder, path, candidates, ("arn",))
    return certain[0] if len(certain) == 1 else None


def _needs(
    stack: Stack,
    service: str,
    role: Resource | None,
    context: ContextKeys,
    target: Resource | str,
) -> Iterator[Need]:
    if isinstance(target, str):
        received = receiving_type(service_in(target)).receives
        for action in received.actions if received.by_services else ():
            yield Need(action, role or service, target, None, context, why="to deliver")
        return
    delivered, arn = resource_type(target.type).receives, arn_of(target)
    requested = arn_below(target, delivered.below) if delivered.below else arn
    scope = tuple(f"{arn}{rest}" for rest in delivered.scope) if isinstance(arn, str) else ()
    principal: End = role or service
    if role is not None:
        why = f"to deliver under {role}"
        yield Need("sts:AssumeRole", service, arn_of(role), role, context, why=why)
        context = {}
    with_owner = delivery_keys(service, context)
    for action in delivered.actions:
        yield Need(action, principal, requested, target, with_owner, scope, "to deliver")
    why = f"because {target} is encrypted"
    if role is not None:
        yield from caller_needs(stack, target, role, delivered.key_actions, why)
        return
    context = key_use_keys(service, resource_type(target.type).service, context)
    yield from key_needs(stack, target, service, delivered.key_actions, context, why)


def delivery_keys(service: str, source: ContextKeys) -> ContextKeys:
    """The condition keys of a delivery, with that of a topic's default policy: alarms send it, S3
    and EventBridge do not.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    own = source.get("aws:SourceAccount") if service == "cloudwatch.amazonaws.com" else None
    return {**source, "aws:SourceOwner": own}


def key_use_keys(service: str, receiving: str, source: ContextKeys) -> ContextKeys:
    """The condition keys with which the receiving service uses its key for a delivery.

    EventBridge sends no source when SNS uses the key of an encrypted topic for it.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    """
    if service == _EVENTS and receiving == "sns":
        return dict.fromkeys(("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID"))
    return source


# The sources ---------------------------------------------------------------------------------


def _notifications(stack: Stack) -> Iterator[Edge]:
    for notification in stack.managed("aws_s3_bucket_notification"):
        bucket = _end(stack, notification, "bucket", "aws_s3_bucket", ("id", "bucket"))
        for block, attribute in (
            ("queue", "queue_arn"),
            ("topic", "topic_arn"),
            ("lambda_function", "lambda_function_arn"),
        ):
            for i in range(_count(notification.get(block))):
                path = f"{block}.{i}.{attribute}"
                yield delivery(stack, "s3.amazonaws.com", bucket, notification, path, NOTIFIES)


def _events(stack: Stack) -> Iterator[Edge]:
    for target in stack.managed("aws_cloudwatch_event_target"):
        rule = _end(stack, target, "rule", "aws_cloudwatch_event_rule", ("name", "id"))
        role = named_by_arn(stack, target, "role_arn", "aws_iam_role")
        edge = delivery(stack, _EVENTS, rule, target, "arn", DELIVERS, role=role)
        if role is None and target.get("role_arn") is not None:
            edge = _with_unknown_role(edge, target, "role_arn")
        yield edge
        if target.get("dead_letter_config.arn") is not None:
            path = "dead_letter_config.0.arn"
            yield delivery(stack, _EVENTS, rule, target, path, UNDELIVERED)


def _schedules(stack: Stack) -> Iterator[Edge]:
    """EventBridge Scheduler assumes a role for every target."""
    for schedule in stack.managed("aws_scheduler_schedule"):
        path = "target.0.role_arn"
        role = named_by_arn(stack, schedule, path, "aws_iam_role")
        edge = delivery(stack, _SCHEDULER, schedule, schedule, "target.0.arn", SCHEDULES, role=role)
        yield edge if role is not None else _with_unknown_role(edge, schedule, path)
        if schedule.get("target.dead_letter_config.arn") is not None and role is not None:
            dead = "target.0.dead_letter_config.0.arn"
            yield delivery(stack, _SCHEDULER, schedule, schedule, dead, UNDELIVERED, role=role)


def _with_unknown_role(edge: Edge, holder: Resource, path: str) -> Edge:
    """The edge, undetermined as the role at a path is not of this stack."""
    fact = unknown_fact(holder, path, "a role of this stack")
    return replace(edge, needs=(), facts=(*edge.facts, fact))


def _subscriptions(stack: Stack) -> Iterator[Edge]:
    for subscription in stack.managed("aws_sns_topic_subscription"):
        protocol = subscription.get("protocol")
        if not is_unknown(protocol) and protocol not in ("sqs", "lambda"):
            continue
        topic = _end(stack, subscription, "topic_arn", "aws_sns_topic", ("arn", "id"))
        if is_unknown(protocol):
            fact = unknown_fact(subscription, "protocol", "a known protocol")
            yield Edge(topic, _UNKNOWN_TARGET, PUBLISHES, (), (fact,), declared_by=subscription)
            continue
        yield delivery(stack, "sns.amazonaws.com", topic, subscription, "endpoint", PUBLISHES)


def _alarms(stack: Stack) -> Iterator[Edge]:
    for alarm in stack.managed("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"):
        seen: set[str] = set()
        for attribute in ("alarm_actions", "ok_actions", "insufficient_data_actions"):
            actions = alarm.get(attribute)
            if is_unknown(actions):
                fact = unknown_fact(alarm, attribute, "known targets")
                yield Edge(alarm, _UNKNOWN_TARGET, ALARMS, (), (fact,), declared_by=alarm)
                continue
            for i in range(len(actions or ())):
                path = f"{attribute}.{i}"
                target = target_of(stack, alarm, path)
                if not isinstance(target, Unknown):
                    name = str(target)
                    if name in seen:
                        continue
                    seen.add(name)
                service = _LAMBDA_ALARMS if _is_function(target) else "cloudwatch.amazonaws.com"
                yield delivery(stack, service, alarm, alarm, path, ALARMS)


def _is_function(target: Resource | str | Unknown) -> bool:
    if isinstance(target, Resource):
        return target.type == "aws_lambda_function"
    return isinstance(target, str) and ":lambda:" in target


def _end(stack: Stack, holder: Resource, path: str, type_: str, attributes: tuple[str, ...]) -> End:
    """The resource that an attribute names, or its value for an end outside the stack."""
    for named in named_resources(stack, holder, path, (type_,), attributes):
        return named
    value = holder.get(path)
    return value if isinstance(value, str) else f"{holder}.{path}"


def _count(blocks: Value) -> int:
    if is_unknown(blocks):
        return 1
    return len(blocks) if isinstance(blocks, (list, tuple)) else 0
