"""Does a resource-based policy allow a service that no edge of the data path needs there?

A policy allows services by name and by ``Principal "*"``. For a wildcard principal the usual
services are tried, on behalf of the sources and accounts that the statement names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.calls import CALLS
from planproof.aws.datapath.deputies import (
    ACCOUNT,
    OWNER,
    SOURCE,
    decide_for_service,
    has_default_policy,
    trusted_services,
)
from planproof.aws.datapath.functions import FAILURES, LOGS, NETWORK, READ, TRACES
from planproof.aws.datapath.locations import account_of, location_of
from planproof.aws.datapath.model import DataPath, Need
from planproof.aws.datapath.outsiders import (
    OTHER_ACCOUNT,
    Attempt,
    GrantedRequest,
    accounts_named,
    granted_requests,
)
from planproof.aws.datapath.queues import REDRIVES
from planproof.aws.datapath.samples import FILLER, sample_values
from planproof.aws.policies.attached import AttachedPolicy
from planproof.iam import Statement
from planproof.iam.arn import Arn, parse_arn
from planproof.iam.context import ContextValue
from planproof.iam.principals import PrincipalType
from planproof.service_facts import service as facts_of_service
from planproof.terraform.stack import Resource
from planproof.values import Unknown

_WITHOUT_SERVICE_PRINCIPAL: Final = (CALLS, READ, LOGS, TRACES, NETWORK, FAILURES, REDRIVES)
"""Kinds of edges on which no service principal makes a request."""


def unneeded_services(authority: Authority, path: DataPath, part: Resource) -> Iterator[Attempt]:
    """Services that a policy allows, and whether an edge of the data path needs them there."""
    policies = tuple(authority.resource_policies(part))
    needed = {
        str(need.principal).lower()
        for need in path.needs
        if need.on is part and not isinstance(need.principal, Resource)
    }
    reservation = undetermined_service_edge(path)
    for policy in policies:
        if policy.problem:
            yield Attempt("an unknown principal", part, (), None, policy.problem, None, policies)
            continue
        for statement in policy.document.statements:
            if not statement.may_allow:
                continue
            found = [*_named_services(part, policies, statement, needed)]
            if has_wildcard_principal(statement) and not has_default_policy(authority, part):
                found += _by_wildcard_principal(authority, part, policies, statement, needed)
            for attempt in found:
                if attempt.holds is False and reservation:
                    attempt = replace(attempt, holds=None, found=attempt.found + reservation)
                yield attempt


def undetermined_service_edge(path: DataPath) -> str:
    """An edge of a service principal that may concern any resource of the stack, as the end of a
    sentence; "" if there is none."""
    for edge in path:
        unknown = not edge.needs and not edge.outside and any(f.holds is None for f in edge.facts)
        if unknown and edge.kind not in _WITHOUT_SERVICE_PRINCIPAL:
            return f", unless an undetermined edge needs it: {edge}"
    return ""


def _named_services(
    part: Resource, policies: tuple[AttachedPolicy, ...], statement: Statement, needed: set[str]
) -> Iterator[Attempt]:
    """Services that a statement names."""
    if statement.principal is None:
        if statement.not_principal is not None:
            found = f"allowed: {statement} allows every principal but some (NotPrincipal)"
            yield Attempt("every principal but some", part, (), False, found, statement, policies)
        return
    for kind, value in statement.principal.entries:
        if isinstance(kind, Unknown) or isinstance(value, Unknown):
            found = f"{statement} names a principal that is unknown before it is built"
            yield Attempt("an unknown principal", part, (), None, found, statement, policies)
        elif kind is PrincipalType.SERVICE:
            holds = value.lower() in needed
            found = "an edge of the data path needs it"
            if not holds:
                found = f"allowed: {statement} allows it, and no edge of the data path needs it"
            yield Attempt(value, part, (), holds, found, statement, policies)


# Principal "*" -------------------------------------------------------------------------------


def has_wildcard_principal(statement: Statement) -> bool:
    """Whether ``Principal`` is ``"*"``, which includes every service."""
    entries = statement.principal.entries if statement.principal is not None else ()
    return any(kind is PrincipalType.AWS and value == "*" for kind, value in entries)


def _by_wildcard_principal(
    authority: Authority,
    part: Resource,
    policies: tuple[AttachedPolicy, ...],
    statement: Statement,
    needed: set[str],
) -> Iterator[Attempt]:
    """Services that a statement allows by its wildcard principal though no edge needs them."""
    statements = [s for policy in policies for s in policy.document.statements]
    requests = [
        request
        for request in granted_requests(part, statements)
        if statement.covers_action(request.actions[0].lower()) is not False
    ]
    for service in trusted_services():
        if service in needed:
            continue
        allowed, undetermined = _allowed_actions(authority, part, statement, service, requests)
        if allowed:
            found = (
                f"allowed: {statement} allows it by Principal *, and no edge of the data path "
                "needs it"
            )
            yield Attempt(service, part, allowed, False, found, statement, policies)
        elif undetermined:
            found = f"undetermined: {statement} may allow it, and no edge of the data path needs it"
            yield Attempt(service, part, undetermined, None, found, statement, policies)


def _allowed_actions(
    authority: Authority,
    part: Resource,
    statement: Statement,
    service: str,
    requests: Sequence[GrantedRequest],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The actions that a statement allows a service, and those that it may allow."""
    allowed: dict[str, None] = {}
    undetermined: dict[str, None] = {}
    contexts = list(_contexts(authority, part, statement, service))
    for request in requests:
        for arn in request.arns:
            for context in contexts:
                need = Need(request.actions[0], service, arn, part, context)
                decided = decide_for_service(authority, need)
                because = decided.decision.because
                if decided.allowed is False or not any(r.statement is statement for r in because):
                    continue
                into = allowed if decided.allowed else undetermined
                into.update(dict.fromkeys(request.actions))
    return tuple(allowed), tuple(undetermined)


def _contexts(
    authority: Authority, part: Resource, statement: Statement, service: str
) -> Iterator[Mapping[str, ContextValue | None]]:
    """The sources and accounts that a service may act for, one for each case of the conditions."""
    location = location_of(authority.stack, part)
    partition, region = (
        (location.partition, location.region) if location is not None else ("aws", "*")
    )
    own = account_of(authority.stack, part)
    named = accounts_named([statement], (ACCOUNT.lower(), OWNER.lower(), SOURCE.lower()))
    label = service.partition(".")[0]
    resource = facts_of_service(label).source.replace("$name", FILLER)
    for account in dict.fromkeys((OTHER_ACCOUNT, *((own,) if own is not None else ()), *named)):
        owner, where = ("", "") if label == "s3" else (account, region)
        usual = str(Arn(partition, label, where, owner, resource))
        pattern = str(Arn(partition, label, "*" if where else "", owner, "*"))
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
