"""File and line of policy statements, for evidence."""

from __future__ import annotations

from collections.abc import Sequence

from planproof.aws.datapath import Authority, DecidedNeed
from planproof.aws.policies.attached import AttachedPolicy, policy_of_statement
from planproof.iam import Statement
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Stack


def statement_location(
    stack: Stack,
    stacks: ResolvedStacks,
    policies: Sequence[AttachedPolicy],
    *statements: Statement | None,
) -> tuple[str, int] | None:
    """File and line of the first of some statements whose policy is in the sources."""
    for statement in filter(None, statements):
        policy = policy_of_statement(policies, statement)
        file, line = policy.locate(stack, statement) if policy is not None else ("", 0)
        if file:
            return stacks.source_path(file), line
    return None


def decision_location(
    authority: Authority, stacks: ResolvedStacks, decided: DecidedNeed
) -> tuple[str, int] | None:
    """File and line of the first deciding statement that is in the sources."""
    for reason in decided.decision.because:
        if reason.statement is not None:
            file, line = authority.locate(decided, reason.statement)
            if file:
                return stacks.source_path(file), line
    return None
