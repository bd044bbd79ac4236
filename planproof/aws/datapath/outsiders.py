"""Can a principal of another account, or nobody at all, use a part of the stack?

Those are tried whom nobody has in mind, and those whom a policy names: by ``Principal``, or by a
condition on the principal's ARN, account or organization. A member of an organization that is
named is of another account all the same. A stranger may bring any context key that nobody limits,
so what such a key would decide stays undetermined.

Source: IAM User Guide, "AWS global condition context keys", "Properties of the principal".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from planproof.aws.datapath.asked import FILLER, part_varies, parts_asked, values_asked
from planproof.aws.datapath.authority import Authority, service_of
from planproof.aws.datapath.places import account_of, arn_of, place_of
from planproof.aws.policies.held import AttachedPolicy
from planproof.aws.policies.resource import RESOURCE_POLICY_TYPES
from planproof.iam import (
    Decision,
    Effect,
    Policies,
    PolicyDocument,
    PolicyKind,
    Request,
    Statement,
    evaluate,
)
from planproof.iam.actions import all_actions
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.iam.principals import ACCOUNT_ID, PrincipalType
from planproof.terraform.stack import Resource
from planproof.values import Unknown

STRANGER: Final = "210987654321"
"""An account that is nobody's here."""
NOBODY: Final = "an unauthenticated caller"
ANOTHER: Final = "333333333333"
"""One more, for a stack that is in the first."""
_ORGANIZATION: Final = "o-stranger00"
_ASSUME: Final = "sts:AssumeRole"
_ACCOUNT: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")
_DIGITS: Final = re.compile(r"(?=.*\d)(?=.*[*?])[\d*?]+")
_KEYS_OF_ACCOUNTS: Final = ("aws:principalaccount", "kms:calleraccount")
_ARN, _ORG, _PATHS = "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"
EVERYTHING: Final = PolicyDocument.parse(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
    "whatever the stranger's own account grants",
    PolicyKind.IDENTITY,
)
_OF_NO_SERVICE: Final[Mapping[str, ContextValue | None]] = {
    "aws:SecureTransport": True,
    "aws:SourceArn": None,
    "aws:SourceAccount": None,
    "aws:SourceOrgID": None,
    "aws:SourceOrgPaths": None,
    "aws:SourceOwner": None,
    "kms:CallerAccount": None,
}


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """What a stranger tried.

    Attributes:
        who: the stranger, for a reader.
        part: what was to be used.
        actions: what was tried; those that were let through, where any was.
        holds: whether all was refused; None where that cannot be told.
        found: what was decided.
        statement: the statement that lets the stranger in, or may.
        policies: the policies of the part.
    """

    who: str
    part: Resource
    actions: tuple[str, ...]
    holds: bool | None
    found: str
    statement: Statement | None
    policies: tuple[AttachedPolicy, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What strangers try on a part.

    Attributes:
        actions: those that the same statements are about, so that one decision is that of all.
        abouts: ARNs that stand for the part and all that lies within it.
        varying: a statement that means a part of it by a policy variable.
    """

    actions: tuple[str, ...]
    abouts: tuple[str | Unknown, ...]
    varying: Statement | None


@dataclass(slots=True)
class _Strangers:
    """Principals that a reader knows by one name; None is nobody."""

    callers: list[tuple[str | None, Mapping[str, ContextValue | None]]] = field(
        default_factory=list
    )
    unsure: bool = False


def guarded(authority: Authority) -> tuple[Resource, ...]:
    """The parts of a stack that can have a policy of their own."""
    return tuple(p for p in authority.stack.managed() if p.type in RESOURCE_POLICY_TYPES)


def outsiders(authority: Authority, part: Resource) -> Iterator[Attempt]:
    """Other accounts and unauthenticated callers, with every action that the policy speaks of."""
    policies = tuple(authority.resource(part))
    statements = [s for p in policies for s in p.document.statements]
    questions = tuple(questions_of(part, statements))
    for who, strangers in _strangers(authority, part, statements).items():
        attempt = _tried(authority, part, policies, who, strangers, questions)
        if strangers.unsure and attempt.holds is False:
            # It may be the very account that the part is in.
            attempt = replace(attempt, holds=None)
        yield attempt
    yield from _federated(part, policies, statements)


# Who asks ------------------------------------------------------------------------------------


def accounts_named(statements: Iterable[Statement], keys: Sequence[str] = ()) -> tuple[str, ...]:
    """The accounts that statements name, whether by number, in an ARN, or by a pattern.

    Args:
        keys: the context keys, in lower case, that are looked at; () for all, and the principals.
    """
    found: list[str] = []
    for statement in statements:
        texts = [] if keys else list(_aws_entries(statement))
        for condition in statement.conditions:
            if keys and condition.context_key not in keys:
                continue
            values = [value for value in condition.values if isinstance(value, str)]
            texts += values
            if keys or condition.context_key in (*_KEYS_OF_ACCOUNTS, _ARN):
                found += filter(None, map(_account_like, values))
        for text in texts:
            found += _ACCOUNT.findall(text)
    return tuple(dict.fromkeys(found))


def _account_like(text: str) -> str | None:
    """An account that a pattern with some of its digits means, such as ``4444*``."""
    parts = parse_arn(text)
    pattern = parts.account if parts is not None else text
    if not _DIGITS.fullmatch(pattern):
        return None
    head, _, tail = pattern.replace("?", "0").partition("*")
    tail = tail.replace("*", "")
    found = f"{head}{'0' * (12 - len(head) - len(tail))}{tail}"
    return found if ACCOUNT_ID.match(found) else None


def _strangers(
    authority: Authority, part: Resource, statements: Sequence[Statement]
) -> Mapping[str, _Strangers]:
    """Who asks, by name: another account, each that the policies name, and nobody."""
    place, own = place_of(authority.stack, part), account_of(authority.stack, part)
    partition = place.partition if place is not None else "aws"
    any_other = STRANGER if own != STRANGER else ANOTHER
    named = [a for a in accounts_named(statements) if a not in (own, any_other)]
    found: dict[str, _Strangers] = {}
    organizations = _organizations(statements)
    for account in (any_other, *sorted(named)):
        who = "another account" if account == any_other else f"account {account}"
        for principal in principals_asked(partition, account, statements):
            for organization, paths in organizations.items():
                member = organization != _ORGANIZATION and account == any_other
                name = f"{who} of the organization {organization}" if member else who
                strangers = found.setdefault(name, _Strangers(unsure=own is None))
                strangers.unsure = own is None and account != any_other
                strangers.callers.append((principal, _context_of(account, organization, paths)))
    found[NOBODY] = _Strangers([(None, _OF_NO_SERVICE)])
    return found


def principals_asked(
    partition: str, account: str, statements: Sequence[Statement]
) -> Iterator[str]:
    """A role of an account that nobody has in mind, and whoever of it is named."""
    found: dict[str, None] = {}
    for service, resource in (
        ("iam", "role/*"),
        ("iam", "user/*"),
        ("iam", "root"),
        ("sts", "federated-user/*"),
    ):
        texts = values_asked(f"arn:{partition}:{service}::{account}:{resource}", statements, _ARN)
        # Whoever is not named has the rights of a role that is not named either.
        found |= dict.fromkeys(texts if resource == "role/*" else texts[1:])
        if resource == "root" and any(_names_root(s, account) for s in statements):
            found |= dict.fromkeys(texts)
    for statement in statements:
        for text in _aws_entries(statement):
            parts = parse_arn(text)
            if parts is not None and parts.account == account and "*" not in text:
                found |= {} if parts.resource == "root" else {text: None}
    yield from found


def _names_root(statement: Statement, account: str) -> bool:
    """Whether a condition asks for the root user of an account."""
    return any(
        isinstance(value, str) and value.endswith(f":{account}:root")
        for condition in statement.conditions
        if condition.context_key == _ARN
        for value in condition.values
    )


def _organizations(statements: Sequence[Statement]) -> Mapping[str, Sequence[str]]:
    """An organization that nobody has in mind and those that conditions name, each with the paths
    of a member."""
    found: dict[str, list[str]] = {_ORGANIZATION: [f"{_ORGANIZATION}/r-stranger/"]}
    for name in values_asked("*", statements, _ORG)[1:]:
        found.setdefault(name, [])
    for path in values_asked("*", statements, _PATHS)[1:]:
        name = path.partition("/")[0]
        found.setdefault(name, []).append(path)
    return {name: paths or [f"{name}/r-{FILLER}/"] for name, paths in found.items()}


def _context_of(
    account: str, organization: str, paths: Sequence[str]
) -> Mapping[str, ContextValue | None]:
    return {
        **_OF_NO_SERVICE,
        _ORG: organization,
        _PATHS: tuple(paths),
        "aws:SourceOwner": account,
        "kms:CallerAccount": account,
    }


def _aws_entries(statement: Statement) -> Iterator[str]:
    for element in (statement.principal, statement.not_principal):
        for kind, value in element.entries if element is not None else ():
            if kind is PrincipalType.AWS and isinstance(value, str):
                yield value


# What is asked -------------------------------------------------------------------------------


def questions_of(part: Resource, statements: Sequence[Statement]) -> Iterator[Question]:
    """Each action of the part's service that a statement allows, or may allow, somebody."""
    found: dict[tuple[object, ...], list[str]] = {}
    speaking: dict[tuple[object, ...], list[Statement]] = {}
    for action in _actions_of(service_of(part)):
        key = action.lower()
        verdicts = [s.covers_action(key) for s in statements]
        meant = [s for s, verdict in zip(statements, verdicts, strict=True) if verdict is not False]
        if any(s.may_allow for s in meant):
            # Who asks to assume a role is read from the action.
            alike: tuple[object, ...] = (*verdicts, action if service_of(part) == "sts" else "")
            found.setdefault(alike, []).append(action)
            speaking[alike] = meant
    for alike, actions in found.items():
        allowing = [s for s in speaking[alike] if s.may_allow]
        abouts = parts_asked(part, speaking[alike])
        yield Question(tuple(actions), abouts, part_varies(part, allowing))


def _actions_of(service: str) -> tuple[str, ...]:
    if service not in _BY_SERVICE:
        found = tuple(a for a in all_actions() if a.startswith(f"{service}:"))
        _BY_SERVICE[service] = found
    return _BY_SERVICE[service]


_BY_SERVICE: dict[str, tuple[str, ...]] = {}


def _tried(
    authority: Authority,
    part: Resource,
    policies: tuple[AttachedPolicy, ...],
    who: str,
    strangers: _Strangers,
    questions: Sequence[Question],
) -> Attempt:
    """Every action of an outsider, who may do anything as far as its own account goes."""
    account, arn = account_of(authority.stack, part), arn_of(part)
    resource = [p.document for p in policies] or None
    grown = Policies(identity=[EVERYTHING], resource=resource)
    without = Policies(resource=resource)
    let_in: dict[str, None] = {}
    doubtful: dict[str, None] = {}
    surely: tuple[Statement | None, str] | None = None
    perhaps: tuple[Statement | None, str] | None = None
    for principal, context in strangers.callers:
        held = grown if principal is not None else without
        for question in questions:
            decisions: list[tuple[Request, Decision]] = []
            for about in question.abouts:
                request = Request(question.actions[0], about, principal, account, context)
                decision = evaluate(request, held)
                decisions.append((request, decision))
                found = f"{decision}{'' if about == arn else f' (asked on {about})'}"
                if decision.effect is Effect.ALLOWED:
                    let_in |= dict.fromkeys(question.actions)
                    surely = surely or (_own(decision), found)
                elif decision.effect is Effect.UNDETERMINED:
                    doubtful |= dict.fromkeys(question.actions)
                    perhaps = perhaps or (_own(decision), found)
            varying = question.varying
            if varying is not None and _may_mean(varying, decisions):
                doubtful |= dict.fromkeys(question.actions)
                said = f"undetermined: {varying} names a part of it by a policy variable"
                perhaps = perhaps or (varying, said)
    if surely is not None:
        return Attempt(who, part, tuple(let_in), False, surely[1], surely[0], policies)
    if perhaps is not None:
        return Attempt(who, part, tuple(doubtful), None, perhaps[1], perhaps[0], policies)
    tried = tuple(action for question in questions for action in question.actions)
    return Attempt(who, part, tried, True, "refused", None, policies)


def _own(decision: Decision) -> Statement | None:
    """The part's statement that decided."""
    said = (reason.statement for reason in decision.because)
    own = (s for s in said if s is not None and s.policy != EVERYTHING.name)
    return next(own, None)


def _may_mean(statement: Statement, decisions: Sequence[tuple[Request, Decision]]) -> bool:
    """Whether a statement may speak of the caller, its conditions may hold, and no denial is
    sweeping."""
    if all(decision.effect is Effect.EXPLICITLY_DENIED for _, decision in decisions):
        return False
    request, _ = decisions[0]
    principal = statement.principal
    if principal is not None and principal.names(request.caller, request.facts).at_all is False:
        return False
    return statement.conditions_hold(request.keys) is not False


def _federated(
    part: Resource, policies: tuple[AttachedPolicy, ...], statements: Sequence[Statement]
) -> Iterator[Attempt]:
    """Identity providers vouch for people outside the account."""
    for statement in statements:
        if statement.principal is None or not statement.may_allow:
            continue
        for kind, value in statement.principal.entries:
            if kind is PrincipalType.FEDERATED:
                known = isinstance(value, str)
                who = f"whoever {value if known else 'an unknown provider'} vouches for"
                found = f"allowed: {statement} lets identities of a provider in"
                yield Attempt(who, part, (_ASSUME,), False, found, statement, policies)
