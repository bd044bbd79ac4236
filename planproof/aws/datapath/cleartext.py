"""Does a part of the stack refuse whatever comes without TLS?

S3 and SQS answer plain HTTP too, unless the policy of the bucket or queue denies every request in
which ``aws:SecureTransport`` is false. So each action that AWS checks on such a part is asked
without TLS, by callers of every kind, as if somebody had let them in: what decides is whether the
policy denies it all the same.

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

from planproof.aws.datapath.asked import asked_of
from planproof.aws.datapath.authority import Authority, service_of
from planproof.aws.datapath.outsiders import (
    ANOTHER,
    EVERYTHING,
    NOBODY,
    STRANGER,
    Attempt,
    accounts_named,
    principals_asked,
)
from planproof.aws.datapath.places import account_of, arn_of, place_of
from planproof.aws.policies.held import AttachedPolicy
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
from planproof.iam.actions import all_actions, resource_types
from planproof.iam.context import ContextValue
from planproof.terraform.stack import Resource
from planproof.values import UNKNOWN, Unknown

_ASKED_ON: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_s3_bucket": {"bucket": "", "object": "/*"},
    "aws_sqs_queue": {"queue": ""},
}
"""By type, what AWS checks actions on, in its own words, and how the ARN of that goes on."""
_LET_IN: Final = PolicyDocument.parse(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
    },
    "whoever lets the caller in",
    PolicyKind.ANY,
)
_WITHOUT_TLS: Final[Mapping[str, ContextValue | None]] = {
    "aws:SecureTransport": False,
    "aws:SourceArn": None,
    "aws:SourceAccount": None,
    "aws:SourceOrgID": None,
    "aws:SourceOrgPaths": None,
}
"""A request over plain HTTP, in nobody else's name: services of AWS come with TLS."""


@dataclass(frozen=True, slots=True)
class Question:
    """Actions that the same statements are about, and what they are asked on.

    Attributes:
        about: the ARN of the part or of something in it.
    """

    actions: tuple[str, ...]
    about: str | Unknown


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One question of one caller, and the answer."""

    question: Question
    principal: str | None
    decision: Decision


def in_the_clear(authority: Authority, part: Resource) -> Iterator[Attempt]:
    """What becomes of requests without TLS: for each kind of caller, whether all are denied.

    Args:
        part: an ``aws_s3_bucket`` or ``aws_sqs_queue``.
    """
    policies = tuple(authority.resource(part))
    statements = [s for policy in policies for s in policy.document.statements]
    questions = tuple(questions_on(part, statements))
    documents = [_LET_IN, *(policy.document for policy in policies)]
    held = Policies(identity=[EVERYTHING], resource=documents)
    account = account_of(authority.stack, part)
    for who, principals in _callers(authority, part, statements).items():
        asked = [
            _Asked(question, principal, _decided(question, principal, account, held))
            for principal in principals
            for question in questions
        ]
        yield _attempt(who, part, policies, asked)


def _decided(
    question: Question, principal: str | None, account: str | None, held: Policies
) -> Decision:
    action = question.actions[0]
    return evaluate(Request(action, question.about, principal, account, _WITHOUT_TLS), held)


def _attempt(
    who: str, part: Resource, policies: tuple[AttachedPolicy, ...], asked: Sequence[_Asked]
) -> Attempt:
    """What a kind of caller achieved: the worst of what it tried."""
    if not asked:
        return Attempt(who, part, (), None, "the account of it is not known", None, policies)
    got_in = [one for one in asked if one.decision.effect is Effect.ALLOWED]
    not_denied = [one for one in asked if one.decision.effect is not Effect.EXPLICITLY_DENIED]
    if not not_denied:
        statement = asked[0].decision.because[0].statement
        return Attempt(who, part, (), True, f"denied by {statement}", statement, policies)
    open_ = got_in or not_denied
    actions = tuple(dict.fromkeys(action for one in open_ for action in one.question.actions))
    return Attempt(
        who, part, actions, False if got_in else None, _said(part, open_[0]), None, policies
    )


def _said(part: Resource, asked: _Asked) -> str:
    """What was decided, for a reader, but for what was only supposed."""
    about, decision = asked.question.about, asked.decision
    on = "" if about == arn_of(part) else f" on {about}"
    by = f" for {asked.principal}" if asked.principal is not None else ""
    if decision.effect is Effect.ALLOWED:
        return f"nothing denies it{on}{by}"
    supposed = (_LET_IN.name, EVERYTHING.name)
    doubts = "; ".join(str(r) for r in decision.because if r.policy not in supposed)
    return f"{decision.effect.value}{on}{by}: {doubts}"


def questions_on(part: Resource, statements: Sequence[Statement]) -> Iterator[Question]:
    """Each action that AWS checks on a bucket or queue or in it, once for what statements tell
    apart."""
    arn = arn_of(part)
    for kind, rest in _ASKED_ON[part.type].items():
        alike: dict[tuple[object, ...], list[str]] = {}
        for action in _actions_on(service_of(part), kind):
            verdicts = tuple(s.covers_action(action.lower()) for s in statements)
            alike.setdefault(verdicts, []).append(action)
        abouts: tuple[str | Unknown, ...] = (UNKNOWN,)
        if isinstance(arn, str):
            abouts = asked_of(f"{arn}{rest}", statements) if rest else (arn,)
        for actions in alike.values():
            yield from (Question(tuple(actions), about) for about in abouts)


@lru_cache(maxsize=64)
def _actions_on(service: str, kind: str) -> tuple[str, ...]:
    """The actions of a service that AWS checks on a type of resource."""
    own = (action for action in all_actions() if action.startswith(f"{service}:"))
    return tuple(action for action in own if kind in resource_types(action))


def _callers(
    authority: Authority, part: Resource, statements: Sequence[Statement]
) -> Mapping[str, tuple[str | None, ...]]:
    """Who asks, by what a reader calls them: None is somebody without credentials, and nobody at
    all is asked where the account that the part is in is not known.

    Of each account there is a role that nobody has in mind, the root user, and whoever the
    policies name, since what they name they may spare.
    """
    place, own = place_of(authority.stack, part), account_of(authority.stack, part)
    partition = place.partition if place is not None else "aws"
    other = STRANGER if own != STRANGER else ANOTHER
    named = (a for a in accounts_named(statements) if a not in (own, other))
    mine = (own,) if own is not None else ()
    return {
        NOBODY: (None,),
        "a caller of this account": _of(partition, mine, statements),
        "a caller of another account": _of(partition, (other, *named), statements),
    }


def _of(
    partition: str, accounts: Sequence[str], statements: Sequence[Statement]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for account in accounts:
        found |= dict.fromkeys(principals_asked(partition, account, statements))
        found[f"arn:{partition}:iam::{account}:root"] = None
    return tuple(found)
