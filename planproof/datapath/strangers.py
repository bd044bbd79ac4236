"""Can anybody use a part of the stack who has no business with it?

Three kinds of stranger are tried on every resource-based policy:

- principals of other accounts, and nobody at all (an unauthenticated caller);
- the very services that the data path needs, but on behalf of somebody else: another account, or
  another bucket or rule of this one (the confused deputy);
- services that the data path does not need.

A stranger may bring any context key that nobody limits, so what such a key would decide stays
undetermined.

Source: IAM User Guide, "The confused deputy problem", "Cross-service confused deputy prevention".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from planproof.datapath.authority import Authority, service_of
from planproof.datapath.deliveries import ALARMS, DELIVERS, GIVES_UP, NOTIFIES, PUBLISHES
from planproof.datapath.functions import RUNS
from planproof.datapath.model import DataPath, Edge, Need, Ruling
from planproof.datapath.places import account_of, arn_of, below
from planproof.iam import Effect, Policies, PolicyDocument, PolicyKind, Request, Statement, evaluate
from planproof.iam.actions import all_actions
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.iam.principals import PrincipalType
from planproof.policies import AttachedPolicy
from planproof.resource_policies import RESOURCE_POLICY_TYPES
from planproof.stack import Resource
from planproof.values import Unknown

STRANGER: Final = "210987654321"
"""An account that is nobody's here."""
_SERVICES: Final = (
    "cloudwatch.amazonaws.com",
    "events.amazonaws.com",
    "lambda.amazonaws.com",
    "s3.amazonaws.com",
    "sns.amazonaws.com",
)
_SOURCE: Final = "aws:SourceArn"
_ACCOUNT: Final = "aws:SourceAccount"
_OWNER: Final = "aws:SourceOwner"
_ACCOUNTS: Final = (_ACCOUNT, _OWNER)
_ASSUME: Final = "sts:AssumeRole"
_OF_SERVICES: Final = (NOTIFIES, DELIVERS, PUBLISHES, ALARMS, GIVES_UP, RUNS)


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


def guarded(authority: Authority) -> tuple[Resource, ...]:
    """The parts of a stack that can have a policy of their own."""
    return tuple(p for p in authority.stack.managed() if p.type in RESOURCE_POLICY_TYPES)


# Principals of other accounts, and nobody ----------------------------------------------------


def outsiders(authority: Authority, part: Resource) -> Iterator[Attempt]:
    """Other accounts and unauthenticated callers, with every action that the policy speaks of."""
    policies = tuple(authority.resource(part))
    statements = [s for p in policies for s in p.document.statements]
    actions = tuple(_actions_of(part, statements))
    own = account_of(authority.stack, part)
    callers = [(f"account {a}", f"arn:aws:iam::{a}:role/stranger") for a in _accounts(statements)]
    callers += [
        (f"account {parsed.account}", text)
        for text in _named_principals(statements)
        if (parsed := parse_arn(text)) is not None
    ]
    for who, principal in [*callers, ("an unauthenticated caller", None)]:
        if own is not None and who == f"account {own}":
            continue
        shown = "another account" if who == f"account {STRANGER}" else who
        attempt = _tried(authority, part, policies, shown, principal, actions)
        if own is None and who.startswith("account ") and shown == who and attempt.holds is False:
            # It may be the very account that the part is in.
            attempt = replace(attempt, holds=None)
        yield attempt
    yield from _federated(part, policies, statements)


def _tried(
    authority: Authority,
    part: Resource,
    policies: tuple[AttachedPolicy, ...],
    who: str,
    principal: str | None,
    actions: tuple[str, ...],
) -> Attempt:
    """Every action of one outsider, who may do anything as far as its own account goes."""
    account = account_of(authority.stack, part)
    resource = [p.document for p in policies] or None
    everything = [_EVERYTHING] if principal is not None else []
    held = Policies(identity=everything, resource=resource)
    context: dict[str, ContextValue | None] = {"aws:SecureTransport": True, **_OF_NO_SERVICE}
    if principal is not None:
        parts = parse_arn(principal)
        context |= {
            "aws:PrincipalOrgID": "o-stranger00",
            "aws:PrincipalOrgPaths": ("o-stranger00/r-stranger/",),
            _OWNER: parts.account if parts is not None else STRANGER,
            "kms:CallerAccount": parts.account if parts is not None else STRANGER,
        }
    let_in: list[str] = []
    doubtful: list[str] = []
    first: tuple[Statement | None, str] | None = None
    for action in actions:
        for about in _abouts(part):
            request = Request(action, about, principal, account, context)
            decision = evaluate(request, held)
            if decision.effect in (Effect.ALLOWED, Effect.UNDETERMINED):
                allowed = decision.effect is Effect.ALLOWED
                (let_in if allowed else doubtful).append(action)
                if first is None or (allowed and len(let_in) == 1):
                    said = [r.statement for r in decision.because if r.statement is not None]
                    own = [s for s in said if s.policy != _EVERYTHING.name]
                    first = (own[0] if own else None, str(decision))
    if first is None:
        return Attempt(who, part, actions, True, "refused", None, policies)
    named = tuple(dict.fromkeys(let_in or doubtful))
    return Attempt(who, part, named, False if let_in else None, first[1], first[0], policies)


def _federated(
    part: Resource, policies: tuple[AttachedPolicy, ...], statements: list[Statement]
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


def _actions_of(part: Resource, statements: list[Statement]) -> Iterator[str]:
    """The actions of the part's service that a statement allows, or may allow, somebody."""
    service = service_of(part)
    open_ = [s for s in statements if s.may_allow]
    for action in _actions_by_service(service):
        if any(s.covers_action(action.lower()) is not False for s in open_):
            yield action


def _actions_by_service(service: str) -> tuple[str, ...]:
    if service not in _BY_SERVICE:
        found = tuple(a for a in all_actions() if a.startswith(f"{service}:"))
        _BY_SERVICE[service] = found
    return _BY_SERVICE[service]


_BY_SERVICE: dict[str, tuple[str, ...]] = {}


def _abouts(part: Resource) -> Iterator[str | Unknown]:
    """The part itself, and something in it where a policy can tell the two apart."""
    yield arn_of(part)
    if part.type == "aws_s3_bucket":
        yield below(part, "/planproof")
    elif part.type == "aws_cloudwatch_log_group":
        yield below(part, ":log-stream:planproof")


def _accounts(statements: Iterable[Statement]) -> Iterator[str]:
    """A stranger's account, and every other that a statement names as a whole."""
    found = {STRANGER}
    for text in _aws_entries(statements):
        if text.isdigit():
            found.add(text)
        elif text.startswith("arn:") and text.endswith(":root"):
            parts = parse_arn(text)
            if parts is not None:
                found.add(parts.account)
    yield from sorted(found)


def _named_principals(statements: Iterable[Statement]) -> Iterator[str]:
    """Users, roles and sessions that a statement names, of whatever account."""
    for text in sorted(set(_aws_entries(statements))):
        parts = parse_arn(text) if text.startswith("arn:") else None
        if parts is not None and parts.resource != "root" and "*" not in text:
            yield text


def _aws_entries(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        if statement.may_allow and statement.principal is not None:
            for kind, value in statement.principal.entries:
                if kind is PrincipalType.AWS and isinstance(value, str):
                    yield value


# Services on behalf of somebody else ---------------------------------------------------------


def deputies(authority: Authority, path: DataPath) -> Iterator[tuple[str, Ruling]]:
    """Each need of a service, asked again in somebody else's name: who asks, and the decision.

    None of them may be allowed.
    """
    services = [n for n in path.needs if not isinstance(n.principal, Resource)]
    for need in services:
        if need.on is None:
            continue
        # What these services may do there is asked for each by its own need.
        at_home = {str(n.principal) for n in services if n.on is need.on}
        trusting = _is_as_aws_made_it(authority, need.on)
        for who, other in _impostors(need, at_home, trusting=trusting):
            yield who, authority.decide(other)


def _is_as_aws_made_it(authority: Authority, part: Resource) -> bool:
    """Whether a part has but the policy that AWS gives it, which trusts its whole account."""
    policies = authority.resource(part)
    return bool(policies) and all(p.source is part and not p.attribute for p in policies)


def _impostors(need: Need, at_home: set[str], *, trusting: bool) -> Iterator[tuple[str, Need]]:
    service = str(need.principal)
    source, account = need.context.get(_SOURCE), need.context.get(_ACCOUNT)
    for key, value in need.context.items():
        if not isinstance(value, str) or parse_arn(value) is None:
            continue
        # Where the request names its source, the rest of its context is what is acted on.
        if key != _SOURCE and isinstance(source, str):
            continue
        away = {**need.context, key: _of_stranger(value)}
        away |= {name: STRANGER for name in _ACCOUNTS if need.context.get(name) is not None}
        yield f"{service} on behalf of another account", replace(need, context=away)
        if need.action != _ASSUME and not trusting:
            # Only those who may pass a role can have it assumed within its account.
            beside = {**need.context, key: _beside(value)}
            yield f"{service} on behalf of {_beside(value)}", replace(need, context=beside)
    if account is not None and not isinstance(source, str):
        away = {**need.context, _ACCOUNT: STRANGER}
        if need.context.get(_OWNER) is not None:
            away[_OWNER] = STRANGER
        yield f"{service} on behalf of another account", replace(need, context=away)
    for other in _SERVICES:
        if other not in at_home:
            as_other = {**need.context, _OWNER: None} if _OWNER in need.context else need.context
            yield other, replace(need, principal=other, context=as_other)


def _of_stranger(arn: str) -> str:
    """The ARN of a part of the same kind in another account."""
    parts = parse_arn(arn)
    if parts is None:
        return arn
    if not parts.account:  # the names of buckets are unique without one
        return str(parts._replace(resource=f"stranger-{parts.resource}"))
    return str(parts._replace(account=STRANGER))


def _beside(arn: str) -> str:
    """The ARN of another part of the same kind in the same account."""
    parts = parse_arn(arn)
    if parts is None:
        return arn
    head, slash, name = parts.resource.rpartition("/")
    if not slash:
        head, slash, name = parts.resource.rpartition(":")
    return str(parts._replace(resource=f"{head}{slash}another-{name}"))


# Services that nobody needs ------------------------------------------------------------------


def needless(authority: Authority, path: DataPath, part: Resource) -> Iterator[Attempt]:
    """Services that a policy lets in, though no edge of the data path needs them there."""
    policies = tuple(authority.resource(part))
    needed = {
        str(need.principal).lower()
        for need in path.needs
        if need.on is part and not isinstance(need.principal, Resource)
    }
    unseen = next((edge for edge in path.of(*_OF_SERVICES) if _is_unseen(edge)), None)
    for policy in policies:
        if policy.problem:
            yield Attempt("an unknown principal", part, (), None, policy.problem, None, policies)
            continue
        for statement in policy.document.statements:
            if not statement.may_allow:
                continue
            for attempt in _let_in(part, policies, statement, needed):
                if attempt.holds is False and unseen is not None:
                    found = f"{attempt.found}, as far as it is known how {unseen}"
                    yield replace(attempt, holds=None, found=found)
                else:
                    yield attempt


def _is_unseen(edge: Edge) -> bool:
    """Whether an edge on which a service acts may be about any part of the stack."""
    return not edge.needs and not edge.outside and any(f.holds is None for f in edge.facts)


def _let_in(
    part: Resource, policies: tuple[AttachedPolicy, ...], statement: Statement, needed: set[str]
) -> Iterator[Attempt]:
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


_EVERYTHING: Final = PolicyDocument.parse(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
    "the stranger's own policy",
    PolicyKind.IDENTITY,
)
_OF_NO_SERVICE: Final[Mapping[str, ContextValue | None]] = {
    _SOURCE: None,
    _ACCOUNT: None,
    "aws:SourceOrgID": None,
    "aws:SourceOrgPaths": None,
    _OWNER: None,
    "kms:CallerAccount": None,
}
