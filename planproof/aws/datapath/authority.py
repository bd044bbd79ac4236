"""Would AWS allow a request, given every policy of the stack that applies to it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from planproof.aws.datapath.locations import account_of, arn_of, location_of
from planproof.aws.datapath.model import DecidedNeed, Edge, JudgedEdge, Need
from planproof.aws.policies.attached import AttachedPolicy, declared_policy, policy_of_statement
from planproof.aws.policies.principal import identity_policies, permissions_boundaries
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
"""Types whose tags conditions can test for every action: IAM User Guide, "AWS services that work
with IAM", column "ABAC"."""
_SEPARATORS: Final[Mapping[str, str]] = {"iam": "", "logs": ":", "secretsmanager": "", "sqs": ""}
"""By service, the characters that separate the ARN of a resource from what is inside the resource;
"/" and ":" for the other services. Names of these services may contain the characters left out."""


@dataclass(slots=True)
class Authority:
    """Decides needs as AWS would; policies are collected and compiled once.

    Service control policies and resource control policies are not part of a stack and not
    evaluated: allowed means allowed as far as the stack decides.
    """

    stack: Stack
    _identity: dict[str, tuple[list[AttachedPolicy], list[AttachedPolicy]]] = field(
        default_factory=dict
    )
    _resource: dict[str, list[AttachedPolicy]] = field(default_factory=dict)
    _compiled: dict[tuple[str, str], Policies] = field(default_factory=dict)
    _owners: dict[str, Resource] | None = None

    def identity_policies(self, principal: Resource) -> list[AttachedPolicy]:
        """The identity policies of a role or user."""
        return self._policies_of_principal(principal)[0]

    def resource_policies(self, part: Resource) -> list[AttachedPolicy]:
        """The resource-based policies of a resource of the stack."""
        if part.address not in self._resource:
            self._resource[part.address] = resource_policies(self.stack, part)
        return self._resource[part.address]

    def resource_for(self, arn: str) -> Resource | None:
        """The resource of the stack that an ARN names or lies in."""
        if self._owners is None:
            self._owners = {}
            for part in self.stack.managed():
                own = part.get("arn")
                # An ARN in the sources names another resource, as in the target of a rule.
                if isinstance(own, str) and own and not configured(self.stack, part, "arn"):
                    self._owners.setdefault(own, part)
        if arn in self._owners:
            return self._owners[arn]
        parts = parse_arn(arn)
        separators = _SEPARATORS.get(parts.service, "/:") if parts is not None else ""
        prefix = arn
        while separators and prefix:
            prefix = prefix[: max(0, *(prefix.rfind(separator) for separator in separators))]
            if prefix in self._owners:
                return self._owners[prefix]
        return None

    def judge(self, edge: Edge) -> JudgedEdge:
        """Decide every need of an edge."""
        return JudgedEdge(edge, tuple(self.decide(need) for need in edge.needs))

    def decide(self, need: Need, *, complete: bool = False) -> DecidedNeed:
        """Decide one need.

        Args:
            complete: whether the need's context names every key of the request.
        """
        principal, on = need.principal, self._resource_of(need)
        request = self.request(need, complete=complete)
        if request is None:
            return _undetermined(need, f"the ARN of {principal} is unknown before it is built")
        identity: list[AttachedPolicy] = []
        limits: list[AttachedPolicy] = []
        if isinstance(principal, Resource):
            identity, limits = self._policies_of_principal(principal)
        resource = self._resource_side(request.service, need, on)
        owner = "none" if resource is None else on.address if on is not None else ""
        key = (str(principal) if identity or limits else "", owner)
        if key not in self._compiled or not owner:
            self._compiled[key] = Policies(
                identity=[p.document for p in identity],
                boundaries=[p.document for p in limits],
                resource=resource,
            )
        decision = evaluate(request, self._compiled[key])
        own = self.resource_policies(on) if on is not None and resource is not None else []
        return DecidedNeed(need, decision, (*identity, *limits, *own))

    def request(self, need: Need, *, complete: bool = False) -> Request | None:
        """The request of a need; None where the ARN of its principal is unknown."""
        principal, on = need.principal, self._resource_of(need)
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
                **(self._caller_context(need, on) if isinstance(principal, Resource) else {}),
                **need.context,
            },
            complete=complete,
            principal_tags=_tags(principal) if isinstance(principal, Resource) else None,
            resource_tags=_tags(on) if on is not None and on.type in _TAGGED else None,
        )

    def _caller_context(self, need: Need, on: Resource | None) -> dict[str, ContextValue | None]:
        """Condition keys that follow from the caller being a role or user.

        Only services set ``aws:SourceOwner``. The requested region is that of the resource, or else
        that of the caller. IAM and STS have regions of their own.
        """
        found: dict[str, ContextValue | None] = {"aws:SourceOwner": None}
        service = need.action.partition(":")[0].lower()
        parts = parse_arn(need.resource) if isinstance(need.resource, str) else None
        region = parts.region if parts is not None else ""
        located = on if on is not None else need.principal
        if not region and isinstance(located, Resource) and service not in ("iam", "sts"):
            location = location_of(self.stack, located)
            region = location.region if location is not None else ""
        if region:
            found["aws:RequestedRegion"] = region
        return found

    def locate(self, decided: DecidedNeed, statement: Statement) -> tuple[str, int]:
        """File and line of a statement that decided; ("", 0) where it is not known."""
        holder = policy_of_statement(decided.policies, statement)
        return holder.locate(self.stack, statement) if holder is not None else ("", 0)

    def _policies_of_principal(
        self, principal: Resource
    ) -> tuple[list[AttachedPolicy], list[AttachedPolicy]]:
        if principal.address not in self._identity:
            self._identity[principal.address] = (
                identity_policies(self.stack, principal),
                permissions_boundaries(self.stack, principal),
            )
        return self._identity[principal.address]

    def _resource_of(self, need: Need) -> Resource | None:
        """The resource of the stack that a need requests."""
        if need.on is None and isinstance(need.resource, str) and need.resource != "*":
            return self.resource_for(need.resource)
        return need.on

    def _resource_side(
        self, service: str, need: Need, on: Resource | None
    ) -> list[PolicyDocument] | None:
        """The resource-based policies that apply; None where there can be none."""
        if service not in SERVICES_WITH_POLICIES or need.resource == "*":
            return None
        if on is None and service == "logs" and self._in_own_account(need):
            return self._log_resource_policies() or None
        if on is None:
            return [PolicyDocument.parse(UNKNOWN, str(need.resource), PolicyKind.ANY)]
        if on.type not in RESOURCE_POLICY_TYPES or service_of(on) != service:
            return None
        return [policy.document for policy in self.resource_policies(on)] or None

    def _in_own_account(self, need: Need) -> bool:
        """Whether the requested log group is in the account of the role."""
        principal = need.principal
        if not isinstance(principal, Resource) or not isinstance(need.resource, str):
            return False
        parts, own = parse_arn(need.resource), account_of(self.stack, principal)
        return parts is not None and parts.account == own

    def _log_resource_policies(self) -> list[PolicyDocument]:
        """CloudWatch Logs has these policies for an account, not for a single log group."""
        return [
            declared_policy(policy, "policy_document", PolicyKind.RESOURCE).document
            for policy in self.stack.managed("aws_cloudwatch_log_resource_policy")
        ]


def service_of(part: Resource) -> str:
    """The service prefix of the actions in a resource's policy."""
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


def _tags(part: Resource) -> Mapping[str, str] | None:
    """The tags of a resource; None where they are not known."""
    tags = part.get("tags_all")
    if contains_unknown(tags):
        return None
    return {str(k): str(v) for k, v in tags.items()} if isinstance(tags, Mapping) else None


def _undetermined(need: Need, why: str) -> DecidedNeed:
    return DecidedNeed(need, Decision(Effect.UNDETERMINED, (Reason(None, None, why),)))
