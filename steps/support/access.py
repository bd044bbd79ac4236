"""What may a role of the stack do, as the collected policies decide it?"""

from __future__ import annotations

from dataclasses import dataclass, field

from planproof.aws.policies.held import HeldPolicies
from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.iam import Decision, Policies, Request, Statement, evaluate
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Resource
from steps.pipeline import Pipeline
from steps.support.places import place_of


@dataclass(slots=True)
class Access:
    """A role, what it holds, and where the evidence of its rights goes."""

    pipeline: Pipeline
    role: Resource
    resolved_stacks: ResolvedStacks
    evidence: Recorder
    bucket: Resource | None = None
    held: HeldPolicies = field(init=False)
    _policies: Policies = field(init=False)

    def __post_init__(self) -> None:
        self.held = HeldPolicies.of(self.pipeline.stack, self.role, self.bucket)
        self._policies = self.held.policies

    def decide(self, action: str, arn: str, account: str | None, **context: str) -> Decision:
        """Whether the role may do one thing; keys of ``context`` have ``_`` for ``:``."""
        keys = {name.replace("_", ":"): value for name, value in context.items()}
        request = Request(
            action=action,
            resource=arn,
            principal=arn_of(self.role),
            resource_account=account,
            context={"aws:SecureTransport": True, **keys},
        )
        return evaluate(request, self._policies)

    def record(self, holds: bool | None, decision: Decision, *, expected: str) -> None:
        """Write a decision down, at the statement that decided if one did."""
        said = [r.statement for r in decision.because if r.statement is not None]
        at = self._place(said[0]) if said else None
        self.evidence.check(holds, self.role, expected=expected, found=str(decision), at=at)

    def record_statement(
        self,
        holds: bool | None,
        statement: Statement,
        element: str,
        *,
        expected: str,
        found: object,
    ) -> None:
        """Write down what an element of a statement says."""
        policy = self.held.holder(statement)
        subject: Resource | str = policy.source if policy else statement.policy
        path = policy.path(statement) if policy else ""
        self.evidence.check(
            holds,
            subject,
            f"{path}.{element}" if path and element else path,
            expected=expected,
            found=found,
            at=self._place(statement),
        )

    def _place(self, statement: Statement) -> tuple[str, int] | None:
        policies = (*self.held.identity, *self.held.boundaries, *self.held.bucket)
        return place_of(self.pipeline.stack, self.resolved_stacks, policies, statement)


def arn_of(resource: Resource) -> str:
    """The ARN of a resource.

    Raises:
        UndeterminedError: it is not known yet.
    """
    arn = resource.get("arn")
    if not isinstance(arn, str):
        raise UndeterminedError(f"the ARN of {resource} is unknown before it is built")
    return arn
