"""The permissions that identity-based policies grant, by policy and by role."""

from __future__ import annotations

from check_support.configuration import Configuration, Resource
from check_support.policy import Policy, read_policy
from check_support.values import Reference, Value, references

IDENTITY_POLICIES = (
    "aws_iam_policy",
    "aws_iam_role_policy",
    "aws_iam_user_policy",
    "aws_iam_group_policy",
)
"""Resources whose ``policy`` grants permissions."""


def granted_by(resource: Resource) -> Policy:
    """The permissions that a policy resource, or the ``inline_policy`` blocks of a role, grant."""
    if resource.type in IDENTITY_POLICIES:
        return read_policy(resource.value("policy"))
    inline = (read_policy(block.value("policy")) for block in resource.nested("inline_policy"))
    return sum(inline, Policy())


def granted_to(role: Resource, configuration: Configuration) -> Policy:
    """The permissions of a role, inline and attached; incomplete if it has policies that are not in
    the source.
    """
    policy = granted_by(role)
    for other in configuration.in_same_stack(role, "aws_iam_role_policy"):
        if _is_role(other.value("role"), role):
            policy += granted_by(other)
    for other in configuration.in_same_stack(
        role, "aws_iam_role_policy_attachment", "aws_iam_policy_attachment"
    ):
        name = "role" if other.type == "aws_iam_role_policy_attachment" else "roles"
        if _is_role(other.value(name), role):
            policy += _attached(other.value("policy_arn"), configuration)
    for arn in references(role.value("managed_policy_arns")):
        policy += _attached(arn, configuration)
    return policy


def _attached(arn: Value, configuration: Configuration) -> Policy:
    policy = configuration.resource_of(arn) if isinstance(arn, Reference) else None
    return granted_by(policy) if policy else Policy(complete=False)


def _is_role(value: Value, role: Resource) -> bool:
    return role.is_referenced_in(value) or (value is not None and value == role.value("name"))
