"""Does a policy let a service in that no edge of the data path needs there?

Services are let in by name, and by ``Principal "*"``, which means everybody: under that one the
usual services are tried, in the name of the sources and accounts that the statement itself names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from planproof.aws.datapath.asked import FILLER, values_asked
from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.calls import CALLS
from planproof.aws.datapath.deputies import (
    ACCOUNT,
    OWNER,
    SERVICES,
    SOURCE,
    decided,
    is_as_aws_made_it,
)
from planproof.aws.datapath.functions import FAILURES, LOGS, NETWORK, READ, TRACES
from planproof.aws.datapath.model import DataPath, Edge, Need
from planproof.aws.datapath.outsiders import (
    STRANGER,
    Attempt,
    Question,
    accounts_named,
    questions_of,
)
from planproof.aws.datapath.places import account_of, place_of
from planproof.aws.datapath.queues import GIVES_UP as LEAVES
from planproof.aws.policies.held import AttachedPolicy
from planproof.iam import Statement
from planproof.iam.arn import Arn, parse_arn
from planproof.iam.context import ContextValue
from planproof.iam.principals import PrincipalType
from planproof.terraform.stack import Resource
from planproof.values import Unknown

_OF_ROLES: Final = (CALLS, READ, LOGS, TRACES, NETWORK, FAILURES, LEAVES)
"""Edges on which no service comes as itself; on any other one may."""
_SOURCES: Final[Mapping[str, str]] = {
    "cloudwatch": f"alarm:{FILLER}",
    "events": f"rule/{FILLER}",
    "lambda": f"function:{FILLER}",
}
"""What a service acts for, as the resource part of an ARN; elsewhere it is a name alone."""


def needless(authority: Authority, path: DataPath, part: Resource) -> Iterator[Attempt]:
    """Services that a policy lets in, though no edge of the data path needs them there."""
    policies = tuple(authority.resource(part))
    needed = {
        str(need.principal).lower()
        for need in path.needs
        if need.on is part and not isinstance(need.principal, Resource)
    }
    unseen = unseen_edge(path)
    for policy in policies:
        if policy.problem:
            yield Attempt("an unknown principal", part, (), None, policy.problem, None, policies)
            continue
        for statement in policy.document.statements:
            if not statement.may_allow:
                continue
            found = [*_let_in(part, policies, statement, needed)]
            if means_everybody(statement) and not is_as_aws_made_it(authority, part):
                found += _by_everybody(authority, part, policies, statement, needed)
            for attempt in found:
                if attempt.holds is False and unseen is not None:
                    said = f"{attempt.found}, as far as it is known how {unseen}"
                    yield replace(attempt, holds=None, found=said)
                else:
                    yield attempt


def unseen_edge(path: DataPath) -> Edge | None:
    """An edge on which a service acts that may be about any part of the stack, if there is one."""
    for edge in path:
        open_ = not edge.needs and not edge.outside and any(f.holds is None for f in edge.facts)
        if open_ and edge.kind not in _OF_ROLES:
            return edge
    return None


def _let_in(
    part: Resource, policies: tuple[AttachedPolicy, ...], statement: Statement, needed: set[str]
) -> Iterator[Attempt]:
    """Services that a statement names."""
    if statement.principal is None:
        if statement.not_principal is not None:
            found = f"allowed: {statement} lets everybody in but some (NotPrincipal)"
            yield Attempt("everybody but some", part, (), False, found, statement, policies)
        return
    for kind, value in statement.principal.entries:
        if isinstance(kind, Unknown) or isinstance(value, Unknown):
            found = f"{statement} names a principal that is unknown before it is built"
            yield Attempt("an unknown principal", part, (), None, found, statement, policies)
        elif kind is PrincipalType.SERVICE:
            holds = value.lower() in needed
            found = "an edge of the data path needs it"
            if not holds:
                found = f"allowed: {statement} lets it in, and no edge of the data path needs it"
            yield Attempt(value, part, (), holds, found, statement, policies)


# Everybody -----------------------------------------------------------------------------------


def means_everybody(statement: Statement) -> bool:
    """Whether ``Principal`` is ``"*"``, which every service is, too."""
    entries = statement.principal.entries if statement.principal is not None else ()
    return any(kind is PrincipalType.AWS and value == "*" for kind, value in entries)


def _by_everybody(
    authority: Authority,
    part: Resource,
    policies: tuple[AttachedPolicy, ...],
    statement: Statement,
    needed: set[str],
) -> Iterator[Attempt]:
    """Services that a statement lets in with everybody else, without need."""
    speaking = [s for policy in policies for s in policy.document.statements]
    questions = [
        question
        for question in questions_of(part, speaking)
        if statement.covers_action(question.actions[0].lower()) is not False
    ]
    for service in SERVICES:
        if service in needed:
            continue
        let_in, doubtful = _let_through(authority, part, statement, service, questions)
        if let_in:
            found = (
                f"allowed: {statement} lets everybody in, so it too, and no edge of the data path "
                "needs it"
            )
            yield Attempt(service, part, let_in, False, found, statement, policies)
        elif doubtful:
            found = (
                f"undetermined: {statement} may let it in, and no edge of the data path needs it"
            )
            yield Attempt(service, part, doubtful, None, found, statement, policies)


def _let_through(
    authority: Authority,
    part: Resource,
    statement: Statement,
    service: str,
    questions: Sequence[Question],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The actions that a statement allows a service, and those that it may allow it."""
    let_in: dict[str, None] = {}
    doubtful: dict[str, None] = {}
    contexts = list(_contexts(authority, part, statement, service))
    for question in questions:
        for about in question.abouts:
            for context in contexts:
                need = Need(question.actions[0], service, about, part, context)
                ruling = decided(authority, need)
                because = ruling.decision.because
                if ruling.allowed is False or not any(r.statement is statement for r in because):
                    continue
                into = let_in if ruling.allowed else doubtful
                into.update(dict.fromkeys(question.actions))
    return tuple(let_in), tuple(doubtful)


def _contexts(
    authority: Authority, part: Resource, statement: Statement, service: str
) -> Iterator[Mapping[str, ContextValue | None]]:
    """In whose name a service may come, as far as a statement tells them apart."""
    place = place_of(authority.stack, part)
    partition, region = (place.partition, place.region) if place is not None else ("aws", "*")
    own = account_of(authority.stack, part)
    named = accounts_named([statement], (ACCOUNT.lower(), OWNER.lower(), SOURCE.lower()))
    label = service.partition(".")[0]
    resource = _SOURCES.get(label, FILLER)
    for account in dict.fromkeys((STRANGER, *((own,) if own is not None else ()), *named)):
        owner, where = ("", "") if label == "s3" else (account, region)
        usual = str(Arn(partition, label, where, owner, resource))
        shape = str(Arn(partition, label, "*" if where else "", owner, "*"))
        for arn in dict.fromkeys((usual, *values_asked(shape, [statement], SOURCE.lower())[1:])):
            if parse_arn(arn) is None or "*" in arn:
                continue
            # Of services alarms alone tell the owner; that a topic trusts its own account, as AWS
            # makes it, lets nobody else in.
            yield {
                SOURCE: arn,
                ACCOUNT: account,
                OWNER: STRANGER if label == "cloudwatch" and account == STRANGER else None,
            }
