"""Decisions on what a role of the stack may do, and their evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

from planproof.aws.policies.applicable import ApplicablePolicies
from planproof.aws.policies.attached import policy_of_statement
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.iam import Decision, Policies, Request, Statement, evaluate
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Resource
from planproof.values import Truth
from steps.support.pipeline import Pipeline
from steps.support.source_locations import statement_location


@dataclass(slots=True)
class Access:
    """A role, its policies, and the recorder of the evidence."""

    pipeline: Pipeline
    role: Resource
    stacks: ResolvedStacks
    evidence: Recorder
    bucket: Resource | None = None
    applicable: ApplicablePolicies = field(init=False)
    _policies: Policies = field(init=False)

    def __post_init__(self) -> None:
        self.applicable = ApplicablePolicies.of(self.pipeline.stack, self.role, self.bucket)
        self._policies = self.applicable.policies

    def decide(self, action: str, arn: str, account: str | None, **context: str) -> Decision:
        """Decide one action of the role; keys of ``context`` have ``_`` in place of ``:``."""
        keys = {name.replace("_", ":"): value for name, value in context.items()}
        request = Request(
            action=action,
            resource=arn,
            principal=arn_of(self.role),
            resource_account=account,
            context={"aws:SecureTransport": True, **keys},
        )
        return evaluate(request, self._policies)

    def record(self, holds: Truth, decision: Decision, *, expected: str) -> None:
        """Record a decision, at the line of the statement that decided it."""
        statements = [r.statement for r in decision.because if r.statement is not None]
        at = self._locate(statements[0]) if statements else None
        self.evidence.check(holds, self.role, expected=expected, found=str(decision), at=at)

    def record_statement(
        self, holds: Truth, statement: Statement, element: str, *, expected: str, found: object
    ) -> None:
        """Record evidence on an element of a statement."""
        policy = policy_of_statement(self.applicable.all, statement)
        subject: Resource | str = policy.source if policy else statement.policy
        path = policy.path(statement) if policy else ""
        self.evidence.check(
            holds,
            subject,
            f"{path}.{element}" if path and element else path,
            expected=expected,
            found=found,
            at=self._locate(statement),
        )

    def _locate(self, statement: Statement) -> tuple[str, int] | None:
        return statement_location(self.pipeline.stack, self.stacks, self.applicable.all, statement)


def arn_of(resource: Resource) -> str:
    """The ARN of a resource.

    Raises:
        UndeterminedError: the ARN is unknown before the resource is created.
    """
    arn = resource.get("arn")
    if not isinstance(arn, str):
        raise UndeterminedError(f"the ARN of {resource} is unknown before it is built")
    return arn
