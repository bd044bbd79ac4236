"""Does a resource-based policy allow a service more than the data path needs from it there?

A policy allows services by name and by ``Principal "*"``. For a wildcard principal the usual
services are tried, on behalf of the sources and accounts that the statement names.

Excess permissions of a service can be used by every principal that can make the service act. So
each action that a resource-based policy, a key policy or a trust policy grants a service is
compared with the data path, as :mod:`planproof.aws.datapath.surplus` does for roles. Under
``Principal "*"`` all other actions are tried for the services that the data path needs there.

Source: IAM User Guide, "Security best practices in IAM: Apply least-privilege permissions".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from planproof.aws.datapath.authority import Authority, service_of
from planproof.aws.datapath.calls import CALLS
from planproof.aws.datapath.deputies import (
    ACCOUNT,
    OWNER,
    SOURCE,
    decide_for_service,
    trusted_services,
)
from planproof.aws.datapath.functions import FAILURES, LOGS, NETWORK, READ, TRACES
from planproof.aws.datapath.guarded import (
    OTHER_ACCOUNT,
    Attempt,
    GuardedResource,
    allowing_statements,
)
from planproof.aws.datapath.model import DataPath, Need
from planproof.aws.datapath.outsiders import accounts_named
from planproof.aws.datapath.queues import REDRIVES
from planproof.aws.datapath.samples import FILLER, sample_part_arns, sample_values
from planproof.aws.datapath.surplus import (
    Grant,
    UsedStatements,
    action_patterns,
    grant_of,
    listed,
    unused_actions,
)
from planproof.aws.policies.attached import AttachedPolicy
from planproof.iam import Statement
from planproof.iam.actions import resource_types
from planproof.iam.arn import Arn, parse_arn
from planproof.iam.context import Context, ContextValue, Missing
from planproof.iam.principals import PrincipalType
from planproof.service_facts import service as facts_of_service
from planproof.terraform.stack import Resource
from planproof.values import Truth, Unknown

_ANY_CONTEXT: Final = Context(unlisted=Missing.UNKNOWN)
_WITHOUT_SERVICE_PRINCIPAL: Final = (CALLS, READ, LOGS, TRACES, NETWORK, FAILURES, REDRIVES)
"""Kinds of edges on which no service principal makes a request."""


def unneeded_services(authority: Authority, path: DataPath, part: Resource) -> Iterator[Attempt]:
    """Services that a policy allows, and whether an edge of the data path needs them there."""
    guarded = GuardedResource(authority, part)
    needed = _needs_by_service(path, part).keys()
    reservation = _undetermined_service_edge(path)
    for policy, statement in allowing_statements(guarded.policies):
        if statement is None:
            yield guarded.attempt("an unknown principal", (), None, policy.problem)
            continue
        found = [*_named_services(guarded, statement, needed)]
        if _has_wildcard_principal(statement) and not guarded.has_default_policy:
            found += _by_wildcard_principal(guarded, statement, needed)
        for attempt in found:
            if attempt.holds is False and reservation:
                attempt = replace(attempt, holds=None, found=attempt.found + reservation)
            yield attempt


def service_grants(authority: Authority, path: DataPath, part: Resource) -> Iterator[Grant]:
    """Every grant of a resource's policies to a service, compared with the data path's needs."""
    reservation = _undetermined_service_edge(path)
    for grant in _grants(GuardedResource(authority, part), _needs_by_service(path, part)):
        if grant.holds is False and reservation:
            grant = replace(grant, holds=None, excess=grant.excess + reservation)
        yield grant


def _needs_by_service(path: DataPath, part: Resource) -> dict[str, list[Need]]:
    """The needs on a resource by service principal, in lower case."""
    found: dict[str, list[Need]] = {}
    for need in path.needs:
        if need.on is part and not isinstance(need.principal, Resource):
            found.setdefault(str(need.principal).lower(), []).append(need)
    return found


def _undetermined_service_edge(path: DataPath) -> str:
    """An edge of a service principal that may concern any resource of the stack, as the end of a
    sentence; "" if there is none."""
    for edge in path:
        unknown = not edge.needs and not edge.outside and any(f.holds is None for f in edge.facts)
        if unknown and edge.kind not in _WITHOUT_SERVICE_PRINCIPAL:
            return f", unless an undetermined edge needs it: {edge}"
    return ""


def _named_services(
    guarded: GuardedResource, statement: Statement, needed: Collection[str]
) -> Iterator[Attempt]:
    """Services that a statement names."""
    if statement.principal is None:
        if statement.not_principal is not None:
            found = f"allowed: {statement} allows every principal but some (NotPrincipal)"
            yield guarded.attempt("every principal but some", (), False, found, statement)
        return
    for kind, value in statement.principal.entries:
        if isinstance(kind, Unknown) or isinstance(value, Unknown):
            found = f"{statement} names a principal that is unknown before it is built"
            yield guarded.attempt("an unknown principal", (), None, found, statement)
        elif kind is PrincipalType.SERVICE:
            holds = value.lower() in needed
            found = "an edge of the data path needs it"
            if not holds:
                found = f"allowed: {statement} allows it, and no edge of the data path needs it"
            yield guarded.attempt(value, (), holds, found, statement)


# Principal "*" -------------------------------------------------------------------------------


def _has_wildcard_principal(statement: Statement) -> bool:
    """Whether ``Principal`` is ``"*"``, which includes every service."""
    entries = statement.principal.entries if statement.principal is not None else ()
    return any(kind is PrincipalType.AWS and value == "*" for kind, value in entries)


def _by_wildcard_principal(
    guarded: GuardedResource, statement: Statement, needed: Collection[str]
) -> Iterator[Attempt]:
    """Services that a statement allows by its wildcard principal though no edge needs them."""
    requests = [
        request
        for request in guarded.granted_requests()
        if statement.covers_action(request.actions[0].lower()) is not False
    ]
    for service in trusted_services():
        if service in needed:
            continue
        granted = _granted_actions(
            guarded.authority,
            statement,
            (
                (request.actions, Need(request.actions[0], service, arn, guarded.part, context))
                for request in requests
                for arn in request.arns
                for context in _contexts(guarded, statement, service)
            ),
        )
        if allowed := tuple(action for action, truth in granted.items() if truth):
            found = (
                f"allowed: {statement} allows it by Principal *, and no edge of the data path "
                "needs it"
            )
            yield guarded.attempt(service, allowed, False, found, statement)
        elif granted:
            found = f"undetermined: {statement} may allow it, and no edge of the data path needs it"
            yield guarded.attempt(service, tuple(granted), None, found, statement)


def _granted_actions(
    authority: Authority, statement: Statement, requests: Iterable[tuple[Sequence[str], Need]]
) -> dict[str, Truth]:
    """The actions that a statement grants a service, and whether that is certain.

    Args:
        requests: each with all actions that its decision holds for.
    """
    found: dict[str, Truth] = {}
    for actions, need in requests:
        decided = decide_for_service(authority, need)
        because = decided.decision.because
        if decided.allowed is not False and any(r.statement is statement for r in because):
            certain = decided.allowed or found.get(actions[0])
            found |= dict.fromkeys(actions, certain)
    return found


def _contexts(
    guarded: GuardedResource, statement: Statement, service: str
) -> Iterator[Mapping[str, ContextValue | None]]:
    """The sources and accounts that a service may act for, one for each case of the conditions."""
    named = accounts_named([statement], (ACCOUNT.lower(), OWNER.lower(), SOURCE.lower()))
    label = service.partition(".")[0]
    resource = facts_of_service(label).source.replace("$name", FILLER)
    own = () if guarded.account is None else (guarded.account,)
    for account in dict.fromkeys((OTHER_ACCOUNT, *own, *named)):
        owner, where = ("", "") if label == "s3" else (account, guarded.region)
        usual = str(Arn(guarded.partition, label, where, owner, resource))
        pattern = str(Arn(guarded.partition, label, "*" if where else "", owner, "*"))
        for arn in dict.fromkeys((usual, *sample_values(pattern, [statement], SOURCE.lower())[1:])):
            if parse_arn(arn) is None or "*" in arn:
                continue
            # Of the services only CloudWatch alarms send the owner. The default policy of a topic
            # trusts its own account by it, which allows no other service.
            yield {
                SOURCE: arn,
                ACCOUNT: account,
                OWNER: OTHER_ACCOUNT
                if label == "cloudwatch" and account == OTHER_ACCOUNT
                else None,
            }


# The actions of services ---------------------------------------------------------------------


def _grants(guarded: GuardedResource, needs: Mapping[str, Sequence[Need]]) -> Iterator[Grant]:
    # The resource policies of CloudWatch Logs are for all log groups of an account.
    statements = [
        s
        for s in guarded.statements
        if s.may_allow
        and any(
            s.covers_resource(arn, _ANY_CONTEXT) is not False
            for arn in sample_part_arns(guarded.part, [s])
        )
    ]
    used = _used_by_service(guarded.authority, needs, statements)
    for policy, statement in allowing_statements(guarded.policies):
        if statement is None:
            unknown = "an unknown policy"
            yield Grant("an unknown service", policy, None, unknown, policy.problem, None)
            continue
        if statement not in statements:
            continue
        for service in _services_named(statement):
            if isinstance(service, Unknown):
                excess = "the service that it allows is not known"
                yield Grant("an unknown service", policy, statement, "it", excess, None)
                continue
            yield from _named_grants(
                guarded.part, service, policy, statement, used[service.lower()]
            )
        if _has_wildcard_principal(statement) and not guarded.has_default_policy:
            yield from _wildcard_grants(guarded, policy, statement, needs)


def _services_named(statement: Statement) -> Iterator[str | Unknown]:
    """The services that a statement names; UNKNOWN for an unknown principal."""
    for kind, value in statement.principal.entries if statement.principal is not None else ():
        if isinstance(kind, Unknown) or kind is PrincipalType.SERVICE:
            yield value if not isinstance(kind, Unknown) else kind


def _used_by_service(
    authority: Authority, needs: Mapping[str, Sequence[Need]], statements: Sequence[Statement]
) -> Mapping[str, UsedStatements]:
    """The needs of each service, by the statements that name it."""
    found: dict[str, UsedStatements] = defaultdict(UsedStatements)
    for statement in statements:
        for service in _services_named(statement):
            if isinstance(service, str):
                for need in needs.get(service.lower(), ()):
                    found[service.lower()].add(authority, need, [statement])
    return found


def _named_grants(
    part: Resource, service: str, policy: AttachedPolicy, statement: Statement, used: UsedStatements
) -> Iterator[Grant]:
    """Each action pattern that a statement allows a service by name."""
    for granted, actions in action_patterns(statement):
        # A wildcard covers only the actions that AWS checks on such a resource.
        own = (a for a in actions if a.startswith(f"{service_of(part)}:") and resource_types(a))
        effective = actions if actions == (granted,) else tuple(own)
        excess, certain = unused_actions(statement, granted, effective, used)
        if not effective and isinstance(granted, str):
            excess, certain = f"nothing needs {granted}", True
        yield grant_of(service, policy, statement, granted, excess, certain)


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
        granted = _granted_actions(
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
