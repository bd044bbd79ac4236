"""Which policies does a resource have in this stack: who is let in, and on what condition?

A policy of which it cannot be told whose it is counts as one of unknown text, so that nothing is
proven by leaving it out.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from planproof.iam import PolicyKind
from planproof.links import configured, links
from planproof.policies_attached import (
    AttachedPolicy,
    made_policy,
    unknown_policy,
    written_policy,
)
from planproof.policies_function import permissions_of_function
from planproof.policies_key import (
    KEY_IDENTITIES,
    KEY_TYPES,
    default_policy_of_key,
    grants_of_key,
)
from planproof.stack import Resource, Stack
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
        "aws_s3_bucket_policy", "bucket", ("id", "bucket", "arn"), PolicyKind.BUCKET
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
        "aws_cloudwatch_event_bus_policy", "event_bus_name", ("name", "arn", "id"), own=""
    ),
    **dict.fromkeys(KEY_TYPES, _KEY),
}
RESOURCE_POLICY_TYPES: Final = frozenset(
    {*_WRITTEN, "aws_lambda_function", "aws_cloudwatch_log_group", "aws_iam_role"}
)
"""The types that :func:`resource_policies` answers for; others have none that it knows of."""


def resource_policies(stack: Stack, resource: Resource) -> list[AttachedPolicy]:
    """The resource-based policies of a resource: what it is told of who may use it.

    Args:
        resource: of a type in :data:`RESOURCE_POLICY_TYPES`; nothing is found for others.
    """
    if resource.type == "aws_iam_role":
        return [written_policy(resource, "assume_role_policy", PolicyKind.TRUST, resource)]
    if resource.type == "aws_lambda_function":
        return list(permissions_of_function(stack, resource))
    if resource.type == "aws_cloudwatch_log_group":
        return list(_of_log_group(stack, resource))
    how = _WRITTEN.get(resource.type)
    if how is None:
        return []
    found = list(_written(stack, resource, how))
    if resource.type in KEY_TYPES:
        found = found or [default_policy_of_key(stack, resource)]
        found += grants_of_key(stack, resource)
    elif resource.type == "aws_sns_topic" and not found:
        found = [_default_topic_policy(stack, resource)]
    return found


def _written(stack: Stack, resource: Resource, how: _Written) -> Iterator[AttachedPolicy]:
    for writer in stack.managed(how.by):
        sure = links(stack, writer, how.names, resource, how.identities)
        if sure is not False:
            doubt = f"whether it is the policy of {resource} is not known"
            yield written_policy(writer, "policy", how.kind, writer, sure=sure, doubt=doubt)
    if how.own:
        text = resource.get(how.own)
        if configured(stack, resource, how.own) and (is_unknown(text) or text):
            yield written_policy(resource, how.own, how.kind, resource)


def _of_log_group(stack: Stack, group: Resource) -> Iterator[AttachedPolicy]:
    """Those of its account and region: CloudWatch Logs keeps them for no group in particular.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    here = stack.place(group)
    for policy in stack.managed("aws_cloudwatch_log_resource_policy"):
        there = stack.place(policy)
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
    place = stack.place(topic)
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
