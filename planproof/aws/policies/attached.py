"""A policy document of the stack, the resource that declares it, and its source locations.

Its text may be in a resource as JSON or ``jsonencode``, or come from an
``aws_iam_policy_document``. AWS generates others: a statement for an ``aws_lambda_permission``,
and the default policy of a key without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.aws.policies.location import locate_statement
from planproof.iam import PolicyDocument, PolicyError, PolicyKind, Statement
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Truth, contains_unknown


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A policy document that applies to a principal or to a resource.

    Attributes:
        document: its statements; an unknown document if its text is unknown.
        source: the resource that contains the text, from which AWS generates it, or that names a
            policy outside the stack.
        attribute: dotted path of the text, or of the name, below ``source``; "" if AWS generates
            the text.
        attachment: the resource that attaches it to the principal or to the resource; ``source``
            itself for an inline policy.
        problem: why the text, or a part of it, is UNKNOWN, as a clause; "" if it is known.
    """

    document: PolicyDocument
    source: Resource
    attribute: str
    attachment: Resource
    problem: str = ""

    def path(self, statement: Statement) -> str:
        """Dotted path of a statement below ``source``; "" if AWS generates it."""
        return f"{self.attribute}.Statement.{statement.index}" if self.attribute else ""

    def locate(self, stack: Stack, statement: Statement) -> tuple[str, int]:
        """File and line of a statement; ("", 0) if they are unknown.

        For a generated statement, those of the block from which AWS generates it.
        """
        if self.attribute:
            return locate_statement(stack, self.source, self.attribute, statement)
        block = stack.block(self.source)
        return (block.file, block.line) if block else ("", 0)


def declared_policy(
    source: Resource,
    attribute: str,
    kind: PolicyKind,
    *,
    attachment: Resource | None = None,
    applies: Truth = True,
    problem: str = "whether it is attached is not known",
) -> AttachedPolicy:
    """The policy declared in an attribute; unknown if its text, or whether it applies, is unknown.

    Args:
        attachment: the resource that attaches it; None for ``source`` itself.
        applies: whether it applies to the principal or resource; not False.
        problem: of the policy if that is unknown.
    """
    text = source.get(attribute)
    if applies is not None and isinstance(text, str):
        try:
            document = PolicyDocument.parse(text, source.address, kind)
            return AttachedPolicy(document, source, attribute, attachment or source)
        except PolicyError as error:
            problem = error.what
    elif applies is not None:
        problem = "its text is not known"
    return unknown_policy(source, attribute, kind, problem, attachment)


def generated_policy(
    source: Resource,
    kind: PolicyKind,
    statements: list[dict[str, Any]],
    *,
    label: str = "",
    version: str = "2012-10-17",
    problem: str = "",
) -> AttachedPolicy:
    """The policy that AWS generates from the attributes of ``source``.

    Args:
        statements: any part of them may be UNKNOWN.
        label: added to the address in the document's name.
        problem: why a part of it is UNKNOWN.
    """
    name = f"{source.address} ({label})" if label else source.address
    raw: Mapping[str, Any] = {"Version": version, "Statement": statements}
    try:
        document = PolicyDocument.parse(raw, name, kind)
    except PolicyError as error:
        return unknown_policy(source, "", kind, error.what)
    return AttachedPolicy(document, source, "", source, problem)


def unknown_policy(
    source: Resource,
    attribute: str,
    kind: PolicyKind,
    problem: str,
    attachment: Resource | None = None,
) -> AttachedPolicy:
    """A policy whose statements are unknown."""
    document = PolicyDocument.parse(UNKNOWN, source.address, kind)
    return AttachedPolicy(document, source, attribute, attachment or source, problem)


def unknown_attributes(resource: Resource, attributes: Iterable[str]) -> str:
    """A clause that lists which of some attributes are unknown; "" if all are known."""
    unknown = [name for name in attributes if contains_unknown(resource.get(name))]
    return f"the value of its {' and '.join(unknown)} is not known" if unknown else ""


def policy_of_statement(
    policies: Iterable[AttachedPolicy], statement: Statement
) -> AttachedPolicy | None:
    """The policy that contains a statement."""
    for policy in policies:
        if any(statement is own for own in policy.document.statements):
            return policy
    return None
