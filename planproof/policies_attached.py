"""One policy document of the stack: what it says, which resource holds it, and where that stands.

Its text may stand in a resource as JSON or ``jsonencode``, come from an
``aws_iam_policy_document``, or be written nowhere: AWS makes a statement of an
``aws_lambda_permission``, and gives a key a policy where the sources name none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.addresses import module_path
from planproof.hcl_source import SourceBlock
from planproof.iam import PolicyDocument, PolicyError, PolicyKind, Statement
from planproof.links import references
from planproof.stack import Resource, Stack
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

        The statement may stand in the resource itself, in a local value, or in an
        ``aws_iam_policy_document``. One that is written nowhere has the line of the block that
        makes AWS write it.
        """
        block = stack.block(self.source)
        if block is None:
            return "", 0
        if not self.attribute:
            return block.file, block.line
        if statement.sid and (line := block.line_of_text(f'"{statement.sid}"')):
            return block.file, line
        written = [found for data in self._documents(stack) if (found := stack.block(data))]
        for document in written if statement.sid else ():
            if line := document.line_of_text(f'"{statement.sid}"'):
                return document.file, line
        if written:
            return written[0].file, written[0].line_of(f"statement.{statement.index}")
        for local, name in self._locals(stack):
            return local.file, local.line_of(f"{name}.Statement.{statement.index}")
        return block.file, block.line_of(self.path(statement))

    def _documents(self, stack: Stack) -> Iterator[Resource]:
        """The policy documents that the text comes from: referred to here, or with that text;
        and those that they are put together from."""
        documents = stack.data("aws_iam_policy_document")
        declared = {data.declared for data in documents}
        named = references(stack, self.source, self.attribute) & declared
        text = self.source.get(self.attribute)
        if not named and isinstance(text, str):  # handed into a module, or chosen among several
            named = frozenset(data.declared for data in documents if data.get("json") == text)
        seen: set[str] = set()
        while named:
            found = [data for data in documents if data.declared in named - seen]
            named = frozenset()
            for data in found:
                if data.declared not in seen:
                    seen.add(data.declared)
                    yield data
                for path in ("source_policy_documents", "override_policy_documents"):
                    named |= references(stack, data, path) & declared

    def _locals(self, stack: Stack) -> Iterator[tuple[SourceBlock, str]]:
        """The local values that the text refers to, each with the block it stands in."""
        if stack.sources is None:
            return
        blocks = stack.sources.blocks(module_path(self.source.module), "locals")
        top = self.attribute.partition(".")[0]
        for reference in sorted(stack.configuration.references(self.source.declared, top)):
            head, _, name = reference.partition(".")
            for block in blocks if head == "local" else ():
                if name in block.attributes:
                    yield block, name


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
