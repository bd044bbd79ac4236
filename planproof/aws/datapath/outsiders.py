"""Can an external principal, or an unauthenticated caller, use a resource of the stack?

External principals are roles, users and root users of other accounts. One that no policy names is
tried, and each one that a policy names: by ``Principal``, or by a condition on the principal's ARN,
account or organization. Members of a named organization are in another account, too. The caller
may send any value for a condition key, so a decision that depends on such a key is undetermined.

Source: IAM User Guide, "AWS global condition context keys", "Properties of the principal".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Final

from planproof.aws.authorization import ContextKeys
from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.guarded import ALLOW_ALL, Attempt, GrantedRequest, GuardedResource
from planproof.aws.datapath.locations import arn_of
from planproof.aws.datapath.model import ANONYMOUS, DecidedNeed, Need
from planproof.aws.datapath.samples import FILLER, sample_values
from planproof.iam import Effect, Statement
from planproof.iam.arn import parse_arn
from planproof.iam.principals import ACCOUNT_ID, PrincipalType
from planproof.terraform.stack import Resource
from planproof.values import Truth, negate

_ORGANIZATION: Final = "o-stranger00"
_ASSUME: Final = "sts:AssumeRole"
_ACCOUNT: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")
_DIGITS: Final = re.compile(r"(?=.*\d)(?=.*[*?])[\d*?]+")
_ACCOUNT_KEYS: Final = ("aws:principalaccount", "kms:calleraccount")
_ARN, _ORG, _PATHS = "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"


_Caller = tuple[str, ContextKeys]
"""The principal and the condition keys of a caller."""


def external_access(authority: Authority, part: Resource) -> Iterator[Attempt]:
    """Attempts of other accounts and unauthenticated callers, with every action in the policy."""
    guarded = GuardedResource(authority, part)
    requests = tuple(guarded.granted_requests())
    own, unnamed = guarded.account, guarded.other_account
    named = [a for a in accounts_named(guarded.statements) if a not in (own, unnamed)]
    for account in (unnamed, *sorted(named)):
        for name, callers in _callers(guarded, account).items():
            attempt = _attempt(guarded, name, callers, requests)
            # Where the account of the resource is unknown, it may be a named one.
            if own is None and account != unnamed and attempt.holds is False:
                attempt = replace(attempt, holds=None)
            yield attempt
    yield _attempt(guarded, ANONYMOUS, [(ANONYMOUS, {})], requests)
    yield from _federated(guarded)


# The callers ---------------------------------------------------------------------------------


def accounts_named(statements: Iterable[Statement], keys: Sequence[str] = ()) -> tuple[str, ...]:
    """The accounts that statements name, by number, in an ARN, or by a pattern.

    Args:
        keys: the condition keys to read, in lower case; () for all keys and the principals.
    """
    found: list[str] = []
    for statement in statements:
        texts = [] if keys else list(_aws_entries(statement))
        for condition in statement.conditions:
            if keys and condition.context_key not in keys:
                continue
            values = [value for value in condition.values if isinstance(value, str)]
            texts += values
            if keys or condition.context_key in (*_ACCOUNT_KEYS, _ARN):
                found += filter(None, map(_account_matching, values))
        for text in texts:
            found += _ACCOUNT.findall(text)
    return tuple(dict.fromkeys(found))


def _account_matching(text: str) -> str | None:
    """An account that matches a pattern of digits and wildcards, such as ``4444*``."""
    parts = parse_arn(text)
    pattern = parts.account if parts is not None else text
    if not _DIGITS.fullmatch(pattern):
        return None
    head, _, tail = pattern.replace("?", "0").partition("*")
    tail = tail.replace("*", "")
    found = f"{head}{'0' * (12 - len(head) - len(tail))}{tail}"
    return found if ACCOUNT_ID.match(found) else None


def _callers(guarded: GuardedResource, account: str) -> Mapping[str, list[_Caller]]:
    """The callers of another account, by the name that a reader knows them by."""
    is_unnamed = account == guarded.other_account
    whose = "another account" if is_unnamed else f"account {account}"
    found: dict[str, list[_Caller]] = {}
    organizations = _organizations(guarded.statements)
    for principal in sample_principals(guarded.partition, account, guarded.statements):
        for organization, paths in organizations.items():
            is_member = organization != _ORGANIZATION and is_unnamed
            name = f"{whose} of the organization {organization}" if is_member else whose
            context = {_ORG: organization, _PATHS: tuple(paths)}
            found.setdefault(name, []).append((principal, context))
    return found


def sample_principals(
    partition: str, account: str, statements: Sequence[Statement]
) -> Iterator[str]:
    """A role of an account that no statement names, and each principal of it that one names."""
    found: dict[str, None] = {}
    for service, resource in (
        ("iam", "role/*"),
        ("iam", "user/*"),
        ("iam", "root"),
        ("sts", "federated-user/*"),
    ):
        texts = sample_values(f"arn:{partition}:{service}::{account}:{resource}", statements, _ARN)
        # An unnamed principal of another kind has the permissions of the unnamed role.
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
    """Whether a condition names the root user of an account."""
    return any(
        isinstance(value, str) and value.endswith(f":{account}:root")
        for condition in statement.conditions
        if condition.context_key == _ARN
        for value in condition.values
    )


def _organizations(statements: Sequence[Statement]) -> Mapping[str, Sequence[str]]:
    """An organization that no condition names and those that conditions name, each with the paths
    of a member."""
    found: dict[str, list[str]] = {_ORGANIZATION: [f"{_ORGANIZATION}/r-stranger/"]}
    for name in sample_values("*", statements, _ORG)[1:]:
        found.setdefault(name, [])
    for path in sample_values("*", statements, _PATHS)[1:]:
        name = path.partition("/")[0]
        found.setdefault(name, []).append(path)
    return {name: paths or [f"{name}/r-{FILLER}/"] for name, paths in found.items()}


def _aws_entries(statement: Statement) -> Iterator[str]:
    for element in (statement.principal, statement.not_principal):
        for kind, value in element.entries if element is not None else ():
            if kind is PrincipalType.AWS and isinstance(value, str):
                yield value


# The requests --------------------------------------------------------------------------------


def _attempt(
    guarded: GuardedResource,
    name: str,
    callers: Iterable[_Caller],
    requests: Sequence[GrantedRequest],
) -> Attempt:
    """Every request of the callers, whose own account allows them everything."""
    arn = arn_of(guarded.part)
    found: dict[Truth, tuple[dict[str, None], Statement | None, str]] = {}

    def record(allowed: Truth, actions: tuple[str, ...], by: Statement | None, text: str) -> None:
        found.setdefault(allowed, ({}, by, text))[0].update(dict.fromkeys(actions))

    for (principal, context), granted in product(callers, requests):
        decided_needs: list[DecidedNeed] = []
        for on in granted.arns:
            need = Need(granted.actions[0], principal, on, guarded.part, context)
            decided_needs.append(guarded.decide(need))
            decision = decided_needs[-1].decision
            text = f"{decision}{'' if on == arn else f' (on {on})'}"
            because = (r.statement for r in decision.because if r.policy != ALLOW_ALL.name)
            by = next((one for one in because if one is not None), None)
            record(decision.allowed, granted.actions, by, text)
        statement = granted.with_variable
        if statement is not None and _may_apply(statement, decided_needs):
            text = f"undetermined: {statement} names some of it by a policy variable"
            record(None, granted.actions, statement, text)
    for allowed in (True, None):
        if allowed in found:
            actions, by, text = found[allowed]
            return guarded.attempt(name, tuple(actions), negate(allowed), text, by)
    tried = tuple(action for granted in requests for action in granted.actions)
    return guarded.attempt(name, tried, True, "denied")


def _may_apply(statement: Statement, decided_needs: Sequence[DecidedNeed]) -> bool:
    """Whether a statement may apply to the caller: its principal and its conditions may match, and
    not every request is explicitly denied."""
    if all(one.decision.effect is Effect.EXPLICITLY_DENIED for one in decided_needs):
        return False
    request, principal = decided_needs[0].request, statement.principal
    if request is None:
        return True
    if principal is not None and principal.match(request.caller, request.facts).overall is False:
        return False
    return statement.conditions_hold(request.keys) is not False


def _federated(guarded: GuardedResource) -> Iterator[Attempt]:
    """Federated principals: an identity provider authenticates users from outside the account."""
    for statement in guarded.statements:
        if statement.principal is None or not statement.may_allow:
            continue
        for kind, value in statement.principal.entries:
            if kind is PrincipalType.FEDERATED:
                provider = value if isinstance(value, str) else "an unknown provider"
                name = f"a federated principal of {provider}"
                found = f"allowed: {statement} allows federated principals of the provider"
                yield guarded.attempt(name, (_ASSUME,), False, found, statement)
