"""What can be wrong with a policy document or with a request, said so that it can be mended."""

from __future__ import annotations

from planproof.errors import PlanproofError


class PolicyError(PlanproofError):
    """A policy document that AWS would not accept.

    Args:
        policy: the name of the policy, such as its Terraform address; may be empty.
        where: the place in the document, such as ``Statement[2].Condition.StringEquals``; empty
            for the document as a whole.
        what: what is wrong there, as a clause that follows the place.
        todo: what to write instead.
    """

    def __init__(self, policy: str, where: str, what: str, todo: str) -> None:
        self.policy = policy
        self.where = where
        place = f"{policy}: {where}" if policy and where else policy or where or "policy document"
        super().__init__(f"{place} {what}", todo)


class RequestError(PlanproofError):
    """A request that no caller could make: a principal, action or ARN of no known form."""
