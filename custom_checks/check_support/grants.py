"""Which policies give permissions to identities, and which role they belong to."""

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
"""Resources whose ``policy`` gives permissions."""


def granted_by(resource: Resource) -> Policy:
    """The permissions a policy resource, or the ``inline_policy`` blocks of a role, give."""
    if resource.type in IDENTITY_POLICIES:
        return read_policy(resource.value("policy"))
    inline = (read_policy(part.value("policy")) for part in resource.parts("inline_policy"))
    return sum(inline, Policy())


def granted_to(role: Resource, configuration: Configuration) -> Policy:
    """The permissions of a role, inline and attached. What is attached from elsewhere leaves it
    incomplete.
    """
    policy = granted_by(role)
    for other in configuration.beside(role, "aws_iam_role_policy"):
        if _is_role(other.value("role"), role):
            policy += granted_by(other)
    for other in configuration.beside(
        role, "aws_iam_role_policy_attachment", "aws_iam_policy_attachment"
    ):
        name = "role" if other.type == "aws_iam_role_policy_attachment" else "roles"
        if _is_role(other.value(name), role):
            policy += _attached(other.value("policy_arn"), configuration)
    for arn in references(role.value("managed_policy_arns")):
        policy += _attached(arn, configuration)
    return policy


def _attached(arn: Value, configuration: Configuration) -> Policy:
    policy = configuration.named(arn) if isinstance(arn, Reference) else None
    return granted_by(policy) if policy else Policy(complete=False)


def _is_role(value: Value, role: Resource) -> bool:
    return role.is_referred_to(value) or (value is not None and value == role.value("name"))
