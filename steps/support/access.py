"""Decisions on what a role of the stack may do, and their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from planproof.aws.policies.attached import AttachedPolicy, policy_of_statement
from planproof.aws.policies.principal import permissions_boundaries
from planproof.errors import UndeterminedError
from planproof.iam import Decision, Policies, PolicyDocument, Request, Statement, evaluate
from planproof.terraform.stack import Resource
from planproof.values import Truth
from steps.support.pipeline import Pipeline
from steps.support.policy_evidence import PolicyEvidence


@dataclass
class Access:
    """What a role may do, on a bucket or on resources without policies, and the evidence of it."""

    pipeline: Pipeline
    role: Resource
    policy_evidence: PolicyEvidence
    bucket: Resource | None = None

    @cached_property
    def documents(self) -> list[PolicyDocument]:
        """The identity policies of the role."""
        return [policy.document for policy in self._attached[0]]

    @cached_property
    def _attached(self) -> tuple[list[AttachedPolicy], ...]:
        """The policies that apply to the role's requests: identity, boundaries, resource."""
        authority = self.policy_evidence.authority
        return (
            authority.identity_policies(self.role),
            permissions_boundaries(authority.stack, self.role),
            authority.resource_policies(self.bucket) if self.bucket is not None else [],
        )

    @cached_property
    def _policies(self) -> Policies:
        _, boundaries, resource = ([p.document for p in held] for held in self._attached)
        return Policies(identity=self.documents, boundaries=boundaries, resource=resource or None)

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
        self.policy_evidence.evidence.check(
            holds, self.role, expected=expected, found=str(decision), at=at
        )

    def record_statement(
        self, holds: Truth, statement: Statement, element: str, *, expected: str, found: object
    ) -> None:
        """Record evidence on an element of a statement."""
        policy = policy_of_statement([*chain(*self._attached)], statement)
        subject: Resource | str = policy.source if policy else statement.policy
        path = policy.path(statement) if policy else ""
        self.policy_evidence.evidence.check(
            holds,
            subject,
            f"{path}.{element}" if path and element else path,
            expected=expected,
            found=found,
            at=self._locate(statement),
        )

    def _locate(self, statement: Statement) -> tuple[str, int] | None:
        return self.policy_evidence.statement_location([*chain(*self._attached)], statement)


def arn_of(resource: Resource) -> str:
    """The ARN of a resource.

    Raises:
        UndeterminedError: the ARN is unknown before the resource is created.
    """
    arn = resource.get("arn")
    if not isinstance(arn, str):
        raise UndeterminedError(f"the ARN of {resource} is unknown before it is built")
    return arn
