"""Decisions on what a role of the stack may do, and their evidence."""

from __future__ import annotations

from dataclasses import dataclass

from planproof.aws.datapath import DecidedNeed, Need
from planproof.aws.policies.attached import AttachedPolicy, policy_of_statement
from planproof.errors import UndeterminedError
from planproof.iam import PolicyDocument, Statement
from planproof.terraform.stack import Resource
from planproof.values import Truth
from steps.support.pipeline import Pipeline
from steps.support.policy_evidence import PolicyEvidence


@dataclass
class Access:
    """What a role may do, and the evidence of it."""

    pipeline: Pipeline
    role: Resource
    policy_evidence: PolicyEvidence

    @property
    def documents(self) -> list[PolicyDocument]:
        """The identity policies of the role."""
        return [policy.document for policy in self._policies]

    @property
    def _policies(self) -> list[AttachedPolicy]:
        return self.policy_evidence.authority.identity_policies(self.role)

    def decide(self, action: str, arn: str, **context: str) -> DecidedNeed:
        """Decide one action of the role; keys of ``context`` have ``_`` in place of ``:``.

        Raises:
            UndeterminedError: the ARN of the role is unknown before it is created.
        """
        arn_of(self.role)
        keys = {name.replace("_", ":"): value for name, value in context.items()}
        need = Need(action, self.role, arn, context=keys)
        return self.policy_evidence.authority.decide(need)

    def record(self, holds: Truth, decided: DecidedNeed, *, expected: str) -> None:
        """Record a decision, at the line of the statement that decided it."""
        at = self.policy_evidence.decision_location(decided)
        found = str(decided.decision)
        self.policy_evidence.evidence.check(holds, self.role, expected=expected, found=found, at=at)

    def record_statement(
        self, holds: Truth, statement: Statement, element: str, *, expected: str, found: object
    ) -> None:
        """Record evidence on an element of a statement."""
        policy = policy_of_statement(self._policies, statement)
        subject: Resource | str = policy.source if policy else statement.policy
        path = policy.path(statement) if policy else ""
        self.policy_evidence.evidence.check(
            holds,
            subject,
            f"{path}.{element}" if path and element else path,
            expected=expected,
            found=found,
            at=self.policy_evidence.statement_location(self._policies, statement),
        )


def arn_of(resource: Resource) -> str:
    """The ARN of a resource.

    Raises:
        UndeterminedError: the ARN is unknown before the resource is created.
    """
    arn = resource.get("arn")
    if not isinstance(arn, str):
        raise UndeterminedError(f"the ARN of {resource} is unknown before it is built")
    return arn
