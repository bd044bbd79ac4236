"""Would AWS allow a request, given every policy that a stack puts in its way?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from planproof.aws.datapath.model import Edge, JudgedEdge, Need, Ruling
from planproof.aws.datapath.places import account_of, arn_of, place_of
from planproof.aws.policies.attached import holder_of, written_policy
from planproof.aws.policies.held import AttachedPolicy, boundaries, identity_policies
from planproof.aws.policies.resource import RESOURCE_POLICY_TYPES, resource_policies
from planproof.aws.service_facts import SERVICES_WITH_POLICIES
from planproof.iam import (
    Decision,
    Effect,
    Policies,
    PolicyDocument,
    PolicyKind,
    Reason,
    Request,
    Statement,
    evaluate,
)
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.terraform.links import configured
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, contains_unknown

_TAGGED: Final = frozenset(
    (
        "aws_kms_external_key",
        "aws_kms_key",
        "aws_kms_replica_key",
        "aws_lambda_function",
        "aws_secretsmanager_secret",
        "aws_sqs_queue",
    )
)
"""Types whose tags every action on them can be decided by: IAM User Guide, "AWS services that work
with IAM", column "ABAC"."""
_INSIDE: Final[Mapping[str, str]] = {"iam": "", "logs": ":", "secretsmanager": "", "sqs": ""}
"""What an ARN goes on with where it is about something inside of a resource, by service: "/" and
":" where nothing is said. Elsewhere the names themselves may hold these."""


@dataclass(slots=True)
class Authority:
    """Decides needs on behalf of AWS; policies are collected and compiled once.

    Service control and resource control policies are not part of a stack, so they are not looked
    at: what is allowed here is allowed as far as the stack decides.
    """

    stack: Stack
    _identity: dict[str, tuple[list[AttachedPolicy], list[AttachedPolicy]]] = field(
        default_factory=dict
    )
    _resource: dict[str, list[AttachedPolicy]] = field(default_factory=dict)
    _compiled: dict[tuple[str, str], Policies] = field(default_factory=dict)
    _owners: dict[str, Resource] | None = None

    def identity(self, principal: Resource) -> list[AttachedPolicy]:
        """The identity policies of a role or user."""
        return self._of_principal(principal)[0]

    def resource(self, part: Resource) -> list[AttachedPolicy]:
        """The resource-based policies of a part of the stack."""
        if part.address not in self._resource:
            found = resource_policies(self.stack, part) if _has_policies(part) else []
            self._resource[part.address] = found
        return self._resource[part.address]

    def owner(self, arn: str) -> Resource | None:
        """The part of the stack that an ARN names, or is something inside of."""
        if self._owners is None:
            self._owners = {}
            for part in self.stack.managed():
                own = part.get("arn")
                # One that is written in the sources is another's, as that of a rule's target is.
                if isinstance(own, str) and own and not configured(self.stack, part, "arn"):
                    self._owners.setdefault(own, part)
        if arn in self._owners:
            return self._owners[arn]
        parts = parse_arn(arn)
        marks = _INSIDE.get(parts.service, "/:") if parts is not None else ""
        here = arn
        while marks and here:
            here = here[: max(0, *(here.rfind(mark) for mark in marks))]
            if here in self._owners:
                return self._owners[here]
        return None

    def judge(self, edge: Edge) -> JudgedEdge:
        """Decide all that an edge needs."""
        return JudgedEdge(edge, tuple(self.decide(need) for need in edge.needs))

    def decide(self, need: Need, *, complete: bool = False) -> Ruling:
        """Decide one need.

        Args:
            complete: whether the need's context names every key of the request.
        """
        principal, on = need.principal, self._about(need)
        request = self.request(need, complete=complete)
        if request is None:
            return _open(need, f"the ARN of {principal} is unknown before it is built")
        identity: list[AttachedPolicy] = []
        limits: list[AttachedPolicy] = []
        if isinstance(principal, Resource):
            identity, limits = self._of_principal(principal)
        resource = self._resource_side(request.service, need, on)
        key = (str(principal) if identity or limits else "", _key(on, resource))
        if key not in self._compiled or not key[1]:
            self._compiled[key] = Policies(
                identity=[p.document for p in identity],
                boundaries=[p.document for p in limits],
                resource=resource,
            )
        decision = evaluate(request, self._compiled[key])
        own = self.resource(on) if on is not None and resource is not None else []
        return Ruling(need, decision, (*identity, *limits, *own))

    def request(self, need: Need, *, complete: bool = False) -> Request | None:
        """A need as AWS is asked for it; None where nobody knows the ARN of who asks."""
        principal, on = need.principal, self._about(need)
        caller: object = arn_of(principal) if isinstance(principal, Resource) else principal
        if isinstance(caller, Unknown):
            return None
        return Request(
            action=need.action,
            resource=need.resource,
            principal=str(caller),
            resource_account=account_of(self.stack, on) if on is not None else None,
            context={
                "aws:SecureTransport": True,
                **(self._of_caller(need, on) if isinstance(principal, Resource) else {}),
                **need.context,
            },
            complete=complete,
            principal_tags=_tags(principal) if isinstance(principal, Resource) else None,
            resource_tags=_tags(on) if on is not None and on.type in _TAGGED else None,
        )

    def _of_caller(self, need: Need, on: Resource | None) -> dict[str, ContextValue | None]:
        """What a request of a role or user brings besides.

        ``aws:SourceOwner`` is for services to set; the region asked is that of the resource, or
        for want of one that of whoever asks. IAM and STS answer in regions of their own.
        """
        found: dict[str, ContextValue | None] = {"aws:SourceOwner": None}
        service = need.action.partition(":")[0].lower()
        parts = parse_arn(need.resource) if isinstance(need.resource, str) else None
        region = parts.region if parts is not None else ""
        about = on if on is not None else need.principal
        if not region and isinstance(about, Resource) and service not in ("iam", "sts"):
            place = place_of(self.stack, about)
            region = place.region if place is not None else ""
        if region:
            found["aws:RequestedRegion"] = region
        return found

    def place(self, ruling: Ruling, statement: Statement) -> tuple[str, int]:
        """File and line of a statement that decided; ("", 0) where that cannot be told."""
        holder = holder_of(ruling.policies, statement)
        return holder.locate(self.stack, statement) if holder is not None else ("", 0)

    def _of_principal(
        self, principal: Resource
    ) -> tuple[list[AttachedPolicy], list[AttachedPolicy]]:
        if principal.address not in self._identity:
            self._identity[principal.address] = (
                identity_policies(self.stack, principal),
                boundaries(self.stack, principal),
            )
        return self._identity[principal.address]

    def _about(self, need: Need) -> Resource | None:
        """The part of the stack that a need is about."""
        if need.on is None and isinstance(need.resource, str) and need.resource != "*":
            return self.owner(need.resource)
        return need.on

    def _resource_side(
        self, service: str, need: Need, on: Resource | None
    ) -> list[PolicyDocument] | None:
        """The policies on the side of the resource; None where it can have none."""
        if service not in SERVICES_WITH_POLICIES or need.resource == "*":
            return None
        if on is None and service == "logs" and self._at_home(need):
            return self._of_logs() or None
        if on is None:
            return [PolicyDocument.parse(UNKNOWN, str(need.resource), PolicyKind.ANY)]
        if not _has_policies(on) or service_of(on) != service:
            return None
        return [policy.document for policy in self.resource(on)] or None

    def _at_home(self, need: Need) -> bool:
        """Whether a role acts on a log group of its own account that is none of the stack's."""
        principal = need.principal
        if not isinstance(principal, Resource) or not isinstance(need.resource, str):
            return False
        parts, own = parse_arn(need.resource), account_of(self.stack, principal)
        return parts is not None and parts.account == own

    def _of_logs(self) -> list[PolicyDocument]:
        """CloudWatch Logs keeps them for an account, and for no group in particular."""
        return [
            written_policy(policy, "policy_document", PolicyKind.RESOURCE, policy).document
            for policy in self.stack.managed("aws_cloudwatch_log_resource_policy")
        ]


def _has_policies(part: Resource) -> bool:
    return part.type in RESOURCE_POLICY_TYPES


def service_of(part: Resource) -> str:
    """The service prefix of the actions that the policy of a resource is about."""
    kind = part.type.removeprefix("aws_")
    for start, service in _SERVICES.items():
        if kind.startswith(start):
            return service
    return ""


_SERVICES: Final = {
    "cloudwatch_event": "events",
    "cloudwatch_log": "logs",
    "dynamodb": "dynamodb",
    "iam_role": "sts",
    "kms": "kms",
    "lambda": "lambda",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
}


def _key(on: Resource | None, resource: object) -> str:
    """What compiled policies are kept under; "" for those that are not worth keeping."""
    if resource is None:
        return "none"
    return on.address if on is not None else ""


def _tags(part: Resource) -> Mapping[str, str] | None:
    """The tags of a resource; None where they are not known."""
    tags = part.get("tags_all")
    if contains_unknown(tags):
        return None
    return {str(k): str(v) for k, v in tags.items()} if isinstance(tags, Mapping) else None


def _open(need: Need, why: str) -> Ruling:
    return Ruling(need, Decision(Effect.UNDETERMINED, (Reason(None, None, why),)))
