"""The locations in a block that an operator can change: attributes, entries, items, blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from planproof.mutation.checks.expressions import Slot, Term, read_attribute
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
        holder: what contains it.
        siblings: the keys of the object, or the attributes of the block, that contains it.
        block: the innermost block outer it.
    """

    path: str
    slot: Slot
    holder: Holder
    siblings: tuple[str, ...]
    block: SourceBlock

    @property
    def name(self) -> str:
        """The attribute's name or the entry's key."""
        return self.slot.key


@dataclass(frozen=True, slots=True)
class NestedBlock:
    """A nested block with its path (`queue.0`) and its parent."""

    path: str
    block: SourceBlock
    parent: SourceBlock


def source_locations(block: SourceBlock) -> Iterator[SourceLocation]:
    """Every location in a block and in its nested blocks, outer ones first."""
    never = _NEVER.get(block.kind, set())
    for location in _of_block(block, ""):
        if location.path.split(".", 1)[0] not in never:
            yield location


def nested_blocks(block: SourceBlock, path: str = "") -> Iterator[NestedBlock]:
    """Every nested block, outer ones first."""
    for where, inner in _numbered(block, path):
        yield NestedBlock(where, inner, block)
        yield from nested_blocks(inner, f"{where}.")


def _numbered(block: SourceBlock, path: str) -> Iterator[tuple[str, SourceBlock]]:
    seen: dict[str, int] = {}
    for inner in block.blocks:
        name = ".".join((inner.kind, *inner.labels))
        number = seen[name] = seen.get(name, -1) + 1
        yield f"{path}{name}.{number}", inner


def _of_block(block: SourceBlock, path: str) -> Iterator[SourceLocation]:
    names = tuple(block.attributes)
    for name, attribute in block.attributes.items():
        end = attribute.start + len(attribute.text)
        slot = read_attribute(block.source, name, attribute.start, end)
        yield from _of_slot(SourceLocation(path + name, slot, "block", names, block))
    for where, inner in _numbered(block, path):
        yield from _of_block(inner, f"{where}.")


def _of_slot(location: SourceLocation) -> Iterator[SourceLocation]:
    yield location
    for term in location.slot.terms:
        yield from _of_term(location, term)


def _of_term(outer: SourceLocation, term: Term) -> Iterator[SourceLocation]:
    holder = _HOLDERS.get(term.kind, "other")
    keys = tuple(slot.key for slot in term.slots) if holder == "object" else ()
    for slot in term.slots:
        has_key = holder in ("object", "list")
        path = f"{outer.path}.{slot.key}" if has_key else outer.path
        yield from _of_slot(SourceLocation(path, slot, holder, keys, outer.block))
