"""What may a role of the stack do, as the collected policies decide it?"""

from __future__ import annotations

from dataclasses import dataclass

from planproof.iam import Decision, Policies, Request, Statement, evaluate
from planproof.inquiry import Inquiry
from planproof.policies import AttachedPolicy, bucket_policies, identity_policies, policies_of
from planproof.recorder import UndeterminedError
from planproof.stack import Resource
from planproof.values import is_unknown
from steps.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Access:
    """A role, and everything of the stack that decides on its requests."""

    pipeline: Pipeline
    role: Resource
    attached: list[AttachedPolicy]
    policies: Policies
    bucket_policies: list[AttachedPolicy]

    @classmethod
    def of(cls, pipeline: Pipeline, role: Resource, bucket: Resource | None = None) -> Access:
        """The access of a role, to a bucket if one is named."""
        stack = pipeline.stack
        return cls(
            pipeline,
            role,
            identity_policies(stack, role),
            policies_of(stack, role, bucket=bucket),
            bucket_policies(stack, bucket) if bucket else [],
        )

    def decide(
        self, action: str, resource: str, account: str | None = None, **context: str
    ) -> Decision:
        """Whether the role may do one thing; keys of ``context`` have ``_`` for ``:``."""
        keys = {name.replace("_", ":"): value for name, value in context.items()}
        request = Request(
            action=action,
            resource=resource,
            principal=arn_of(self.role),
            resource_account=account or self.pipeline.account(self.role),
            context={"aws:SecureTransport": True, **keys},
        )
        return evaluate(request, self.policies)

    def place(self, inquiry: Inquiry, statement: Statement) -> tuple[str, int] | None:
        """File and line of a statement, as a report shows them."""
        for policy in (*self.attached, *self.bucket_policies):
            if any(statement is own for own in policy.document.statements):
                file, line = policy.locate(self.pipeline.stack, statement)
                return (inquiry.source_path(file), line) if file else None
        return None

    def place_of(self, inquiry: Inquiry, decision: Decision) -> tuple[str, int] | None:
        """File and line of the statement that decided, None where none did."""
        for reason in decision.because:
            if reason.statement is not None:
                return self.place(inquiry, reason.statement)
        return None


def arn_of(resource: Resource) -> str:
    """The ARN of a resource.

    Raises:
        UndeterminedError: it is not known yet.
    """
    arn = resource.get("arn")
    if not isinstance(arn, str) or is_unknown(arn):
        raise UndeterminedError(f"the ARN of {resource} is unknown before it is built")
    return arn
