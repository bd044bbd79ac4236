"""May a service assume a role?

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.iam import Decision, Policies, PolicyDocument, PolicyKind, Request, evaluate
from planproof.iam.arn import parse_arn
from planproof.iam.errors import PolicyError
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown


def may_assume(stack: Stack, role: Resource, service: str) -> bool | None:
    """Whether a service may assume a role in this account's name; None where nobody knows."""
    try:
        verdicts = {decision.allowed for decision in assume_decisions(stack, role, service)}
    except PolicyError:
        return False
    if True in verdicts:
        return True
    return None if None in verdicts else False


def assume_decisions(stack: Stack, role: Resource, service: str) -> Iterator[Decision]:
    """What the role's trust policy says of the service, for each queue that may be its source.

    Raises:
        PolicyError: AWS would not accept the trust policy.
    """
    raw = role.get("assume_role_policy")
    text: str | Unknown = raw if isinstance(raw, str) else UNKNOWN
    trust = PolicyDocument.parse(text, role.address, PolicyKind.TRUST)
    arn = role.get("arn")
    place = stack.provider_location(role)
    parts = parse_arn(arn) if isinstance(arn, str) else None
    account = place.account if place else parts.account if parts else None
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
    """The MediaConvert queues in whose name the service may come."""
    place = stack.provider_location(role)
    if place is None or account is None:
        yield UNKNOWN
    else:
        yield f"arn:{place.partition}:mediaconvert:{place.region}:{account}:queues/Default"
    for queue in stack.managed("aws_media_convert_queue"):
        arn = queue.get("arn")
        yield arn if isinstance(arn, str) else UNKNOWN
