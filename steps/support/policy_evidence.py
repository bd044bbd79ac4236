"""Evidence on the policies of a stack, at the lines of their statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planproof.aws.datapath import Authority, DecidedNeed
from planproof.aws.datapath.surplus import Grant
from planproof.aws.policies.attached import AttachedPolicy, policy_of_statement
from planproof.evidence import Recorder
from planproof.iam import Statement
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Stack


@dataclass(frozen=True, slots=True)
class PolicyEvidence:
    """The decisions on a stack's policies, its sources, and the recorder of the evidence."""

    authority: Authority
    stacks: ResolvedStacks
    evidence: Recorder

    @property
    def stack(self) -> Stack:
        """The stack of the policies."""
        return self.authority.stack

    def statement_location(
        self, policies: Sequence[AttachedPolicy], *statements: Statement | None
    ) -> tuple[str, int] | None:
        """File and line of the first of some statements whose policy is in the sources."""
        for statement in filter(None, statements):
            policy = policy_of_statement(policies, statement)
            file, line = policy.locate(self.stack, statement) if policy is not None else ("", 0)
            if file:
                return self.stacks.source_path(file), line
        return None

    def decision_location(self, decided: DecidedNeed) -> tuple[str, int] | None:
        """File and line of the first deciding statement that is in the sources."""
        for reason in decided.decision.because:
            if reason.statement is not None:
                file, line = self.authority.locate(decided, reason.statement)
                if file:
                    return self.stacks.source_path(file), line
        return None

    def record_grant(self, grant: Grant) -> None:
        """Record whether a grant is needed, at the line of its statement."""
        policy, statement = grant.policy, grant.statement
        self.evidence.check(
            grant.holds,
            policy.source,
            policy.attribute if statement is None else policy.path(statement),
            expected=f"needed by the data path: {grant.granted} for {grant.principal}",
            found=grant.excess or "an edge of it needs it",
            at=self.statement_location([policy], statement),
        )
