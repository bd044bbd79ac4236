"""The locations in a block that an operator can change: attributes, entries, items, blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from planproof.terraform.expressions import Slot, Term
from planproof.terraform.source_index import SourceBlock

Holder = Literal["block", "object", "list", "call", "string", "other"]

_NEVER = {
    "variable": {"type", "description", "nullable", "sensitive", "ephemeral"},
    "output": {"description", "sensitive", "ephemeral"},
    "module": {"source", "version", "providers"},
    "provider": {"alias", "version"},
}
"""Attributes that describe the block and do not affect what Terraform builds."""

_HOLDERS: dict[str, Holder] = {
    "object": "object",
    "list": "list",
    "call": "call",
    "string": "string",
}


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """The location of one expression.

    Attributes:
        path: attribute path in the block, `policy.Statement.0.Resource`; only objects and lists
            add to it, not calls or strings.
        name: the attribute's name, the entry's key, or the number of the item.
        holder: what contains it.
        siblings: the keys of the object, or the attributes of the block, that contains it.
        block: the innermost block around it.
    """

    path: str
    name: str
    slot: Slot
    holder: Holder
    siblings: tuple[str, ...]
    block: SourceBlock


@dataclass(frozen=True, slots=True)
class NestedBlock:
    """A nested block with its path (`queue.0`) and its parent."""

    path: str
    block: SourceBlock
    parent: SourceBlock


def source_locations(block: SourceBlock) -> Iterator[SourceLocation]:
    """Every location in a block and in its nested blocks, outer ones first."""
    never = _NEVER.get(block.kind, set())
    for prefix, inner in (("", block), *((f"{n.path}.", n.block) for n in nested_blocks(block))):
        names = tuple(inner.attributes)
        for name, attribute in inner.attributes.items():
            path = prefix + name
            if path.split(".", 1)[0] not in never:
                yield from _within(SourceLocation(path, name, attribute, "block", names, inner))


def nested_blocks(block: SourceBlock) -> Iterator[NestedBlock]:
    """Every nested block, outer ones first."""
    pending = list(_numbered(block, ""))[::-1]
    while pending:
        nested = pending.pop()
        yield nested
        pending += list(_numbered(nested.block, f"{nested.path}."))[::-1]


def _numbered(block: SourceBlock, path: str) -> Iterator[NestedBlock]:
    seen: dict[str, int] = {}
    for inner in block.blocks:
        name = ".".join((inner.kind, *inner.labels))
        number = seen[name] = seen.get(name, -1) + 1
        yield NestedBlock(f"{path}{name}.{number}", inner, block)


def _within(location: SourceLocation) -> Iterator[SourceLocation]:
    pending = [location]
    while pending:
        outer = pending.pop()
        yield outer
        inside = [found for term in outer.slot.terms for found in _of_term(outer, term)]
        pending += inside[::-1]


def _of_term(outer: SourceLocation, term: Term) -> Iterator[SourceLocation]:
    holder = _HOLDERS.get(term.kind, "other")
    names = [slot.key or str(number) for number, slot in enumerate(term.slots)]
    for name, slot in zip(names, term.slots, strict=True):
        path = f"{outer.path}.{name}" if holder in ("object", "list") else outer.path
        siblings = tuple(names) if holder == "object" else ()
        yield SourceLocation(path, name, slot, holder, siblings, outer.block)
