"""Operators that copy an attribute, a nested block or the type from a failing example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planproof.mutation.checks.edits import Edit
from planproof.mutation.checks.locations import nested_blocks
from planproof.terraform.source_index import SourceBlock

_NAMES = {"alias"}


def graft_edits(block: SourceBlock, failing: Iterable[SourceBlock]) -> Iterator[Edit]:
    """Copy each attribute and nested block of failing blocks of the same type into a block."""
    for other in failing:
        if (other.kind, other.labels[:1]) != (block.kind, block.labels[:1]):
            continue
        name = other.labels[-1] if len(other.labels) > 1 else _alias(other)
        for edit in (*_attributes(block, other), *_blocks(block, other)):
            yield Edit(edit.operator, edit.path, edit.start, edit.end, edit.text, variant=name)


def type_edits(block: SourceBlock, types: Iterable[str]) -> Iterator[Edit]:
    """Change the type of the block."""
    if not block.labels:
        return
    start = block.source.index(block.labels[0], block.start + len(block.kind))
    for type_ in types:
        yield Edit("swap-type", "type", start, start + len(block.labels[0]), type_, variant=type_)


def _alias(block: SourceBlock) -> str:
    alias = block.attributes.get("alias")
    return alias.text.strip('"') if alias else ""


def _attributes(block: SourceBlock, other: SourceBlock) -> Iterator[Edit]:
    for name, attribute in other.attributes.items():
        own = block.attributes.get(name)
        if name in _NAMES or (own and own.text == attribute.text):
            continue
        if own:
            yield Edit("graft-attribute", name, own.value, own.end, attribute.text)
        else:
            text = f"\n{name} = {attribute.text}\n"
            yield Edit("graft-attribute", name, _inside(block), _inside(block), text)


def _blocks(block: SourceBlock, other: SourceBlock) -> Iterator[Edit]:
    own = {nested.path: nested.block for nested in nested_blocks(block) if nested.parent is block}
    for nested in nested_blocks(other):
        if nested.parent is not other:
            continue
        text = nested.block.text
        present = own.get(nested.path)
        if present is None:
            yield Edit("graft-block", nested.path, _inside(block), _inside(block), f"\n{text}\n")
        elif present.text != text:
            yield Edit("graft-block", nested.path, present.start, present.end, text)


def _inside(block: SourceBlock) -> int:
    """The offset after the opening brace."""
    return block.source.index("{", block.start) + 1
