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
from planproof.aws.datapath.guarded import GuardedResource, allowing_statements
from planproof.aws.datapath.model import DataPath, Need
from planproof.aws.datapath.samples import sample_part_arns
from planproof.aws.datapath.surplus import (
    Grant,
    UsedStatements,
    action_patterns,
    grant_of,
    listed,
    unused_actions,
)
from planproof.aws.datapath.unneeded_services import (
    granted_actions,
    has_wildcard_principal,
    undetermined_service_edge,
)
from planproof.aws.policies.attached import AttachedPolicy
from planproof.iam import Statement
from planproof.iam.actions import resource_types
from planproof.iam.context import Context, Missing
from planproof.iam.principals import PrincipalType
from planproof.terraform.stack import Resource
from planproof.values import Unknown

_ANY_CONTEXT: Final = Context(unlisted=Missing.UNKNOWN)


def service_grants(authority: Authority, path: DataPath, part: Resource) -> Iterator[Grant]:
    """Every grant of a resource's policies to a service, compared with the data path's needs."""
    needs: dict[str, list[Need]] = {}
    for need in path.needs:
        if need.on is part and not isinstance(need.principal, Resource):
            needs.setdefault(str(need.principal).lower(), []).append(need)
    reservation = undetermined_service_edge(path)
    for grant in _grants(GuardedResource(authority, part), needs):
        if grant.holds is False and reservation:
            grant = replace(grant, holds=None, excess=grant.excess + reservation)
        yield grant


def _grants(guarded: GuardedResource, needs: Mapping[str, Sequence[Need]]) -> Iterator[Grant]:
    part = guarded.part
    statements = [s for s in guarded.statements if s.may_allow and _may_cover(s, part)]
    used: dict[str, UsedStatements] = {}
    for policy, statement in allowing_statements(guarded.policies):
        if statement is None:
            unknown = "an unknown policy"
            yield Grant("an unknown service", policy, None, unknown, policy.problem, None)
            continue
        if statement not in statements:
            continue
        for service in _services(statement):
            if isinstance(service, Unknown):
                excess = "the service that it allows is not known"
                yield Grant("an unknown service", policy, statement, "it", excess, None)
                continue
            name = service.lower()
            if name not in used:
                used[name] = _used(guarded.authority, name, needs.get(name, ()), statements)
            yield from _named_grants(part, service, policy, statement, used[name])
        if has_wildcard_principal(statement) and not guarded.has_default_policy:
            yield from _wildcard_grants(guarded, policy, statement, needs)


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
        yield grant_of(service, policy, statement, granted, excess, certain)


def _checked_actions(part: Resource, actions: Iterable[str]) -> tuple[str, ...]:
    """The actions that AWS may check on a resource of the stack."""
    prefix = f"{service_of(part)}:"
    return tuple(a for a in actions if a.startswith(prefix) and resource_types(a))


def _wildcard_grants(
    guarded: GuardedResource,
    policy: AttachedPolicy,
    statement: Statement,
    needs: Mapping[str, Sequence[Need]],
) -> Iterator[Grant]:
    """What a statement with a wildcard principal grants the services that the data path needs."""
    requests = list(guarded.granted_requests([statement]))
    for service, own in needs.items():
        needed = {need.action.lower() for need in own}
        contexts = list({tuple(need.context.items()): need for need in own}.values())
        granted = granted_actions(
            guarded.authority,
            statement,
            (
                (others, replace(need, action=others[0], resource=arn))
                for request in requests
                if (others := [a for a in request.actions if a.lower() not in needed])
                for need in contexts
                for arn in request.arns
            ),
        )
        if granted:
            certain = True in granted.values()
            excess = "nothing needs it" if certain else "whether anything needs it is not known"
            holds = False if certain else None
            yield Grant(service, policy, statement, listed(list(granted)), excess, holds)
