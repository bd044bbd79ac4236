"""Can a service that the data path needs act as a confused deputy?

Each need of a service is decided again with another source: one in another account, another
resource of the same account, and every other source and account that a policy names. It is also
decided for other services. Another account can take the name of a bucket once the bucket is
deleted, so a source whose ARN has no account is tried in another account, too.

Sources: IAM User Guide, "The confused deputy problem", "Cross-service confused deputy prevention";
AWS KMS Developer Guide, "AWS KMS condition keys" and "Least-privilege permissions" (what
``kms:CallerAccount`` means, and that ``aws:SourceArn`` is for services).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.guarded import OTHER_ACCOUNT, GuardedResource
from planproof.aws.datapath.locations import arn_of, arn_parts
from planproof.aws.datapath.model import DataPath, DecidedNeed, Need
from planproof.aws.datapath.outsiders import accounts_named
from planproof.aws.datapath.samples import (
    FILLER,
    condition_matcher,
    sample_part_arns,
    sample_values,
)
from planproof.iam import Statement
from planproof.iam.arn import Arn, parse_arn
from planproof.iam.context import ContextValue
from planproof.service_facts import services
from planproof.terraform.stack import Resource

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
    """A need of a service, and the facts that its variations are built from.

    Attributes:
        guarded: the resource.
        needed: by condition key, the sources for which the data path needs the same action.
        statements: those of the resource's policies that cover the action.
    """

    need: Need
    guarded: GuardedResource
    needed: Mapping[str, set[str]]
    statements: Sequence[Statement]


def confused_deputies(authority: Authority, path: DataPath) -> Iterator[tuple[str, DecidedNeed]]:
    """Each need of a service decided for other sources and services: the caller and the decision.

    None of them may be allowed.
    """
    services = [n for n in path.needs if not isinstance(n.principal, Resource)]
    # A service that the data path needs on a resource is decided by its own needs.
    needed_services: dict[str, set[str]] = {}
    same: dict[tuple[str, ...], list[Need]] = {}
    for need in services:
        needed_services.setdefault(need.subject, set()).add(str(need.principal))
        same.setdefault((need.subject, str(need.principal), need.action), []).append(need)
    for need in services:
        if need.on is None:
            continue
        case = _case(authority, need, need.on, same[need.subject, str(need.principal), need.action])
        arns = dict.fromkeys((need.resource, *sample_part_arns(need.on, case.statements)))
        for whose, other in _other_sources(case):
            for arn in arns:
                caller = f"{need.principal} on behalf of {whose}"
                yield caller, decide_for_service(authority, replace(other, resource=arn))
        context = {**need.context, OWNER: None} if OWNER in need.context else need.context
        for service in trusted_services():
            for arn in arns if service not in needed_services[need.subject] else ():
                other = replace(need, principal=service, context=context, resource=arn)
                yield service, decide_for_service(authority, other)


def trusted_services() -> tuple[str, ...]:
    """The service principals most often found in resource-based policies."""
    return tuple(one.principal for one in services(lambda facts: facts.often_trusted))


def decide_for_service(authority: Authority, need: Need) -> DecidedNeed:
    """The decision on a request of a service principal.

    A service principal is in no customer account. Whether AWS leaves ``kms:CallerAccount`` and the
    like out of its requests, or sends an account of its own, is not documented: both are decided,
    and the result is undetermined where they differ.
    """
    decided = authority.decide(need)
    if decided.allowed is not None:
        return decided
    bare = authority.decide(replace(need, context={**_NOT_AN_IDENTITY, **need.context}))
    own = authority.decide(replace(need, context={**_OF_AWS, **need.context}))
    return bare if bare.allowed is own.allowed else decided


def _case(authority: Authority, need: Need, part: Resource, same: Sequence[Need]) -> _Case:
    guarded, action = GuardedResource(authority, part), need.action.lower()
    needed: dict[str, set[str]] = {}
    for other in same:
        for key, value in other.context.items():
            if isinstance(value, str):
                needed.setdefault(key, set()).add(value)
    covering = [s for s in guarded.statements if s.covers_action(action) is not False]
    return _Case(need, guarded, needed, covering)


def _other_sources(case: _Case) -> Iterator[tuple[str, Need]]:
    """The same service, on behalf of other sources: whose behalf, and the need."""
    need = case.need
    source = need.context.get(SOURCE)
    for key, value in need.context.items():
        parts = arn_parts(value)
        # Where the request has a source, its other ARNs are those of the target.
        if parts is not None and (key == SOURCE or not isinstance(source, str)):
            yield from _in_other_accounts(case, key, parts)
            # Within its account a role can only be used by principals with iam:PassRole.
            if need.action != _ASSUME and not case.guarded.has_default_policy:
                yield from _in_same_account(case, key, parts)
    if need.context.get(ACCOUNT) is not None and not isinstance(source, str):
        for account in _other_accounts(case, None):
            yield _account_name(account), _with_source(need, {}, account)


def _in_other_accounts(case: _Case, key: str, source: Arn) -> Iterator[tuple[str, Need]]:
    """Sources in other accounts."""
    own = _own_account(case, source)
    for account in _other_accounts(case, own):
        other = _in_account(source, account)
        yield _account_name(account), _with_source(case.need, {key: other}, account)
        known = _named_sources(case, key, source, account)
        if not source.account:
            known = (str(source), *known)
        for arn in dict.fromkeys(known):
            if arn != other:
                whose = arn if source.account else f"{arn} of {_account_name(account)}"
                yield whose, _with_source(case.need, {key: arn}, account)


def _in_same_account(case: _Case, key: str, source: Arn) -> Iterator[tuple[str, Need]]:
    """Other sources in the same account."""
    own, authority = _own_account(case, source), case.guarded.authority
    found = [_another_resource(source)]
    part = authority.resource_for(str(source))
    if part is not None:
        # The policies treat all sources that no condition names alike.
        named = condition_matcher(case.statements, key.lower())
        others = map(arn_of, authority.stack.managed(part.type))
        found += [arn for arn in others if isinstance(arn, str) and named(arn)]
    found += _named_sources(case, key, source, own or "")
    for arn in dict.fromkeys(found):
        parts = parse_arn(arn)
        if parts is None or (source.account and parts.account != own):
            continue
        # An edge of the data path has that source, or the log group of that log stream.
        needed = case.needed.get(key, ())
        if any(arn == one or (":logs:" in one and arn.startswith(f"{one}:")) for one in needed):
            continue
        yield arn, _with_source(case.need, {key: arn}, None)


def _named_sources(case: _Case, key: str, source: Arn, account: str) -> tuple[str, ...]:
    """The sources in an account that conditions name and that the service may act for: S3 never
    acts on behalf of a topic."""
    owner = account if source.account else ""
    found: list[str] = []
    for region in dict.fromkeys((source.region, "*" if source.region else "")):
        pattern = str(Arn(source.partition, source.service, region, owner, "*"))
        found += sample_values(pattern, case.statements, key.lower())[1:]
    return tuple(arn for arn in found if (p := parse_arn(arn)) is None or p.region != FILLER)


def _other_accounts(case: _Case, own: str | None) -> tuple[str, ...]:
    named = accounts_named(case.statements, (ACCOUNT.lower(), OWNER.lower(), SOURCE.lower()))
    needed = {own, case.guarded.account, case.need.context.get(ACCOUNT)}
    return tuple(a for a in dict.fromkeys((OTHER_ACCOUNT, *named)) if a not in needed)


def _own_account(case: _Case, source: Arn) -> str | None:
    account = case.need.context.get(ACCOUNT)
    return source.account or (account if isinstance(account, str) else case.guarded.account)


def _account_name(account: str) -> str:
    return "another account" if account == OTHER_ACCOUNT else f"account {account}"


def _with_source(need: Need, context: Mapping[str, str], account: str | None) -> Need:
    """The need with another source, and with another account unless that is None."""
    changed: dict[str, ContextValue | None] = {**need.context, **context}
    if account is not None:
        changed |= {key: account for key in _ACCOUNTS if need.context.get(key) is not None}
    return replace(need, context=changed)


def _in_account(source: Arn, account: str) -> str:
    """The ARN of a similar resource in an account."""
    if not source.account:  # the names of buckets are globally unique
        return str(source._replace(resource=f"stranger-{source.resource}"))
    return str(source._replace(account=account))


def _another_resource(source: Arn) -> str:
    """The ARN of a similar resource in the same account."""
    head, mark, name = source.resource.rpartition("/")
    if not mark:
        head, mark, name = source.resource.rpartition(":")
    return str(source._replace(resource=f"{head}{mark}another-{name}"))
