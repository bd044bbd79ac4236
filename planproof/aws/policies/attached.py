"""One policy document of the stack: what it says, which resource holds it, and where that stands.

Its text may stand in a resource as JSON or ``jsonencode``, come from an
``aws_iam_policy_document``, or be written nowhere: AWS makes a statement of an
``aws_lambda_permission``, and gives a key a policy where the sources name none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.aws.policies.location import locate_statement
from planproof.iam import PolicyDocument, PolicyError, PolicyKind, Statement
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, contains_unknown


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """One policy document that has a say in what a principal may do, or in who may use a resource.

    Attributes:
        document: its statements; one that may be anything where its text is not known.
        source: the resource that holds the text, that AWS makes the text of, or that names a
            policy from outside the stack.
        attribute: dotted path of the text, or of the name, below ``source``; "" where the text is
            written nowhere.
        attachment: the resource that ties it to the principal or to the resource; ``source``
            itself for an inline policy.
        problem: why the text, or a part of it, is UNKNOWN, as a clause; "" where it is known.
    """

    document: PolicyDocument
    source: Resource
    attribute: str
    attachment: Resource
    problem: str = ""

    def path(self, statement: Statement) -> str:
        """Dotted path of one of its statements below ``source``; "" where it is written nowhere."""
        return f"{self.attribute}.Statement.{statement.index}" if self.attribute else ""

    def locate(self, stack: Stack, statement: Statement) -> tuple[str, int]:
        """File and line of one of its statements; ("", 0) where that cannot be told.

        One that is written nowhere has the line of the block that makes AWS write it.
        """
        if self.attribute:
            return locate_statement(stack, self.source, self.attribute, statement)
        block = stack.block(self.source)
        return (block.file, block.line) if block else ("", 0)


def written_policy(
    source: Resource,
    attribute: str,
    kind: PolicyKind,
    attachment: Resource,
    *,
    sure: bool | None = True,
    doubt: str = "whether it is attached is not known",
) -> AttachedPolicy:
    """The document in an attribute; UNKNOWN where it, or whether it counts, is not known.

    Args:
        sure: whether it counts, None where nobody knows.
        doubt: what to say of the problem in that case.
    """
    raw = source.get(attribute)
    if sure is None:
        return unknown_policy(source, attribute, kind, attachment, doubt)
    if not isinstance(raw, str):
        return unknown_policy(source, attribute, kind, attachment, "its text is not known")
    try:
        document = PolicyDocument.parse(raw, source.address, kind)
    except PolicyError as error:
        return unknown_policy(source, attribute, kind, attachment, error.what)
    return AttachedPolicy(document, source, attribute, attachment)


def made_policy(
    source: Resource,
    kind: PolicyKind,
    statements: list[dict[str, Any]],
    *,
    label: str = "",
    version: str = "2012-10-17",
    problem: str = "",
) -> AttachedPolicy:
    """The document that AWS makes of the attributes of ``source``; UNKNOWN may be any part of it.

    Args:
        label: what reasons call it besides the address.
        problem: why a part of it is UNKNOWN.
    """
    name = f"{source.address} ({label})" if label else source.address
    raw: Mapping[str, Any] = {"Version": version, "Statement": statements}
    try:
        document = PolicyDocument.parse(raw, name, kind)
    except PolicyError as error:
        return unknown_policy(source, "", kind, source, error.what)
    return AttachedPolicy(document, source, "", source, problem)


def unknown_policy(
    source: Resource, attribute: str, kind: PolicyKind, attachment: Resource, why: str
) -> AttachedPolicy:
    """A policy that may say anything, and why that is so."""
    document = PolicyDocument.parse(UNKNOWN, source.address, kind)
    return AttachedPolicy(document, source, attribute, attachment, why)


def unknown_parts(resource: Resource, attributes: Iterable[str]) -> str:
    """Which of these attributes nobody knows, as a clause; "" where all are known."""
    open_parts = [name for name in attributes if contains_unknown(resource.get(name))]
    return f"nobody knows its {' and '.join(open_parts)}" if open_parts else ""


def holder_of(policies: Iterable[AttachedPolicy], statement: Statement) -> AttachedPolicy | None:
    """The policy that a statement belongs to."""
    for policy in policies:
        if any(statement is own for own in policy.document.statements):
            return policy
    return None
