"""Would AWS allow a request, given every policy of the stack that applies to it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from planproof.aws.authorization import (
    Documents,
    PrincipalFacts,
    ResourceFacts,
    authorize,
    unknown_document,
)
from planproof.aws.datapath.locations import account_of, arn_of, location_of
from planproof.aws.datapath.model import ANONYMOUS, DecidedNeed, Edge, JudgedEdge, Need
from planproof.aws.policies.attached import AttachedPolicy, declared_policy, policy_of_statement
from planproof.aws.policies.principal import identity_policies, permissions_boundaries
from planproof.aws.policies.resource import resource_policies
from planproof.iam import Decision, Effect, PolicyKind, Reason, Statement
from planproof.iam.arn import parse_arn
from planproof.service_facts import resource_type, service
from planproof.terraform.links import configured
from planproof.terraform.stack import Resource, Stack
from planproof.values import contains_unknown


@dataclass(slots=True)
class Authority:
    """Decides needs as AWS would; policies are collected and compiled once.

    Service control policies and resource control policies are not part of a stack and not
    evaluated: allowed means allowed as far as the stack decides.
    """

    stack: Stack
    _principals: dict[str, tuple[PrincipalFacts, list[AttachedPolicy], list[AttachedPolicy]]] = (
        field(default_factory=dict)
    )
    _resources: dict[tuple[str, bool], ResourceFacts] = field(default_factory=dict)
    _policies: dict[str, list[AttachedPolicy]] = field(default_factory=dict)
    _owners: dict[str, Resource] | None = None

    def identity_policies(self, principal: Resource) -> list[AttachedPolicy]:
        """The identity policies of a role or user."""
        return self._role_or_user(principal)[1]

    def resource_policies(self, part: Resource) -> list[AttachedPolicy]:
        """The resource-based policies of a resource of the stack."""
        if part.address not in self._policies:
            self._policies[part.address] = resource_policies(self.stack, part)
        return self._policies[part.address]

    def resource_for(self, arn: str) -> Resource | None:
        """The resource of the stack that an ARN names or lies in."""
        if self._owners is None:
            self._owners = {}
            for part in self.stack.resources.present():
                if part.mode != "managed":
                    continue
                own = part.get("arn")
                # An ARN in the sources names another resource, as in the target of a rule.
                if isinstance(own, str) and own and not configured(self.stack, part, "arn"):
                    self._owners.setdefault(own, part)
        if arn in self._owners:
            return self._owners[arn]
        parts = parse_arn(arn)
        separators = service(parts.service).separators if parts is not None else ""
        prefix = arn
        while separators and prefix:
            prefix = prefix[: max(0, *(prefix.rfind(separator) for separator in separators))]
            if prefix in self._owners:
                return self._owners[prefix]
        if self.stack.gaps.missing:  # the plan may lack the resource that has this ARN
            named = parts.service if parts is not None else ""
            self.stack.managed_where(lambda type_: resource_type(type_).service in ("", named))
        return None

    def judge(self, edge: Edge) -> JudgedEdge:
        """Decide every need of an edge."""
        return JudgedEdge(edge, tuple(self.decide(need) for need in edge.needs))

    def decide(
        self, need: Need, *, held: Documents | None = None, assumed: Documents = ()
    ) -> DecidedNeed:
        """Decide one need.

        Args:
            held: the identity policies of a principal outside the stack; None if not known.
            assumed: policies of the resource that are assumed besides its own.
        """
        principal, on = need.principal, self._resource_of(need)
        attached: list[AttachedPolicy] = []
        if isinstance(principal, Resource):
            facts, identity, limits = self._role_or_user(principal)
            if not facts.name:
                why = f"the ARN of {principal} is unknown before it is built"
                return DecidedNeed(need, Decision(Effect.UNDETERMINED, (Reason(None, None, why),)))
            attached = [*identity, *limits]
        else:
            facts = _outside(principal, held)
        about = self._resource_facts(need, on)
        if on is not None and about.policies:
            attached += self.resource_policies(on)
        request, decision = authorize(
            need.action, facts, need.resource, about, need.context, assumed
        )
        return DecidedNeed(need, decision, tuple(attached), request)

    def locate(self, decided: DecidedNeed, statement: Statement) -> tuple[str, int]:
        """File and line of a statement that decided; ("", 0) where it is not known."""
        holder = policy_of_statement(decided.policies, statement)
        return holder.locate(self.stack, statement) if holder is not None else ("", 0)

    def _role_or_user(
        self, principal: Resource
    ) -> tuple[PrincipalFacts, list[AttachedPolicy], list[AttachedPolicy]]:
        """What is known of a principal of the stack, without a name if its ARN is unknown; its
        identity policies; and its permissions boundary."""
        if principal.address not in self._principals:
            identity = identity_policies(self.stack, principal)
            limits = permissions_boundaries(self.stack, principal)
            arn, location = arn_of(principal), location_of(self.stack, principal)
            facts = PrincipalFacts(
                arn if isinstance(arn, str) else "",
                tuple(policy.document for policy in identity),
                tuple(policy.document for policy in limits),
                _tags(principal),
                location.region if location is not None else "",
                {"aws:SourceOwner": None},
            )
            self._principals[principal.address] = facts, identity, limits
        return self._principals[principal.address]

    def _resource_of(self, need: Need) -> Resource | None:
        """The resource of the stack that a need requests."""
        if need.on is None and isinstance(need.resource, str) and need.resource != "*":
            return self.resource_for(need.resource)
        return need.on

    def _resource_facts(self, need: Need, on: Resource | None) -> ResourceFacts:
        """What is known of the requested resource."""
        prefix = need.action.partition(":")[0].lower()
        if on is None:
            governed = prefix == "logs" and self._in_own_account(need)
        else:
            governed = resource_type(on.type).policy is not None and service_of(on) == prefix
        key = on.address if on is not None else "", governed
        if key not in self._resources:
            self._resources[key] = self._facts_of(on, governed)
        return self._resources[key]

    def _facts_of(self, on: Resource | None, governed: bool) -> ResourceFacts:
        if on is None:
            return ResourceFacts(policies=self._log_resource_policies() if governed else None)
        location = location_of(self.stack, on)
        return ResourceFacts(
            account_of(self.stack, on),
            location.region if location is not None else "",
            _tags(on) if _has_tags(on) else None,
            tuple(p.document for p in self.resource_policies(on)) if governed else (),
        )

    def _in_own_account(self, need: Need) -> bool:
        """Whether the requested log group is in the account of the role."""
        principal = need.principal
        if not isinstance(principal, Resource) or not isinstance(need.resource, str):
            return False
        parts, own = parse_arn(need.resource), account_of(self.stack, principal)
        return parts is not None and parts.account == own

    def _log_resource_policies(self) -> Documents:
        """CloudWatch Logs has these policies for an account, not for a single log group."""
        return tuple(
            declared_policy(policy, "policy_document", PolicyKind.RESOURCE).document
            for policy in self.stack.managed("aws_cloudwatch_log_resource_policy")
        )


def service_of(part: Resource) -> str:
    """The service prefix of the actions in a resource's policy."""
    facts = resource_type(part.type)
    return facts.policy_service or facts.service


def _has_tags(part: Resource) -> bool:
    """Whether conditions can test the tags of a resource for every action."""
    return service(resource_type(part.type).service).tags_in_conditions


def _tags(part: Resource) -> Mapping[str, str] | None:
    """The tags of a resource; None where they are not known."""
    tags = part.get("tags_all")
    if contains_unknown(tags):
        return None
    return {str(k): str(v) for k, v in tags.items()} if isinstance(tags, Mapping) else None


def _outside(principal: str, held: Documents | None) -> PrincipalFacts:
    """What is known of a principal outside the stack: a service, an identity, or nobody."""
    if principal == ANONYMOUS:
        return PrincipalFacts(None, context={"aws:SourceOwner": None})
    arn = parse_arn(principal)
    if arn is None:
        return PrincipalFacts(principal)
    if held is None:
        held = (unknown_document(f"the policies of {principal} outside the stack"),)
    # The default policy of a topic allows the account of its owner by this key.
    return PrincipalFacts(principal, held, context={"aws:SourceOwner": arn.account})
