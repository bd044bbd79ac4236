"""Operators that leave something out: an attribute, a block, an entry, an item, an order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planproof.mutation.checks.edits import Edit
from planproof.mutation.checks.places import NestedBlock, Place
from planproof.mutation.checks.policy import is_condition, is_statement

_COMMA_AFTER = re.compile(r"[ \t]*,")
_COMMA_BEFORE = re.compile(r",\s*\Z")


def drop_edits(place: Place, source: str) -> Iterator[Edit]:
    """Leave out the attribute, the entry of an object or the item of a list."""
    orders = place.path.split(".", 1)[0] == "depends_on"
    if place.holder == "block":
        operator = "drop-depends-on" if orders else "drop-attribute"
        yield Edit(operator, place.path, place.slot.start, place.slot.end, "")
    elif place.holder in ("object", "list"):
        start, end = _with_comma(source, place.slot.start, place.slot.end)
        yield Edit(_operator(place, orders), place.path, start, end, "")


def _operator(place: Place, orders: bool) -> str:
    if orders:
        return "drop-depends-on-entry"
    if place.holder == "list":
        return "drop-statement" if is_statement(place.slot.only) else "drop-item"
    return "drop-condition" if is_condition(place) else "drop-entry"


def drop_block_edits(nested: NestedBlock) -> Iterator[Edit]:
    """Leave out a nested block."""
    operators = {"statement": "drop-statement", "condition": "drop-condition"}
    operator = operators.get(nested.block.kind, "drop-block")
    yield Edit(operator, nested.path, nested.block.start, nested.block.end, "")


def _with_comma(source: str, start: int, end: int) -> tuple[int, int]:
    """The span with the comma after it or, since JSON has none after the last item, before it."""
    after = _COMMA_AFTER.match(source, end)
    if after:
        return start, after.end()
    before = _COMMA_BEFORE.search(source, 0, start)
    return (before.start() if before else start), end
