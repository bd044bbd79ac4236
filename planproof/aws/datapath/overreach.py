"""Is a service granted more on a resource than the data path needs from it there?

Excess permissions of a service can be used by every principal that can make the service act. So
each action that a resource-based policy, a key policy or a trust policy grants a service is
compared with the data path, as :mod:`planproof.aws.datapath.surplus` does for roles. Under
``Principal "*"`` all other actions are tried for the services that the data path needs there.

Source: IAM User Guide, "Security best practices in IAM: Apply least-privilege permissions".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from planproof.aws.datapath.authority import Authority, service_of
from planproof.aws.datapath.deputies import decide_for_service, has_default_policy
from planproof.aws.datapath.model import DataPath, Need
from planproof.aws.datapath.outsiders import granted_requests
from planproof.aws.datapath.samples import sample_part_arns
from planproof.aws.datapath.surplus import (
    Grant,
    UsedStatements,
    action_patterns,
    listed,
    unused_actions,
)
from planproof.aws.datapath.unneeded_services import (
    has_wildcard_principal,
    undetermined_service_edge,
)
from planproof.aws.policies.attached import AttachedPolicy
from planproof.iam import Statement, StatementEffect
from planproof.iam.actions import resource_types
from planproof.iam.context import Context, Missing
from planproof.iam.principals import PrincipalType
from planproof.terraform.stack import Resource
from planproof.values import Truth, Unknown

_ANY_CONTEXT: Final = Context(unlisted=Missing.UNKNOWN)


def service_grants(authority: Authority, path: DataPath, part: Resource) -> Iterator[Grant]:
    """Every grant of a resource's policies to a service, compared with the data path's needs."""
    needs: dict[str, list[Need]] = {}
    for need in path.needs:
        if need.on is part and not isinstance(need.principal, Resource):
            needs.setdefault(str(need.principal).lower(), []).append(need)
    reservation = undetermined_service_edge(path)
    for grant in _grants(authority, part, needs):
        if grant.holds is False and reservation:
            grant = replace(grant, holds=None, excess=grant.excess + reservation)
        yield grant


def _grants(
    authority: Authority, part: Resource, needs: Mapping[str, Sequence[Need]]
) -> Iterator[Grant]:
    policies = authority.resource_policies(part)
    statements = [
        statement
        for policy in policies
        for statement in policy.document.statements
        if statement.may_allow and _may_cover(statement, part)
    ]
    used: dict[str, UsedStatements] = {}
    for policy in policies:
        if policy.problem:
            unknown = "an unknown policy"
            yield Grant("an unknown service", policy, None, unknown, policy.problem, None)
            continue
        for statement in policy.document.statements:
            if statement not in statements:
                continue
            for service in _services(statement):
                if isinstance(service, Unknown):
                    excess = "the service that it allows is not known"
                    yield Grant("an unknown service", policy, statement, "it", excess, None)
                    continue
                name = service.lower()
                if name not in used:
                    used[name] = _used(authority, name, needs.get(name, ()), statements)
                yield from _named_grants(part, service, policy, statement, used[name])
            if has_wildcard_principal(statement) and not has_default_policy(authority, part):
                yield from _wildcard_grants(authority, part, policy, statement, needs)


def _may_cover(statement: Statement, part: Resource) -> bool:
    """Whether a statement may cover a resource or something within it; the resource policies of
    CloudWatch Logs are for all log groups of an account."""
    arns = sample_part_arns(part, [statement])
    return any(statement.covers_resource(arn, _ANY_CONTEXT) is not False for arn in arns)


def _services(statement: Statement) -> Iterator[str | Unknown]:
    """The services that a statement names; UNKNOWN for an unknown principal."""
    for kind, value in statement.principal.entries if statement.principal is not None else ():
        if isinstance(kind, Unknown) or kind is PrincipalType.SERVICE:
            yield value if not isinstance(kind, Unknown) else kind


def _used(
    authority: Authority, service: str, needs: Iterable[Need], statements: Sequence[Statement]
) -> UsedStatements:
    """The needs of a service, by the statements that name the service."""
    naming = [
        statement
        for statement in statements
        if any(isinstance(n, str) and n.lower() == service for n in _services(statement))
    ]
    used = UsedStatements()
    for need in needs:
        used.add(authority, need, naming)
    return used


def _named_grants(
    part: Resource, service: str, policy: AttachedPolicy, statement: Statement, used: UsedStatements
) -> Iterator[Grant]:
    """Each action pattern that a statement allows a service by name."""
    for granted, actions in action_patterns(statement):
        # A wildcard covers only the actions that AWS checks on such a resource.
        effective = actions if actions == (granted,) else _checked_actions(part, actions)
        excess, certain = unused_actions(statement, granted, effective, used)
        if not effective and isinstance(granted, str):
            excess, certain = f"nothing needs {granted}", True
        certain = certain and statement.effect is StatementEffect.ALLOW
        holds = (False if certain else None) if excess else True
        shown = granted if isinstance(granted, str) else "an unknown action"
        yield Grant(service, policy, statement, shown, excess, holds)


def _checked_actions(part: Resource, actions: Iterable[str]) -> tuple[str, ...]:
    """The actions that AWS may check on a resource of the stack."""
    prefix = f"{service_of(part)}:"
    return tuple(a for a in actions if a.startswith(prefix) and resource_types(a))


def _wildcard_grants(
    authority: Authority,
    part: Resource,
    policy: AttachedPolicy,
    statement: Statement,
    needs: Mapping[str, Sequence[Need]],
) -> Iterator[Grant]:
    """What a statement with a wildcard principal grants the services that the data path needs."""
    requests = list(granted_requests(part, [statement]))
    for service, own in needs.items():
        needed = {need.action.lower() for need in own}
        contexts = list({tuple(need.context.items()): need for need in own}.values())
        granted: dict[str, Truth] = {}
        for request in requests:
            others = [action for action in request.actions if action.lower() not in needed]
            decided_needs = [
                decide_for_service(authority, replace(need, action=others[0], resource=arn))
                for need in contexts
                for arn in request.arns
                if others
            ]
            allowed = {
                decided.allowed
                for decided in decided_needs
                if any(reason.statement is statement for reason in decided.decision.because)
            }
            if allowed - {False}:
                granted |= dict.fromkeys(others, True if True in allowed else None)
        if granted:
            holds = False if True in granted.values() else None
            excess = (
                "whether anything needs it is not known" if holds is None else "nothing needs it"
            )
            yield Grant(service, policy, statement, listed(list(granted)), excess, holds)
