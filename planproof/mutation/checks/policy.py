"""Operators on policy statements, as JSON elements and as `aws_iam_policy_document` blocks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.mutation.checks.edits import Edit
from planproof.mutation.checks.expressions import Term
from planproof.mutation.checks.places import NestedBlock, Place

_ELEMENTS = {
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
}
_WIDEN = {
    "Action": ("widen-action", '"*"'),
    "Resource": ("widen-resource", '"*"'),
    "Principal": ("widen-principal", '"*"'),
    "actions": ("widen-action", '["*"]'),
    "resources": ("widen-resource", '["*"]'),
    "identifiers": ("widen-principal", '["*"]'),
}
_BLOCKS = {"statement", "principals", "not_principals", "condition"}
_NEGATED = {
    "Action": "NotAction",
    "Resource": "NotResource",
    "Principal": "NotPrincipal",
    "actions": "not_actions",
    "resources": "not_resources",
}
_OPERATORS = {
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
}
"""Condition operators and what they are negated.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""


def is_statement(term: Term | None) -> bool:
    """Whether the term is an object with two elements of a policy statement or more."""
    if term is None or term.kind != "object":
        return False
    return len(_ELEMENTS & {slot.key for slot in term.slots}) > 1


def is_condition(place: Place) -> bool:
    """Whether the place is a Condition element, or an operator or a key in one."""
    return place.holder == "object" and "Condition" in place.path.split(".")[-3:]


def policy_edits(place: Place, source: str) -> Iterator[Edit]:
    """What can be written in place of one element of a statement."""
    in_json = place.holder == "object" and len(_ELEMENTS.intersection(place.beside)) > 1
    in_block = place.holder == "block" and place.block.kind in _BLOCKS
    slot = place.slot
    written = source[slot.value : slot.end_of_value]
    if in_json or in_block:
        if place.name.lower() == "effect":
            yield from _other_effect(place, written)
        operator, wide = _WIDEN.get(place.name, ("", ""))
        if operator and written not in (wide, f"[{wide}]"):
            yield Edit(operator, place.path, slot.value, slot.end_of_value, wide)
        if place.name in _NEGATED:
            yield _renamed("negate-element", place, source, _NEGATED[place.name])
    steps = place.path.split(".")
    if place.holder == "object" and steps[-2:-1] == ["Condition"]:
        for operator, name in _other_tests(place.name):
            yield _renamed(operator, place, source, name)
    elif place.holder == "object" and steps[-3:-2] == ["Condition"]:
        yield Edit("widen-condition", place.path, slot.value, slot.end_of_value, '"*"')
    elif in_block and place.block.kind == "condition":
        yield from _block_condition(place, written)


def _other_effect(place: Place, written: str) -> Iterator[Edit]:
    slot = place.slot
    for effect, other in (("Allow", "Deny"), ("Deny", "Allow")):
        if written == f'"{effect}"':
            yield Edit("swap-effect", place.path, slot.value, slot.end_of_value, f'"{other}"')


def _other_tests(test: str) -> Iterator[tuple[str, str]]:
    if test in _OPERATORS:
        yield "negate-condition", _OPERATORS[test]
    if not test.endswith("IfExists"):
        yield "weaken-condition", f"{test}IfExists"


def _block_condition(place: Place, written: str) -> Iterator[Edit]:
    slot = place.slot
    if place.name == "values":
        yield Edit("widen-condition", place.path, slot.value, slot.end_of_value, '["*"]')
    elif place.name == "test":
        for operator, name in _other_tests(written.strip('"')):
            yield Edit(operator, place.path, slot.value, slot.end_of_value, f'"{name}"')


def _renamed(operator: str, place: Place, source: str, name: str) -> Edit:
    start = source.index(place.name, place.slot.start, place.slot.value)
    return Edit(operator, place.path, start, start + len(place.name), name)


def policy_block_edits(nested: NestedBlock) -> Iterator[Edit]:
    """What can be done to a statement written as a block, and to the principals in it."""
    block = nested.block
    start = block.source.index("{", block.start) + 1
    if block.kind == "statement" and "effect" not in block.attributes:
        yield Edit("swap-effect", nested.path, start, start, '\neffect = "Deny"')
    if block.kind == "principals":
        end = block.start + len(block.kind)
        yield Edit("negate-element", nested.path, block.start, end, "not_principals")
