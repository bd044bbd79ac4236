"""Whether a service may assume a role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.aws.authorization import source_keys
from planproof.aws.datapath import Authority, Need
from planproof.aws.datapath.locations import account_of, arn_of
from planproof.iam import Decision
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Truth, Unknown, any_of


def may_assume(authority: Authority, role: Resource, service: str) -> Truth:
    """Whether a service may assume a role on behalf of this account; it may not if AWS would reject
    the trust policy."""
    if isinstance(role.get("assume_role_policy"), str):
        (trust,) = authority.resource_policies(role)
        if trust.problem:
            return False
    return any_of(decision.allowed for decision in assume_decisions(authority, role, service))


def assume_decisions(authority: Authority, role: Resource, service: str) -> Iterator[Decision]:
    """The decision of the trust policy for each MediaConvert queue as the source."""
    account = account_of(authority.stack, role)
    for source in _sources(authority.stack, role, account):
        context = source_keys(source, account)
        need = Need("sts:AssumeRole", service, arn_of(role), role, context)
        yield authority.decide(need).decision


def _sources(stack: Stack, role: Resource, account: str | None) -> Iterator[str | Unknown]:
    """The ARNs of the MediaConvert queues that the service can act for."""
    location = stack.provider_location(role)
    if location is None or account is None:
        yield UNKNOWN
    else:
        yield f"arn:{location.partition}:mediaconvert:{location.region}:{account}:queues/Default"
    for queue in stack.managed("aws_media_convert_queue"):
        yield arn_of(queue)
