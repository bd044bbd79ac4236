"""Which policies does a resource have in this stack: who is let in, and on what condition?

A policy of which it cannot be told whose it is counts as one of unknown text, so that nothing is
proven by leaving it out.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from planproof.aws.policies.attached import (
    AttachedPolicy,
    made_policy,
    unknown_policy,
    written_policy,
)
from planproof.aws.policies.event_bus import BUS_IDENTITIES, names_bus, permissions_of_bus
from planproof.aws.policies.function import permissions_of_function
from planproof.aws.policies.key import (
    KEY_IDENTITIES,
    KEY_TYPES,
    default_policy_of_key,
    grants_of_key,
)
from planproof.iam import PolicyKind
from planproof.terraform.link_index import holders
from planproof.terraform.links import configured, links
from planproof.terraform.provenance import Tracer
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, is_unknown


class _Written(NamedTuple):
    """How a type gets the one policy it can have.

    Attributes:
        by: the type of the resource that writes its policy.
        names: the attribute of that which names it.
        identities: what that attribute may hold of it.
        kind: what its policy is.
        own: its own attribute that holds the policy; "" where it has none.
    """

    by: str
    names: str
    identities: tuple[str, ...]
    kind: PolicyKind = PolicyKind.RESOURCE
    own: str = "policy"


_KEY: Final = _Written("aws_kms_key_policy", "key_id", KEY_IDENTITIES, PolicyKind.KEY)
_WRITTEN: Final[Mapping[str, _Written]] = {
    "aws_s3_bucket": _Written(
        "aws_s3_bucket_policy", "bucket", ("id", "bucket"), PolicyKind.BUCKET
    ),
    "aws_sqs_queue": _Written("aws_sqs_queue_policy", "queue_url", ("id", "url")),
    "aws_sns_topic": _Written("aws_sns_topic_policy", "arn", ("arn", "id")),
    "aws_secretsmanager_secret": _Written(
        "aws_secretsmanager_secret_policy", "secret_arn", ("arn", "id", "name")
    ),
    "aws_dynamodb_table": _Written(
        "aws_dynamodb_resource_policy", "resource_arn", ("arn",), own=""
    ),
    "aws_cloudwatch_event_bus": _Written(
        "aws_cloudwatch_event_bus_policy", "event_bus_name", BUS_IDENTITIES, own=""
    ),
    **dict.fromkeys(KEY_TYPES, _KEY),
}
RESOURCE_POLICY_TYPES: Final = frozenset(
    {*_WRITTEN, "aws_lambda_function", "aws_cloudwatch_log_group", "aws_iam_role"}
)
"""The types that :func:`resource_policies` answers for; others have none that it knows of."""


def resource_policies(stack: Stack, resource: Resource) -> list[AttachedPolicy]:
    """The resource-based policies of a resource: what it is told of who may use it.

    A data source is a resource that exists already: besides what this stack gives it, it may have
    policies of its own, so there is one of unknown text.

    Args:
        resource: of a type in :data:`RESOURCE_POLICY_TYPES`; nothing is found for others.
    """
    if resource.type not in RESOURCE_POLICY_TYPES:
        return []
    if resource.type == "aws_iam_role":
        return [written_policy(resource, "assume_role_policy", PolicyKind.TRUST, resource)]
    how = _WRITTEN.get(resource.type)
    found = _only_one(resource, list(_written(stack, resource, how))) if how else []
    replaced = bool(found)
    if resource.mode == "managed" and not replaced:
        found += _default(stack, resource)
    found += _more(stack, resource, written=replaced)
    if resource.mode == "data" and not replaced:
        why = f"the policies of {resource} are not part of this stack"
        found.append(unknown_policy(resource, "", PolicyKind.RESOURCE, resource, why))
    return found


def _default(stack: Stack, resource: Resource) -> Iterator[AttachedPolicy]:
    """The policy that AWS gives a resource for which the sources have none."""
    if resource.type in KEY_TYPES:
        yield default_policy_of_key(stack, resource)
    elif resource.type == "aws_sns_topic":
        yield _default_topic_policy(stack, resource)


def _more(stack: Stack, resource: Resource, *, written: bool) -> Iterator[AttachedPolicy]:
    """What comes on top of the one policy that a resource can have, or in place of one."""
    if resource.type in KEY_TYPES:
        yield from grants_of_key(stack, resource)
    elif resource.type == "aws_lambda_function":
        yield from permissions_of_function(stack, resource)
    elif resource.type == "aws_cloudwatch_event_bus":
        yield from permissions_of_bus(stack, resource, overwritten=written)
    elif resource.type == "aws_cloudwatch_log_group":
        yield from _of_log_group(stack, resource)


# Written policies ----------------------------------------------------------------------------


def _written(stack: Stack, resource: Resource, how: _Written) -> Iterator[AttachedPolicy]:
    writers = holders(stack, (how.by,), how.names, resource, how.identities)
    if resource.type == "aws_cloudwatch_event_bus":  # a writer that names none means the default
        writers = stack.managed(how.by)
    for writer in writers:
        sure = _names(stack, writer, resource, how)
        if sure is not False:
            doubt = f"whether it is the policy of {resource} is not known"
            yield written_policy(writer, "policy", how.kind, writer, sure=sure, doubt=doubt)
    text = resource.get(how.own) if how.own else None
    if isinstance(text, str) and text in _NO_POLICY:
        return
    if is_unknown(text):
        if configured(stack, resource, how.own) and not _is_null(stack, resource, how.own):
            yield written_policy(resource, how.own, how.kind, resource)
    elif text is not None and (resource.mode == "data" or configured(stack, resource, how.own)):
        yield written_policy(resource, how.own, how.kind, resource)


def _names(stack: Stack, writer: Resource, resource: Resource, how: _Written) -> bool | None:
    """Whether a resource that writes a policy writes it for this one."""
    if resource.type == "aws_cloudwatch_event_bus":
        return names_bus(stack, writer, resource)
    refers = stack.configuration.references(writer.declared, how.names)
    if any(one.endswith(".stream_arn") for one in refers):
        return False  # the stream of a table has a policy of its own
    return links(stack, writer, how.names, resource, how.identities)


def _only_one(resource: Resource, found: list[AttachedPolicy]) -> list[AttachedPolicy]:
    """What is left of several policies where AWS keeps the one that was put last."""
    texts = [policy.source.get(policy.attribute) for policy in found]
    if len(found) < 2:
        return found
    if all(isinstance(text, str) and text == texts[0] for text in texts):
        known = [policy for policy in found if not policy.problem]
        return known[:1] or found[:1]
    why = f"the policy of {resource} is set more than once, and AWS keeps the last"
    return [
        unknown_policy(p.source, p.attribute, p.document.kind, p.attachment, p.problem or why)
        for p in found
    ]


def _is_null(stack: Stack, resource: Resource, attribute: str) -> bool:
    """Whether an attribute that AWS would fill in is set to null, by way of a variable, say.

    Terraform then knows its value no better than without the expression, although it knows all
    that goes into the expression.
    """
    expression = stack.configuration.expression(resource.declared, attribute)
    if not isinstance(expression, Mapping) or "constant_value" in expression:
        return False
    tracer = Tracer(stack.configuration)
    if _IMPURE.search(tracer.written(resource.declared, attribute)):
        return False
    origin = tracer.attribute(resource.declared, attribute)
    return origin.complete and not origin.leaves


# Without a text, or with an empty one, there is no policy.
_NO_POLICY: Final = ("", "{}")
_IMPURE: Final = re.compile(r"\b(?:timestamp|uuid|bcrypt)\s*\(")


# Log groups and topics -----------------------------------------------------------------------


def _of_log_group(stack: Stack, group: Resource) -> Iterator[AttachedPolicy]:
    """Those of its account and region: CloudWatch Logs keeps them for no group in particular.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    here = stack.provider_location(group)
    for policy in stack.managed("aws_cloudwatch_log_resource_policy"):
        there = stack.provider_location(policy)
        sure = True if _provider(stack, policy) == _provider(stack, group) else None
        if sure is None and here is not None and there is not None:
            sure = here == there
        if sure is not False:
            doubt = f"whether it is in the account and region of {group} is not known"
            yield written_policy(
                policy, "policy_document", PolicyKind.RESOURCE, policy, sure=sure, doubt=doubt
            )


def _provider(stack: Stack, resource: Resource) -> str:
    return stack.configuration.provider_of(resource.declared)


def _default_topic_policy(stack: Stack, topic: Resource) -> AttachedPolicy:
    """The policy that AWS gives a topic for which the sources have none: for its own account.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    place = stack.provider_location(topic)
    if place is None:
        why = "the account of the topic, which its default policy names, is not known"
        return unknown_policy(topic, "", PolicyKind.RESOURCE, topic, why)
    arn = topic.get("arn")
    statement: dict[str, Any] = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _TOPIC_ACTIONS],
        "Resource": arn if isinstance(arn, str) else UNKNOWN,
        "Condition": {"StringEquals": {"AWS:SourceOwner": place.account}},
    }
    return made_policy(
        topic, PolicyKind.RESOURCE, [statement], label="default topic policy", version="2008-10-17"
    )


_TOPIC_ACTIONS: Final = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)
