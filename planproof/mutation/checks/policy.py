"""Operators on policy statements, as JSON elements and as `aws_iam_policy_document` blocks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.mutation.checks.edits import Edit
from planproof.mutation.checks.locations import NestedBlock, SourceLocation
from planproof.terraform.expressions import Term

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
"""Condition operators and their negations.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""


def is_statement(term: Term | None) -> bool:
    """Whether the term is an object with at least two elements of a policy statement."""
    if term is None or term.kind != "object":
        return False
    return len(_ELEMENTS & {slot.key for slot in term.slots}) > 1


def is_condition(location: SourceLocation) -> bool:
    """Whether the location is a Condition element, or an operator or a key in one."""
    return location.holder == "object" and "Condition" in location.path.split(".")[-3:]


def policy_edits(location: SourceLocation) -> Iterator[Edit]:
    """The edits of one element of a policy statement."""
    in_json = location.holder == "object" and len(_ELEMENTS.intersection(location.siblings)) > 1
    in_block = location.holder == "block" and location.block.kind in _BLOCKS
    slot = location.slot
    written = slot.text
    if in_json or in_block:
        if location.name.lower() == "effect":
            yield from _other_effect(location, written)
        operator, wide = _WIDEN.get(location.name, ("", ""))
        if operator and written not in (wide, f"[{wide}]"):
            yield Edit(operator, location.path, slot.value, slot.end_of_value, wide)
        if location.name in _NEGATED:
            yield _renamed("negate-element", location, _NEGATED[location.name])
    steps = location.path.split(".")
    if location.holder == "object" and steps[-2:-1] == ["Condition"]:
        for operator, name in _other_operators(location.name):
            yield _renamed(operator, location, name)
    elif location.holder == "object" and steps[-3:-2] == ["Condition"]:
        yield Edit("widen-condition", location.path, slot.value, slot.end_of_value, '"*"')
    elif in_block and location.block.kind == "condition":
        yield from _block_condition(location, written)


def _other_effect(location: SourceLocation, written: str) -> Iterator[Edit]:
    slot = location.slot
    for effect, other in (("Allow", "Deny"), ("Deny", "Allow")):
        if written == f'"{effect}"':
            yield Edit("swap-effect", location.path, slot.value, slot.end_of_value, f'"{other}"')


def _other_operators(test: str) -> Iterator[tuple[str, str]]:
    if test in _OPERATORS:
        yield "negate-condition", _OPERATORS[test]
    if not test.endswith("IfExists"):
        yield "weaken-condition", f"{test}IfExists"


def _block_condition(location: SourceLocation, written: str) -> Iterator[Edit]:
    slot = location.slot
    if location.name == "values":
        yield Edit("widen-condition", location.path, slot.value, slot.end_of_value, '["*"]')
    elif location.name == "test":
        for operator, name in _other_operators(written.strip('"')):
            yield Edit(operator, location.path, slot.value, slot.end_of_value, f'"{name}"')


def _renamed(operator: str, location: SourceLocation, name: str) -> Edit:
    slot = location.slot
    start = slot.source.index(location.name, slot.start, slot.value)
    return Edit(operator, location.path, start, start + len(location.name), name)


def policy_block_edits(nested: NestedBlock) -> Iterator[Edit]:
    """The edits of a `statement` or `principals` block."""
    block = nested.block
    start = block.source.index("{", block.start) + 1
    if block.kind == "statement" and "effect" not in block.attributes:
        yield Edit("swap-effect", nested.path, start, start, '\neffect = "Deny"')
    if block.kind == "principals":
        end = block.start + len(block.kind)
        yield Edit("negate-element", nested.path, block.start, end, "not_principals")
