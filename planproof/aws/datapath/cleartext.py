"""Does a bucket or queue deny every request without TLS?

S3 and SQS also answer plain HTTP, unless the policy of the bucket or queue denies every request for
which ``aws:SecureTransport`` is false. So each action that AWS checks on such a resource is decided
without TLS for every kind of caller, as if another statement allowed it: only an explicit denial
counts.

Sources: S3 User Guide, "Security best practices for Amazon S3" (enforce encryption of data in
transit); SQS Developer Guide, "Amazon SQS security best practices".
https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html#transit
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from planproof.aws.authorization import Documents
from planproof.aws.datapath.authority import Authority, service_of
from planproof.aws.datapath.locations import account_of, arn_of, location_of
from planproof.aws.datapath.model import ANONYMOUS, Need
from planproof.aws.datapath.outsiders import (
    ALLOW_ALL,
    ANOTHER_ACCOUNT,
    OTHER_ACCOUNT,
    Attempt,
    accounts_named,
    actions_of,
    sample_principals,
)
from planproof.aws.datapath.samples import sample_arns
from planproof.aws.policies.attached import AttachedPolicy
from planproof.iam import Decision, Effect, PolicyDocument, PolicyKind, Statement
from planproof.iam.actions import resource_types
from planproof.service_facts import resource_type
from planproof.terraform.stack import Resource
from planproof.values import UNKNOWN, Unknown

_ALLOWED: Final = PolicyDocument.parse(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
    },
    "a statement that allows the caller",
    PolicyKind.ANY,
)


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request that AWS checks on a bucket or queue.

    Attributes:
        actions: actions that the same statements cover, so that one decision holds for all.
        arn: the ARN of the resource or of something in it.
        part: the resource.
    """

    actions: tuple[str, ...]
    arn: str | Unknown
    part: Resource

    def decide(
        self, authority: Authority, principal: str, *, tls: bool, assumed: Documents = ()
    ) -> Decision:
        """The decision for a principal that is no service, as services always use TLS; its own
        account allows it everything."""
        context = {"aws:SecureTransport": tls}
        need = Need(self.actions[0], principal, self.arn, self.part, context)
        return authority.decide(need, held=(ALLOW_ALL,), assumed=assumed).decision


_Decided = tuple[CheckedRequest, str, Decision]
"""A request, the principal that makes it, and the decision."""


def plaintext_attempts(authority: Authority, part: Resource) -> Iterator[Attempt]:
    """The attempts without TLS: for each kind of caller, whether all requests are denied.

    Args:
        part: an ``aws_s3_bucket`` or ``aws_sqs_queue``.
    """
    policies = tuple(authority.resource_policies(part))
    statements = [s for policy in policies for s in policy.document.statements]
    requests = tuple(checked_requests(part, statements))
    for caller, principals in _callers(authority, part, statements).items():
        decided = [
            (
                request,
                principal,
                request.decide(authority, principal, tls=False, assumed=(_ALLOWED,)),
            )
            for principal in principals
            for request in requests
        ]
        yield _attempt(caller, part, policies, decided)


def _attempt(
    caller: str, part: Resource, policies: tuple[AttachedPolicy, ...], decided: Sequence[_Decided]
) -> Attempt:
    """The attempt of a kind of caller: the worst decision on its requests."""
    if not decided:
        found = "the account of the resource is not known"
        return Attempt(caller, part, (), None, found, None, policies)
    allowed = [one for one in decided if one[2].effect is Effect.ALLOWED]
    not_denied = [one for one in decided if one[2].effect is not Effect.EXPLICITLY_DENIED]
    if not not_denied:
        statement = decided[0][2].because[0].statement
        return Attempt(caller, part, (), True, f"denied by {statement}", statement, policies)
    worst = allowed or not_denied
    actions = tuple(dict.fromkeys(action for request, _, _ in worst for action in request.actions))
    holds = False if allowed else None
    return Attempt(caller, part, actions, holds, _found(part, *worst[0]), None, policies)


def _found(part: Resource, request: CheckedRequest, principal: str, decision: Decision) -> str:
    """The decision for a reader, without the policies that are only assumed."""
    on = "" if request.arn == arn_of(part) else f" on {request.arn}"
    by = f" for {principal}" if principal != ANONYMOUS else ""
    if decision.effect is Effect.ALLOWED:
        return f"no statement denies it{on}{by}"
    assumed = (_ALLOWED.name, ALLOW_ALL.name)
    reasons = "; ".join(str(r) for r in decision.because if r.policy not in assumed)
    return f"{decision.effect.value}{on}{by}: {reasons}"


def checked_requests(part: Resource, statements: Sequence[Statement]) -> Iterator[CheckedRequest]:
    """Each action that AWS checks on a bucket or queue or in it; one request for all actions that
    the same statements cover."""
    arn = arn_of(part)
    for type_, suffix in resource_type(part.type).checked().items():
        grouped: dict[tuple[object, ...], list[str]] = {}
        for action in checked_actions(service_of(part), type_):
            verdicts = tuple(s.covers_action(action.lower()) for s in statements)
            grouped.setdefault(verdicts, []).append(action)
        arns: tuple[str | Unknown, ...] = (UNKNOWN,)
        if isinstance(arn, str):
            arns = sample_arns(f"{arn}{suffix}", statements) if suffix else (arn,)
        for actions in grouped.values():
            yield from (CheckedRequest(tuple(actions), one, part) for one in arns)


@lru_cache(maxsize=64)
def checked_actions(service: str, type_: str) -> tuple[str, ...]:
    """The actions of a service that AWS checks on a type of resource."""
    return tuple(action for action in actions_of(service) if type_ in resource_types(action))


def _callers(
    authority: Authority, part: Resource, statements: Sequence[Statement]
) -> Mapping[str, tuple[str, ...]]:
    """The principals by kind of caller. There is no caller of this account where the account of the
    resource is unknown.

    Each account has a role that no statement names, the root user, and each principal that the
    policies name, as a statement may exempt it.
    """
    location, own = location_of(authority.stack, part), account_of(authority.stack, part)
    partition = location.partition if location is not None else "aws"
    other = OTHER_ACCOUNT if own != OTHER_ACCOUNT else ANOTHER_ACCOUNT
    named = (a for a in accounts_named(statements) if a not in (own, other))
    this = (own,) if own is not None else ()
    return {
        ANONYMOUS: (ANONYMOUS,),
        "a caller of this account": _principals(partition, this, statements),
        "a caller of another account": _principals(partition, (other, *named), statements),
    }


def _principals(
    partition: str, accounts: Sequence[str], statements: Sequence[Statement]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for account in accounts:
        found |= dict.fromkeys(sample_principals(partition, account, statements))
        found[f"arn:{partition}:iam::{account}:root"] = None
    return tuple(found)
