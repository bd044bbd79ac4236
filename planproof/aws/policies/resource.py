"""The resource-based policies of a resource.

If it is unknown which resource a policy is for, it counts as an unknown policy, so that nothing is
proven by leaving it out.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from planproof.aws.policies.attached import (
    AttachedPolicy,
    declared_policy,
    generated_policy,
    unknown_policy,
)
from planproof.aws.policies.event_bus import names_bus, permissions_of_bus
from planproof.aws.policies.function import permissions_of_function
from planproof.aws.policies.key import default_policy_of_key, grants_of_key, key_types
from planproof.iam import PolicyKind
from planproof.service_facts import PolicyDeclaration, resource_type, types
from planproof.terraform.link_index import holders
from planproof.terraform.links import configured, links
from planproof.terraform.provenance import Tracer
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Truth, is_unknown


def resource_policy_types() -> tuple[str, ...]:
    """The resource types whose policies :func:`resource_policies` finds."""
    return types(lambda facts: facts.policy)


def resource_policies(stack: Stack, resource: Resource) -> list[AttachedPolicy]:
    """The resource-based policies of a resource.

    A data source is an existing resource, which may have policies from outside of this stack, so
    it has an unknown policy too.

    Args:
        resource: of a type in :func:`resource_policy_types`; others have no policies.
    """
    declaration = resource_type(resource.type).policy
    if declaration is None:
        return []
    if resource.type == "aws_iam_role":
        return [declared_policy(resource, "assume_role_policy", PolicyKind.TRUST)]
    found = _last_policy(resource, [*_declared_policies(stack, resource, declaration)])
    is_declared = bool(found)
    if resource.mode == "managed" and not is_declared:
        found += _default_policies(stack, resource)
    found += _additional_policies(stack, resource, is_declared=is_declared)
    if resource.mode == "data" and not is_declared:
        problem = f"the policies of {resource} are not part of this stack"
        found.append(unknown_policy(resource, "", PolicyKind.RESOURCE, problem))
    return found


def _default_policies(stack: Stack, resource: Resource) -> Iterator[AttachedPolicy]:
    """The policy that AWS gives a resource that is declared without one."""
    if resource.type in key_types():
        yield default_policy_of_key(stack, resource)
    elif resource.type == "aws_sns_topic":
        yield _default_topic_policy(stack, resource)


def _additional_policies(
    stack: Stack, resource: Resource, *, is_declared: bool
) -> Iterator[AttachedPolicy]:
    """The policies that a resource has besides its single policy."""
    if resource.type in key_types():
        yield from grants_of_key(stack, resource)
    elif resource.type == "aws_lambda_function":
        yield from permissions_of_function(stack, resource)
    elif resource.type == "aws_cloudwatch_event_bus":
        yield from permissions_of_bus(stack, resource, overwritten=is_declared)
    elif resource.type == "aws_cloudwatch_log_group":
        yield from _log_group_policies(stack, resource)


# Declared policies ---------------------------------------------------------------------------


def _declared_policies(
    stack: Stack, resource: Resource, declaration: PolicyDeclaration
) -> Iterator[AttachedPolicy]:
    type_, names, own = declaration.type, declaration.names, declaration.own
    kind = PolicyKind[declaration.kind]
    declaring = holders(stack, (type_,), names, resource, declaration.identities) if type_ else ()
    if resource.type == "aws_cloudwatch_event_bus":  # without a name, it is for the default bus
        declaring = stack.managed(type_)
    problem = f"whether it is the policy of {resource} is not known"
    for one in declaring:
        applies = _is_for(stack, one, resource, declaration)
        if applies is not False:
            yield declared_policy(one, "policy", kind, applies=applies, problem=problem)
    text = resource.get(own) if own else None
    if isinstance(text, str) and text in _NO_POLICY:
        return
    if is_unknown(text):
        if configured(stack, resource, own) and not _is_null(stack, resource, own):
            yield declared_policy(resource, own, kind)
    elif text is not None and (resource.mode == "data" or configured(stack, resource, own)):
        yield declared_policy(resource, own, kind)


def _is_for(
    stack: Stack, one: Resource, resource: Resource, declaration: PolicyDeclaration
) -> Truth:
    """Whether a resource that declares a policy declares it for ``resource``."""
    if resource.type == "aws_cloudwatch_event_bus":
        return names_bus(stack, one, resource)
    references = stack.configuration.references(one.declared, declaration.names)
    if any(reference.endswith(".stream_arn") for reference in references):
        return False  # the stream of a table has a policy of its own
    return links(stack, one, declaration.names, resource, declaration.identities)


def _last_policy(resource: Resource, found: list[AttachedPolicy]) -> list[AttachedPolicy]:
    """The policy that remains of several; unknown policies if they differ."""
    texts = [policy.source.get(policy.attribute) for policy in found]
    if len(found) < 2:
        return found
    if all(isinstance(text, str) and text == texts[0] for text in texts):
        known = [policy for policy in found if not policy.problem]
        return known[:1] or found[:1]
    problem = f"the policy of {resource} is set more than once, and AWS keeps the last"
    return [
        unknown_policy(p.source, p.attribute, p.document.kind, p.problem or problem, p.attachment)
        for p in found
    ]


def _is_null(stack: Stack, resource: Resource, attribute: str) -> bool:
    """Whether a computed attribute is set to an expression that is null, such as a variable.

    Its value is then unknown in the plan, although all inputs of the expression are known.
    """
    expression = stack.configuration.expression(resource.declared, attribute)
    if not isinstance(expression, Mapping) or "constant_value" in expression:
        return False
    tracer = Tracer(stack.configuration)
    if _IMPURE.search(tracer.written(resource.declared, attribute)):
        return False
    origin = tracer.attribute(resource.declared, attribute)
    return origin.complete and not origin.leaves


# Texts that mean that there is no policy.
_NO_POLICY: Final = ("", "{}")
_IMPURE: Final = re.compile(r"\b(?:timestamp|uuid|bcrypt)\s*\(")


# Log groups and topics -----------------------------------------------------------------------


def _log_group_policies(stack: Stack, group: Resource) -> Iterator[AttachedPolicy]:
    """The log resource policies of the account and region, which apply to all log groups.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    here = stack.provider_location(group)
    problem = f"whether it is in the account and region of {group} is not known"
    for policy in stack.managed("aws_cloudwatch_log_resource_policy"):
        there = stack.provider_location(policy)
        applies: Truth = True if _provider(stack, policy) == _provider(stack, group) else None
        if applies is None and here is not None and there is not None:
            applies = here == there
        if applies is not False:
            kind = PolicyKind.RESOURCE
            yield declared_policy(policy, "policy_document", kind, applies=applies, problem=problem)


def _provider(stack: Stack, resource: Resource) -> str:
    return stack.configuration.provider_of(resource.declared)


def _default_topic_policy(stack: Stack, topic: Resource) -> AttachedPolicy:
    """The policy that AWS gives a topic that is declared without one: for its own account.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    location = stack.provider_location(topic)
    if location is None:
        problem = "the account of the topic, which its default policy names, is not known"
        return unknown_policy(topic, "", PolicyKind.RESOURCE, problem)
    arn = topic.get("arn")
    statement: dict[str, Any] = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _TOPIC_ACTIONS],
        "Resource": arn if isinstance(arn, str) else UNKNOWN,
        "Condition": {"StringEquals": {"AWS:SourceOwner": location.account}},
    }
    return generated_policy(
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
