"""Whether a service may assume a role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.iam import Decision, Policies, PolicyDocument, PolicyKind, Request, evaluate
from planproof.iam.arn import parse_arn
from planproof.iam.errors import PolicyError
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Truth, Unknown, any_of


def may_assume(stack: Stack, role: Resource, service: str) -> Truth:
    """Whether a service may assume a role on behalf of this account."""
    try:
        return any_of(decision.allowed for decision in assume_decisions(stack, role, service))
    except PolicyError:
        return False


def assume_decisions(stack: Stack, role: Resource, service: str) -> Iterator[Decision]:
    """The decision of the trust policy for each MediaConvert queue as the source.

    Raises:
        PolicyError: AWS would reject the trust policy.
    """
    raw = role.get("assume_role_policy")
    text: str | Unknown = raw if isinstance(raw, str) else UNKNOWN
    trust = PolicyDocument.parse(text, role.address, PolicyKind.TRUST)
    arn = role.get("arn")
    location = stack.provider_location(role)
    parts = parse_arn(arn) if isinstance(arn, str) else None
    account = location.account if location else parts.account if parts else None
    for source in _sources(stack, role, account):
        yield evaluate(
            Request(
                action="sts:AssumeRole",
                resource=arn if isinstance(arn, str) else UNKNOWN,
                principal=service,
                resource_account=account,
                context={
                    "aws:SourceAccount": account or UNKNOWN,
                    "aws:SourceArn": source,
                    "aws:SecureTransport": True,
                },
            ),
            Policies(resource=trust),
        )


def _sources(stack: Stack, role: Resource, account: str | None) -> Iterator[str | Unknown]:
    """The ARNs of the MediaConvert queues that the service can act for."""
    location = stack.provider_location(role)
    if location is None or account is None:
        yield UNKNOWN
    else:
        yield f"arn:{location.partition}:mediaconvert:{location.region}:{account}:queues/Default"
    for queue in stack.managed("aws_media_convert_queue"):
        arn = queue.get("arn")
        yield arn if isinstance(arn, str) else UNKNOWN
