"""Does the policy of a bucket or queue shut out the very account that it belongs to?

A statement that denies plain HTTP denies everything as soon as its condition is lost: nobody could
read what a dead-letter queue keeps, nor mend its policy but the root user. So each action that AWS
checks on such a part is asked over TLS by those who administer the account: a role that may do
anything and that nobody has in mind, and whomever of the account the policy names. One of them is
enough. What is denied them whatever else the request says is taken from them; what it takes a
certain network, header or version of TLS for is not.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.cleartext import Question, questions_on
from planproof.aws.datapath.outsiders import EVERYTHING, Attempt, principals_asked
from planproof.aws.datapath.places import account_of, place_of
from planproof.iam import Decision, Effect, Policies, Request, Statement, evaluate
from planproof.iam.context import ContextValue
from planproof.iam.statement import StatementEffect
from planproof.terraform.stack import Resource
from planproof.values import Unknown

ADMINISTRATOR: Final = "whoever administers its account"
_WITH_TLS: Final[Mapping[str, ContextValue | None]] = {
    "aws:SecureTransport": True,
    "aws:SourceArn": None,
    "aws:SourceAccount": None,
    "aws:SourceOrgID": None,
    "aws:SourceOrgPaths": None,
}
"""A request over HTTPS, in nobody else's name."""


def shut_out(authority: Authority, part: Resource) -> Attempt:
    """Whether the account of a part can do there over TLS whatever AWS offers.

    Args:
        part: an ``aws_s3_bucket`` or ``aws_sqs_queue``.
    """
    policies = tuple(authority.resource(part))
    for policy in policies:
        if policy.problem:
            return Attempt(ADMINISTRATOR, part, (), None, policy.problem, None, policies)
    statements = [s for policy in policies for s in policy.document.statements if s.may_deny]
    place, own = place_of(authority.stack, part), account_of(authority.stack, part)
    if own is None:
        said = "the account of it is not known"
        return Attempt(ADMINISTRATOR, part, (), None, said, None, policies)
    partition = place.partition if place is not None else "aws"
    everyone = principals_asked(partition, own, statements)
    callers = tuple(who for who in everyone if not who.endswith(":root"))
    documents = [policy.document for policy in policies]
    held = Policies(identity=[EVERYTHING], resource=documents or None)
    denied: list[tuple[Question, Decision]] = []
    open_: list[tuple[Question, Decision]] = []
    for question in questions_on(part, statements):
        decisions = [_decided(question, who, own, held) for who in callers]
        verdicts = [_denied(decision) for decision in decisions]
        if False not in verdicts:
            (open_ if None in verdicts else denied).append((question, decisions[0]))
    for holds, found in ((False, denied), (None, open_)):
        if found:
            actions = tuple(action for question, _ in found for action in question.actions)
            decision = found[0][1]
            by = next((r.statement for r in decision.because if r.statement is not None), None)
            return Attempt(ADMINISTRATOR, part, actions, holds, str(decision), by, policies)
    return Attempt(ADMINISTRATOR, part, (), True, "nothing is denied", None, policies)


def _decided(question: Question, principal: str, account: str, held: Policies) -> Decision:
    request = Request(question.actions[0], question.about, principal, account, _WITH_TLS)
    return evaluate(request, held)


def _denied(decision: Decision) -> bool | None:
    """Whether all is denied however it is asked for; None where it takes a text that is not known
    to tell."""
    if decision.effect is not Effect.UNDETERMINED:
        return decision.effect is Effect.EXPLICITLY_DENIED
    said = [reason.statement for reason in decision.because]
    unclear = any(s is not None and s.may_deny and not _is_known(s) for s in said)
    return None if unclear else False


def _is_known(statement: Statement) -> bool:
    """Whether nothing of a statement is unknown before it is built."""
    texts: list[object] = [
        *(statement.actions or ()),
        *(statement.not_actions or ()),
        *(statement.resources or ()),
        *(statement.not_resources or ()),
    ]
    for element in (statement.principal, statement.not_principal):
        texts += (text for entry in (element.entries if element else ()) for text in entry)
    texts += (value for condition in statement.conditions for value in condition.values)
    return (
        statement.effect is not StatementEffect.UNKNOWN
        and statement.conditions_known
        and not any(isinstance(text, Unknown) for text in texts)
    )
