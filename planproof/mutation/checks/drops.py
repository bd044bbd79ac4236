"""Operators that drop an attribute, a block, an entry, an item or a ``depends_on``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planproof.mutation.checks.edits import Edit
from planproof.mutation.checks.locations import NestedBlock, SourceLocation
from planproof.mutation.checks.policy import is_condition, is_statement
from planproof.terraform.expressions import Slot

_COMMA_AFTER = re.compile(r"[ \t]*,")
_COMMA_BEFORE = re.compile(r",\s*\Z")


def drop_edits(location: SourceLocation) -> Iterator[Edit]:
    """Drop the attribute, the entry of an object, or the item of a list."""
    is_dependency = location.path.split(".", 1)[0] == "depends_on"
    if location.holder == "block":
        operator = "drop-depends-on" if is_dependency else "drop-attribute"
        yield Edit(operator, location.path, location.slot.start, location.slot.end, "")
    elif location.holder in ("object", "list"):
        start, end = _with_comma(location.slot)
        yield Edit(_operator(location, is_dependency), location.path, start, end, "")


def _operator(location: SourceLocation, is_dependency: bool) -> str:
    if is_dependency:
        return "drop-depends-on-entry"
    if location.holder == "list":
        return "drop-statement" if is_statement(location.slot.only) else "drop-item"
    return "drop-condition" if is_condition(location) else "drop-entry"


def drop_block_edits(nested: NestedBlock) -> Iterator[Edit]:
    """Drop a nested block."""
    operators = {"statement": "drop-statement", "condition": "drop-condition"}
    operator = operators.get(nested.block.kind, "drop-block")
    yield Edit(operator, nested.path, nested.block.start, nested.block.end, "")


def _with_comma(slot: Slot) -> tuple[int, int]:
    """The span with the comma after it, or before it for a last item in JSON."""
    after = _COMMA_AFTER.match(slot.source, slot.end)
    if after:
        return slot.start, after.end()
    before = _COMMA_BEFORE.search(slot.source, 0, slot.start)
    return (before.start() if before else slot.start), slot.end
