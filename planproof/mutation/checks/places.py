"""Every place in a block that can be written otherwise: attributes, blocks, entries, items."""

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
"""What tells the reader or Terraform where and what a block is, and nothing of what is built."""

_HOLDERS: dict[str, Holder] = {
    "object": "object",
    "list": "list",
    "call": "call",
    "string": "string",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One place for an expression.

    Attributes:
        path: where in the block: `policy.Statement.0.Resource`; what is no list or object on the
            way (a call, a string) counts for nothing.
        holder: what it is an entry, item, argument or interpolation of.
        beside: the keys of the object, or the attributes of the block, that it stands in.
        block: the innermost block around it.
    """

    path: str
    slot: Slot
    holder: Holder
    beside: tuple[str, ...]
    block: SourceBlock

    @property
    def name(self) -> str:
        """The attribute's name or the entry's key."""
        return self.slot.key


@dataclass(frozen=True, slots=True)
class NestedBlock:
    """A block inside a block, at its path (`queue.0`)."""

    path: str
    block: SourceBlock
    inside: SourceBlock


def places(block: SourceBlock) -> Iterator[Place]:
    """Every place in a top-level block and in its nested blocks, from the outside in."""
    never = _NEVER.get(block.kind, set())
    for place in _of_block(block, ""):
        if place.path.split(".", 1)[0] not in never:
            yield place


def nested_blocks(block: SourceBlock, path: str = "") -> Iterator[NestedBlock]:
    """Every block inside a block, from the outside in."""
    for where, inner in _numbered(block, path):
        yield NestedBlock(where, inner, block)
        yield from nested_blocks(inner, f"{where}.")


def _numbered(block: SourceBlock, path: str) -> Iterator[tuple[str, SourceBlock]]:
    seen: dict[str, int] = {}
    for inner in block.blocks:
        name = ".".join((inner.kind, *inner.labels))
        number = seen[name] = seen.get(name, -1) + 1
        yield f"{path}{name}.{number}", inner


def _of_block(block: SourceBlock, path: str) -> Iterator[Place]:
    names = tuple(block.attributes)
    for name, attribute in block.attributes.items():
        end = attribute.start + len(attribute.text)
        slot = read_attribute(block.source, name, attribute.start, end)
        yield from _of_slot(Place(path + name, slot, "block", names, block))
    for where, inner in _numbered(block, path):
        yield from _of_block(inner, f"{where}.")


def _of_slot(place: Place) -> Iterator[Place]:
    yield place
    for term in place.slot.terms:
        yield from _of_term(place, term)


def _of_term(around: Place, term: Term) -> Iterator[Place]:
    holder = _HOLDERS.get(term.kind, "other")
    keys = tuple(slot.key for slot in term.slots) if holder == "object" else ()
    for slot in term.slots:
        told = holder in ("object", "list")
        path = f"{around.path}.{slot.key}" if told else around.path
        yield from _of_slot(Place(path, slot, holder, keys, around.block))
