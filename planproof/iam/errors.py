"""Errors in a policy document or a request."""

from __future__ import annotations

from planproof.errors import PlanproofError


class PolicyError(PlanproofError):
    """A policy document that AWS would not accept.

    Args:
        policy: the name of the policy, such as its Terraform address; may be empty.
        where: the location in the document, such as ``Statement[2].Condition.StringEquals``; empty
            for the document as a whole.
        what: what is wrong there, as a clause that follows the location.
        todo: what to write instead.
    """

    def __init__(self, policy: str, where: str, what: str, todo: str) -> None:
        self.policy = policy
        self.where = where
        subject = f"{policy}: {where}" if policy and where else policy or where
        super().__init__(f"{subject or 'policy document'} {what}", todo)


class RequestError(PlanproofError):
    """A request that no caller could make: its principal, action or ARN has no known form."""
