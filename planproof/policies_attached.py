"""One policy document of the stack: what it says, which resource holds it, and where that stands.

Its text may stand in a resource as JSON or ``jsonencode``, come from an
``aws_iam_policy_document``, or be written nowhere: AWS makes a statement of an
``aws_lambda_permission``, and gives a key a policy where the sources name none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.iam import PolicyDocument, PolicyError, PolicyKind, Statement
from planproof.links import references
from planproof.stack import Resource, Stack
from planproof.values import UNKNOWN


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

        The statement may stand in the resource itself or in an ``aws_iam_policy_document``. One
        that is written nowhere has the line of the block that makes AWS write it.
        """
        block = stack.block(self.source)
        if block is None:
            return "", 0
        if not self.attribute:
            return block.file, block.line
        if statement.sid and (line := block.line_of_text(f'"{statement.sid}"')):
            return block.file, line
        for data in self._documents(stack):
            written = stack.block(data)
            if written is not None:
                line = written.line_of_text(f'"{statement.sid}"') if statement.sid else None
                return written.file, line or written.line_of(f"statement.{statement.index}")
        return block.file, block.line_of(self.path(statement))

    def _documents(self, stack: Stack) -> Iterator[Resource]:
        """The policy documents that the text comes from: referred to here, or with that text."""
        documents = stack.data("aws_iam_policy_document")
        for address in references(stack, self.source, self.attribute):
            yield from [data for data in documents if data.declared == address][:1]
        text = self.source.get(self.attribute)
        if isinstance(text, str):  # handed into a module, or chosen by an expression
            yield from (data for data in documents if data.get("json") == text)


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
