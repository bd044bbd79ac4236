"""Does the policy of a bucket or queue lock out the account that owns it?

A statement that denies plain HTTP denies every request once its condition is lost. Then only the
root user can read the messages of a dead-letter queue or fix its policy. So each action that AWS
checks on a bucket or queue is decided over TLS for administrators of the account: a role with every
permission that no statement names, and each principal of the account in the policy. One that is not
denied is enough. An action counts as denied only if every request is denied; a denial that depends
on a network, header or TLS version does not count.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from typing import Final

from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.cleartext import CheckedRequest, checked_requests
from planproof.aws.datapath.guarded import Attempt, GuardedResource
from planproof.aws.datapath.outsiders import sample_principals
from planproof.iam import Decision, Effect, Statement
from planproof.iam.statement import StatementEffect
from planproof.terraform.stack import Resource
from planproof.values import Truth, Unknown, all_of, negate

ADMINISTRATOR: Final = "an administrator of its account"


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
