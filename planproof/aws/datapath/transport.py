"""Does a bucket or queue deny all requests without TLS, but not those of its own account over TLS?

S3 and SQS also answer plain HTTP, unless the policy of the bucket or queue denies every request for
which ``aws:SecureTransport`` is false. So each action that AWS checks on such a resource is decided
without TLS for every kind of caller, as if another statement allowed it: only an explicit denial
counts.

A statement that denies plain HTTP denies every request once its condition is lost. Then only the
root user can read the messages of a dead-letter queue or fix its policy. So each of these actions
is also decided over TLS for administrators of the account: a role with every permission that no
statement names, and each principal of the account in the policy. One that is not denied is enough.
An action counts as denied only if every request is denied; a denial that depends on a network,
header or TLS version does not count.

Sources: S3 User Guide, "Security best practices for Amazon S3" (enforce encryption of data in
transit); SQS Developer Guide, "Amazon SQS security best practices".
https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html#transit
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final, NamedTuple

from planproof.aws.authorization import Documents
from planproof.aws.datapath.authority import Authority, service_of
from planproof.aws.datapath.guarded import ALLOW_ALL, Attempt, GuardedResource, actions_of, alike
from planproof.aws.datapath.locations import arn_of
from planproof.aws.datapath.model import ANONYMOUS, Need
from planproof.aws.datapath.outsiders import accounts_named, sample_principals
from planproof.aws.datapath.samples import sample_arns
from planproof.iam import Decision, Effect, PolicyDocument, PolicyKind, Statement
from planproof.iam.statement import StatementEffect
from planproof.service_facts import resource_type
from planproof.terraform.stack import Resource
from planproof.values import UNKNOWN, Truth, Unknown, all_of, contains_unknown, negate

ADMINISTRATOR: Final = "an administrator of its account"
_ALLOWED: Final = PolicyDocument.parse(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
    },
    "a statement that allows the caller",
    PolicyKind.ANY,
)


class CheckedRequest(NamedTuple):
    """A request that AWS checks on a bucket or queue.

    Attributes:
        actions: actions that the same statements cover, so that one decision holds for all.
        arn: the ARN of the resource or of something in it.
    """

    actions: tuple[str, ...]
    arn: str | Unknown

    def decide(
        self, guarded: GuardedResource, principal: str, *, tls: bool, assumed: Documents = ()
    ) -> Decision:
        """The decision for a principal that is no service, as services always use TLS."""
        context = {"aws:SecureTransport": tls}
        need = Need(self.actions[0], principal, self.arn, guarded.part, context)
        return guarded.decide(need, assumed).decision


_Decided = tuple[CheckedRequest, str, Decision]
"""A request, the principal that makes it, and the decision."""


def plaintext_attempts(authority: Authority, part: Resource) -> Iterator[Attempt]:
    """The attempts without TLS: for each kind of caller, whether all requests are denied.

    Args:
        part: an ``aws_s3_bucket`` or ``aws_sqs_queue``.
    """
    guarded = GuardedResource(authority, part)
    requests = tuple(checked_requests(part, guarded.statements))
    for caller, principals in _callers(guarded).items():
        decided = [
            (request, principal, request.decide(guarded, principal, tls=False, assumed=(_ALLOWED,)))
            for principal, request in product(principals, requests)
        ]
        yield _attempt(guarded, caller, decided)


def _attempt(guarded: GuardedResource, caller: str, decided: Sequence[_Decided]) -> Attempt:
    """The attempt of a kind of caller: the worst decision on its requests."""
    if not decided:
        return guarded.attempt(caller, (), None, "the account of the resource is not known")
    allowed = [one for one in decided if one[2].effect is Effect.ALLOWED]
    not_denied = [one for one in decided if one[2].effect is not Effect.EXPLICITLY_DENIED]
    if not not_denied:
        statement = decided[0][2].because[0].statement
        return guarded.attempt(caller, (), True, f"denied by {statement}", statement)
    worst = allowed or not_denied
    actions = tuple(dict.fromkeys(action for request, _, _ in worst for action in request.actions))
    return guarded.attempt(
        caller, actions, False if allowed else None, _found(guarded.part, *worst[0])
    )


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
        arns: tuple[str | Unknown, ...] = (UNKNOWN,)
        if isinstance(arn, str):
            arns = sample_arns(f"{arn}{suffix}", statements) if suffix else (arn,)
        for actions, _ in alike(actions_of(service_of(part), type_), statements):
            yield from (CheckedRequest(actions, one) for one in arns)


def _callers(guarded: GuardedResource) -> Mapping[str, tuple[str, ...]]:
    """The principals by kind of caller. There is no caller of this account where the account of the
    resource is unknown.

    Each account has a role that no statement names, the root user, and each principal that the
    policies name, as a statement may exempt it.
    """
    own, other = guarded.account, guarded.other_account
    named = (a for a in accounts_named(guarded.statements) if a not in (own, other))
    this = (own,) if own is not None else ()
    return {
        ANONYMOUS: (ANONYMOUS,),
        "a caller of this account": _principals(guarded, this),
        "a caller of another account": _principals(guarded, (other, *named)),
    }


def _principals(guarded: GuardedResource, accounts: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for account in accounts:
        found |= dict.fromkeys(sample_principals(guarded.partition, account, guarded.statements))
        found[f"arn:{guarded.partition}:iam::{account}:root"] = None
    return tuple(found)


# Over TLS ------------------------------------------------------------------------------------


def account_lockout(authority: Authority, part: Resource) -> Attempt:
    """Whether administrators of the account can use every action on a resource over TLS.

    Args:
        part: an ``aws_s3_bucket`` or ``aws_sqs_queue``.
    """
    guarded = GuardedResource(authority, part)
    for policy in guarded.policies:
        if policy.problem:
            return guarded.attempt(ADMINISTRATOR, (), None, policy.problem)
    if guarded.account is None:
        return guarded.attempt(ADMINISTRATOR, (), None, "the account of the resource is not known")
    statements = [s for s in guarded.statements if s.may_deny]
    principals = sample_principals(guarded.partition, guarded.account, statements)
    callers = tuple(caller for caller in principals if not caller.endswith(":root"))
    found: dict[Truth, list[tuple[CheckedRequest, Decision]]] = {}
    for request in checked_requests(part, statements):
        decisions = [request.decide(guarded, caller, tls=True) for caller in callers]
        all_denied = all_of(_always_denied(decision) for decision in decisions)
        found.setdefault(all_denied, []).append((request, decisions[0]))
    for denied in (True, None):
        if requests := found.get(denied):
            actions = tuple(action for request, _ in requests for action in request.actions)
            decision = requests[0][1]
            by = next((r.statement for r in decision.because if r.statement is not None), None)
            return guarded.attempt(ADMINISTRATOR, actions, negate(denied), str(decision), by)
    return guarded.attempt(ADMINISTRATOR, (), True, "nothing is denied")


def _always_denied(decision: Decision) -> Truth:
    """Whether the decision is a denial whatever else the request contains; undetermined where that
    depends on an unknown text of a policy."""
    if decision.effect is not Effect.UNDETERMINED:
        return decision.effect is Effect.EXPLICITLY_DENIED
    statements = [reason.statement for reason in decision.because]
    unknown = any(s is not None and s.may_deny and not _is_known(s) for s in statements)
    return None if unknown else False


def _is_known(statement: Statement) -> bool:
    """Whether every text of a statement is known before the stack is built."""
    elements = (statement.principal, statement.not_principal)
    texts = (
        (statement.actions, statement.not_actions, statement.resources, statement.not_resources),
        [element.entries for element in elements if element is not None],
        [condition.values for condition in statement.conditions],
    )
    return (
        statement.effect is not StatementEffect.UNKNOWN
        and statement.conditions_known
        and not contains_unknown(texts)
    )
