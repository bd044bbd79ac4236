"""Decides a request, the same for all that ask: steps, the data path and the emulated account.

They say what they know of the principal and of the resource, and which condition keys the request
has besides. Here the keys that follow are added, the policies that apply are put together, and
:mod:`planproof.iam` decides. A key that nobody knows stays unknown.

Sources: IAM User Guide, "AWS global condition context keys" (aws:RequestedRegion, aws:SourceArn,
aws:SourceAccount); "IAM and AWS STS condition context keys"; "Grant a user permissions to pass a
role to an AWS service" (the service that gets the role checks iam:PassRole).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from planproof.iam import Decision, Policies, PolicyDocument, PolicyKind, Request, evaluate
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.service_facts import has_policies
from planproof.values import UNKNOWN, Unknown

ContextKeys = Mapping[str, ContextValue | None]
"""Condition keys; None for one that is not in the request."""
Documents = tuple[PolicyDocument, ...]

_ELSEWHERE: Final = frozenset(("iam", "sts"))
"""Services whose endpoints may be in another region than the principal and the resource."""


@dataclass(frozen=True, slots=True)
class PrincipalFacts:
    """What is known of a principal.

    Attributes:
        name: as :attr:`planproof.iam.Request.principal`.
        tags: None where they are not known.
        region: that of its requests which name no resource; "" if unknown.
        context: condition keys of all its requests.
    """

    name: str | None
    identity: Documents = ()
    boundaries: Documents = ()
    tags: Mapping[str, str] | None = None
    region: str = ""
    context: ContextKeys = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """What is known of the resource of a request.

    Attributes:
        account: by default the one in its ARN.
        region: where its ARN names none; "" if unknown.
        tags: None where they are not known.
        policies: its resource-based policies; None where they are not known.
    """

    account: str | None = None
    region: str = ""
    tags: Mapping[str, str] | None = None
    policies: Documents | None = None


def authorize(
    action: str,
    principal: PrincipalFacts,
    resource: str | Unknown,
    facts: ResourceFacts,
    context: ContextKeys,
    assumed: Documents = (),
) -> tuple[Request, Decision]:
    """The request with every condition key that is known, and the decision on it.

    Args:
        resource: an ARN, ``"*"`` for an action without resources, or UNKNOWN.
        context: condition keys that the one who asks knows besides; they override others.
        assumed: resource-based policies that are assumed besides those of the resource.
    """
    keys: dict[str, ContextValue | None] = {"aws:SecureTransport": True}
    if region := _requested_region(action, principal, resource, facts):
        keys["aws:RequestedRegion"] = region
    request = Request(
        action,
        resource,
        principal.name,
        facts.account,
        {**keys, **principal.context, **context},
        principal_tags=principal.tags,
        resource_tags=facts.tags,
    )
    based = () if resource == "*" else (*_resource_based(request, facts), *assumed)
    return request, evaluate(request, _policies(principal.identity, principal.boundaries, based))


def source_keys(
    source: str | Unknown, account: str | None = None
) -> dict[str, ContextValue | None]:
    """The condition keys by which a service names the resource that it acts for.

    Args:
        source: its ARN.
        account: its account, for an ARN without one.
    """
    parts = parse_arn(source) if isinstance(source, str) else None
    own = parts.account if parts is not None else ""
    return {
        "aws:SourceArn": source if parts is not None else UNKNOWN,
        "aws:SourceAccount": own or account or UNKNOWN,
    }


@lru_cache(maxsize=1024)
def unknown_document(name: str) -> PolicyDocument:
    """A policy of which nothing is known."""
    return PolicyDocument.parse(UNKNOWN, name, PolicyKind.ANY)


def _requested_region(
    action: str, principal: PrincipalFacts, resource: str | Unknown, facts: ResourceFacts
) -> str:
    """The region that is called; "" if unknown. A service is called where the resource is."""
    arn = parse_arn(resource) if isinstance(resource, str) else None
    if arn is not None and arn.region:
        return arn.region
    if action.partition(":")[0].lower() in _ELSEWHERE:
        return ""
    # A resource whose ARN has no region, and of which nothing else is known, may be anywhere.
    return facts.region or (principal.region if arn is None else "")


def _resource_based(request: Request, facts: ResourceFacts) -> Documents:
    """The policies of a resource; an unknown one where it may have any."""
    if facts.policies is not None:
        return facts.policies
    if not has_policies(request.service):
        return ()
    named = isinstance(request.resource, str)
    return (
        unknown_document(str(request.resource) if named else "the policy of an unknown resource"),
    )


@lru_cache(maxsize=1024)
def _policies(identity: Documents, boundaries: Documents, resource: Documents) -> Policies:
    """The policies of a request, compiled once."""
    return Policies(identity=identity, boundaries=boundaries, resource=resource or None)
