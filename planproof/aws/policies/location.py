"""Locates policy statements in the sources.

A statement may be in the resource of the policy, in an ``aws_iam_policy_document``, in a local
value, or in an argument of a module call.
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.iam import Statement
from planproof.terraform.addresses import module_path
from planproof.terraform.links import references
from planproof.terraform.references import references_in
from planproof.terraform.source_index import SourceBlock
from planproof.terraform.stack import Resource, Stack


def locate_statement(
    stack: Stack, source: Resource, attribute: str, statement: Statement
) -> tuple[str, int]:
    """File and line of a statement, or of the nearest enclosing element that is found.

    Args:
        source: the resource that contains the policy.
        attribute: dotted path of the policy's text below it.

    Returns:
        ("", 0) if the resource has no source block.
    """
    block = stack.block(source)
    if block is None:
        return "", 0
    sid = f'"{statement.sid}"' if statement.sid else ""
    if sid and (line := block.line_of_text(sid)):
        return block.file, line
    documents = [one for one in map(stack.block, _documents(stack, source, attribute)) if one]
    for document in documents if sid else ():
        if line := document.line_of_text(sid):
            return document.file, line
    if documents:
        return documents[0].file, documents[0].line_of(f"statement.{statement.index}")
    for other, name in _expressions(stack, source, attribute):
        expression = other.attributes[name]
        if sid and sid in expression.text:
            lines_before = expression.text[: expression.text.index(sid)].count("\n")
            return other.file, expression.line + lines_before
        if not sid and "Statement" in expression.text:
            return other.file, other.line_of(f"{name}.Statement.{statement.index}")
    return block.file, block.line_of(f"{attribute}.Statement.{statement.index}")


def _documents(stack: Stack, source: Resource, attribute: str) -> Iterator[Resource]:
    """The policy documents that the text comes from, and those that they are composed of.

    They are found by reference, else by an equal text.
    """
    documents = stack.data("aws_iam_policy_document")
    declared = {data.declared for data in documents}
    named = references(stack, source, attribute) & declared
    text = source.get(attribute)
    if not named and isinstance(text, str):  # passed into a module, or chosen by a condition
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


def _expressions(
    stack: Stack, source: Resource, attribute: str
) -> Iterator[tuple[SourceBlock, str]]:
    """The local values and module arguments that the text passes through: block and name."""
    if stack.sources is None:
        return
    top = attribute.partition(".")[0]
    named = sorted(stack.configuration.references(source.declared, top))
    queue = [(module_path(source.module), reference) for reference in named]
    seen = set(queue)
    while queue:
        module, reference = queue.pop(0)
        head, _, name = reference.partition(".")
        where = module
        blocks: tuple[SourceBlock, ...] = ()
        if head == "local":
            blocks = stack.sources.blocks(module, "locals")
        elif head == "var" and module:
            where, _, call = module.rpartition(".")
            calls = stack.sources.blocks(where, "module")
            blocks = tuple(block for block in calls if block.labels == (call,))
        for block in blocks:
            if name in block.attributes:
                yield block, name
                more = [(where, one) for one in references_in(block.attributes[name].text)]
                queue += [one for one in more if one not in seen]
                seen.update(more)
