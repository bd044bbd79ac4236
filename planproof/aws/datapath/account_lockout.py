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
from planproof.aws.datapath.locations import account_of, location_of
from planproof.aws.datapath.outsiders import Attempt, sample_principals
from planproof.iam import Decision, Effect, Statement
from planproof.iam.statement import StatementEffect
from planproof.terraform.stack import Resource
from planproof.values import Truth, Unknown, all_of

ADMINISTRATOR: Final = "an administrator of its account"


def account_lockout(authority: Authority, part: Resource) -> Attempt:
    """Whether administrators of the account can use every action on a resource over TLS.

    Args:
        part: an ``aws_s3_bucket`` or ``aws_sqs_queue``.
    """
    policies = tuple(authority.resource_policies(part))
    for policy in policies:
        if policy.problem:
            return Attempt(ADMINISTRATOR, part, (), None, policy.problem, None, policies)
    statements = [s for policy in policies for s in policy.document.statements if s.may_deny]
    location, own = location_of(authority.stack, part), account_of(authority.stack, part)
    if own is None:
        found = "the account of the resource is not known"
        return Attempt(ADMINISTRATOR, part, (), None, found, None, policies)
    partition = location.partition if location is not None else "aws"
    principals = sample_principals(partition, own, statements)
    callers = tuple(caller for caller in principals if not caller.endswith(":root"))
    denied: list[tuple[CheckedRequest, Decision]] = []
    undetermined: list[tuple[CheckedRequest, Decision]] = []
    for request in checked_requests(part, statements):
        decisions = [request.decide(authority, caller, tls=True) for caller in callers]
        all_denied = all_of(_always_denied(decision) for decision in decisions)
        if all_denied is not False:
            (denied if all_denied else undetermined).append((request, decisions[0]))
    for holds, requests in ((False, denied), (None, undetermined)):
        if requests:
            actions = tuple(action for request, _ in requests for action in request.actions)
            decision = requests[0][1]
            by = next((r.statement for r in decision.because if r.statement is not None), None)
            return Attempt(ADMINISTRATOR, part, actions, holds, str(decision), by, policies)
    return Attempt(ADMINISTRATOR, part, (), True, "nothing is denied", None, policies)


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
