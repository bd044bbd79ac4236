"""Can whoever runs a stack use a part of it, or does the part's own policy lock them out?

A denial in the policy of a resource counts for administrators, too.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planproof.datapath.asked import FILLER
from planproof.datapath.authority import Authority
from planproof.datapath.outsiders import EVERYTHING
from planproof.datapath.places import account_of, arn_of, place_of
from planproof.iam import Decision, Policies, Request, evaluate
from planproof.stack import Resource


def by_administrators(
    authority: Authority, part: Resource, actions: Iterable[str]
) -> Iterator[tuple[str, Decision | None]]:
    """Each action with what AWS decides for a role of the part's account that may do anything,
    over TLS; None where the account is not known."""
    place, account = place_of(authority.stack, part), account_of(authority.stack, part)
    documents = [policy.document for policy in authority.resource(part)]
    held = Policies(identity=[EVERYTHING], resource=documents or None)
    partition = place.partition if place is not None else "aws"
    principal = f"arn:{partition}:iam::{account}:role/{FILLER}"
    context = {"aws:SecureTransport": True}
    for action in actions:
        if account is None:
            yield action, None
            continue
        yield action, evaluate(Request(action, arn_of(part), principal, account, context), held)
