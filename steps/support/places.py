"""Where does a statement stand, as a report shows it?"""

from __future__ import annotations

from collections.abc import Iterable

from planproof.aws.datapath import Authority, Ruling
from planproof.aws.policies.attached import holder_of
from planproof.aws.policies.held import AttachedPolicy
from planproof.iam import Statement
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Stack


def place_of(
    stack: Stack,
    resolved_stacks: ResolvedStacks,
    policies: Iterable[AttachedPolicy],
    statement: Statement,
) -> tuple[str, int] | None:
    """File and line of a statement of one of the policies; None where that cannot be told."""
    policy = holder_of(policies, statement)
    file, line = policy.locate(stack, statement) if policy is not None else ("", 0)
    return (resolved_stacks.source_path(file), line) if file else None


def place_of_ruling(
    authority: Authority, resolved_stacks: ResolvedStacks, ruling: Ruling
) -> tuple[str, int] | None:
    """The first of the deciding statements that stands in the sources."""
    for reason in ruling.decision.because:
        if reason.statement is not None:
            file, line = authority.place(ruling, reason.statement)
            if file:
                return resolved_stacks.source_path(file), line
    return None
