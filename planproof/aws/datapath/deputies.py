"""Do the services that the data path needs act there on behalf of somebody else as well?

Each need of a service is asked again in the name of another account, of another part of this one,
of every source and account that a policy names without need, and by other services. The name of a
bucket can be taken by somebody else once it is deleted, so a source whose ARN has no account is
tried in another account too.

Sources: IAM User Guide, "The confused deputy problem", "Cross-service confused deputy prevention";
AWS KMS Developer Guide, "AWS KMS condition keys" and "Least-privilege permissions" (what
``kms:CallerAccount`` means, and that ``aws:SourceArn`` is for services).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from planproof.aws.datapath.asked import FILLER, is_meant, parts_asked, values_asked
from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.model import DataPath, Need, Ruling
from planproof.aws.datapath.outsiders import STRANGER, accounts_named
from planproof.aws.datapath.places import account_of, arn_of
from planproof.iam import Statement
from planproof.iam.arn import Arn, parse_arn
from planproof.iam.context import ContextValue
from planproof.terraform.stack import Resource

SERVICES: Final = (
    "cloudwatch.amazonaws.com",
    "events.amazonaws.com",
    "lambda.amazonaws.com",
    "s3.amazonaws.com",
    "sns.amazonaws.com",
)
"""Services that others let in most often."""
SOURCE: Final = "aws:SourceArn"
ACCOUNT: Final = "aws:SourceAccount"
OWNER: Final = "aws:SourceOwner"
_ACCOUNTS: Final = (ACCOUNT, OWNER)
_ASSUME: Final = "sts:AssumeRole"
_NOT_AN_IDENTITY: Final[Mapping[str, ContextValue | None]] = {
    "kms:CallerAccount": None,
    "aws:PrincipalAccount": None,
    "aws:PrincipalArn": None,
}
_OF_AWS: Final[Mapping[str, ContextValue | None]] = {
    "kms:CallerAccount": "000000000000",
    "aws:PrincipalAccount": "000000000000",
    "aws:PrincipalArn": "arn:aws:iam::000000000000:role/of-a-service",
}


@dataclass(frozen=True, slots=True)
class _Case:
    """A need of a service, and what it takes to ask it in another name.

    Attributes:
        own: the account of the part; None where nobody says so.
        needed: the sources in whose name the same is needed there, by context key.
        statements: those of the part that mean the action.
        trusting: whether the part trusts its whole account, as AWS made it.
    """

    need: Need
    own: str | None
    needed: Mapping[str, frozenset[str]]
    statements: Sequence[Statement]
    trusting: bool

    @property
    def service(self) -> str:
        return str(self.need.principal)


def deputies(authority: Authority, path: DataPath) -> Iterator[tuple[str, Ruling]]:
    """Each need of a service, asked again in somebody else's name: who asks, and the decision.

    None of them may be allowed.
    """
    services = [n for n in path.needs if not isinstance(n.principal, Resource)]
    # What these services may do there is asked for each by its own need.
    at_home: dict[str, set[str]] = {}
    alike: dict[tuple[str, ...], list[Need]] = {}
    for need in services:
        at_home.setdefault(need.subject, set()).add(str(need.principal))
        alike.setdefault((need.subject, str(need.principal), need.action), []).append(need)
    for need in services:
        if need.on is None:
            continue
        case = _case(
            authority, need, need.on, alike[need.subject, str(need.principal), need.action]
        )
        abouts = dict.fromkeys((need.resource, *parts_asked(need.on, case.statements)))
        for who, other in (*_impostors(authority, case), *_others(need, at_home[need.subject])):
            for about in abouts:
                yield who, decided(authority, replace(other, resource=about))


def decided(authority: Authority, need: Need) -> Ruling:
    """The decision on a service that acts by itself.

    It is no user or role of anybody's account, so it does not come under ``kms:CallerAccount`` and
    its like for one. Whether AWS leaves these keys out or names an account of its own there is not
    documented, so both have to lead to the same.
    """
    ruling = authority.decide(need)
    if ruling.allowed is not None:
        return ruling
    bare = authority.decide(replace(need, context={**_NOT_AN_IDENTITY, **need.context}))
    own = authority.decide(replace(need, context={**_OF_AWS, **need.context}))
    return bare if bare.allowed is own.allowed else ruling


def is_as_aws_made_it(authority: Authority, part: Resource) -> bool:
    """Whether a part has but the policy that AWS gives it, which trusts its whole account."""
    policies = authority.resource(part)
    return bool(policies) and all(p.source is part and not p.attribute for p in policies)


def _case(authority: Authority, need: Need, part: Resource, alike: Sequence[Need]) -> _Case:
    action = need.action.lower()
    needed: dict[str, set[str]] = {}
    for other in alike:
        for key, value in other.context.items():
            if isinstance(value, str):
                needed.setdefault(key, set()).add(value)
    return _Case(
        need,
        account_of(authority.stack, part),
        {key: frozenset(values) for key, values in needed.items()},
        [
            statement
            for policy in authority.resource(part)
            for statement in policy.document.statements
            if statement.covers_action(action) is not False
        ],
        is_as_aws_made_it(authority, part),
    )


def _impostors(authority: Authority, case: _Case) -> Iterator[tuple[str, Need]]:
    """The same service, on behalf of others."""
    need = case.need
    source = need.context.get(SOURCE)
    for key, value in need.context.items():
        parts = parse_arn(value) if isinstance(value, str) else None
        # Where the request names its source, the rest of its context is what is acted on.
        if parts is not None and (key == SOURCE or not isinstance(source, str)):
            yield from _abroad(case, key, parts)
            # Only those who may pass a role can have it assumed within its account.
            if need.action != _ASSUME and not case.trusting:
                yield from _beside(authority, case, key, parts)
    if need.context.get(ACCOUNT) is not None and not isinstance(source, str):
        for account in _other_accounts(case, None):
            yield f"{case.service} on behalf of {_named(account)}", _as(need, {}, account)


def _abroad(case: _Case, key: str, source: Arn) -> Iterator[tuple[str, Need]]:
    """On behalf of other accounts."""
    own = _own_account(case, source)
    for account in _other_accounts(case, own):
        theirs = _of_stranger(source, account)
        whose = f"{case.service} on behalf of {_named(account)}"
        yield whose, _as(case.need, {key: theirs}, account)
        known = _named_sources(case, key, source, account)
        if not source.account:
            known = (str(source), *known)
        for arn in dict.fromkeys(known):
            if arn != theirs:
                said = f"{case.service} on behalf of {arn}"
                said = said if source.account else f"{said} of {_named(account)}"
                yield said, _as(case.need, {key: arn}, account)


def _beside(authority: Authority, case: _Case, key: str, source: Arn) -> Iterator[tuple[str, Need]]:
    """On behalf of other parts of the same account."""
    own = _own_account(case, source)
    found = [_another(source)]
    part = authority.owner(str(source))
    if part is not None:
        # Those that no condition means are all one to the policy.
        meant = is_meant(case.statements, key.lower())
        others = map(arn_of, authority.stack.managed(part.type))
        found += [arn for arn in others if isinstance(arn, str) and meant(arn)]
    found += _named_sources(case, key, source, own or "")
    for arn in dict.fromkeys(found):
        parts = parse_arn(arn)
        if parts is None or (source.account and parts.account != own) or _is_needed(case, key, arn):
            continue
        yield f"{case.service} on behalf of {arn}", _as(case.need, {key: arn}, None)


def _is_needed(case: _Case, key: str, arn: str) -> bool:
    """Whether an edge of the data path has that very source, or a log group it is a stream of."""
    needed = case.needed.get(key, frozenset())
    return any(arn == own or (":logs:" in own and arn.startswith(f"{own}:")) for own in needed)


def _named_sources(case: _Case, key: str, source: Arn, account: str) -> tuple[str, ...]:
    """The sources of an account that conditions name, as far as the same service may be at work
    for them: S3 never comes on behalf of a topic."""
    owner = account if source.account else ""
    found: list[str] = []
    for region in dict.fromkeys((source.region, "*" if source.region else "")):
        shape = str(Arn(source.partition, source.service, region, owner, "*"))
        found += values_asked(shape, case.statements, key.lower())[1:]
    return tuple(arn for arn in found if (p := parse_arn(arn)) is None or p.region != FILLER)


def _other_accounts(case: _Case, own: str | None) -> tuple[str, ...]:
    named = accounts_named(case.statements, (ACCOUNT.lower(), OWNER.lower(), SOURCE.lower()))
    mine = {own, case.own, case.need.context.get(ACCOUNT)}
    return tuple(a for a in dict.fromkeys((STRANGER, *named)) if a not in mine)


def _own_account(case: _Case, source: Arn) -> str | None:
    account = case.need.context.get(ACCOUNT)
    return source.account or (account if isinstance(account, str) else case.own)


def _named(account: str) -> str:
    return "another account" if account == STRANGER else f"account {account}"


def _as(need: Need, context: Mapping[str, str], account: str | None) -> Need:
    """The same need with another source, in another account unless that is None."""
    changed: dict[str, ContextValue | None] = {**need.context, **context}
    if account is not None:
        changed |= {key: account for key in _ACCOUNTS if need.context.get(key) is not None}
    return replace(need, context=changed)


def _others(need: Need, at_home: set[str]) -> Iterator[tuple[str, Need]]:
    """Other services."""
    for other in SERVICES:
        if other not in at_home:
            as_other = {**need.context, OWNER: None} if OWNER in need.context else need.context
            yield other, replace(need, principal=other, context=as_other)


def _of_stranger(source: Arn, account: str) -> str:
    """The ARN of a part of the same kind in another account."""
    if not source.account:  # the names of buckets are unique without one
        return str(source._replace(resource=f"stranger-{source.resource}"))
    return str(source._replace(account=account))


def _another(source: Arn) -> str:
    """The ARN of another part of the same kind in the same account."""
    head, mark, name = source.resource.rpartition("/")
    if not mark:
        head, mark, name = source.resource.rpartition(":")
    return str(source._replace(resource=f"{head}{mark}another-{name}"))
