"""Finds the name that a composed text contains.

``f"s3://{bucket}/{key}"`` contains the whole name of a bucket; ``f"{bucket}-logs"`` names another.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from planproof.aws.sdk_calls.abstract_values import (
    DATA,
    EMPTY,
    AbstractValue,
    AbstractValues,
    are_names,
)

_SEPARATORS = ("/", ":")
_PLACEHOLDER = re.compile(r"%s|\{\w*\}")


def pieces(node: ast.expr) -> list[str | ast.expr]:
    """The parts of an f-string, a sum, ``"…" % …`` or ``"…".format(…)``, in order."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr():
            return [part for one in node.values for part in pieces(one)]
        case ast.FormattedValue(conversion=-1, format_spec=None):
            return [node.value]
        case ast.BinOp(op=ast.Add()):
            return [*pieces(node.left), *pieces(node.right)]
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
            arguments = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return _filled(text, arguments, node)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            placeholders = re.findall(r"\{(\w+)\}", text)
            named = {one.arg: one.value for one in node.keywords}
            if placeholders and all(one in named for one in placeholders):
                return _filled(text, [named[one] for one in placeholders], node)
            return [node] if placeholders else _filled(text, node.args, node)
    return [node]


def _filled(text: str, arguments: Sequence[ast.expr], node: ast.expr) -> list[str | ast.expr]:
    """A text with its placeholders replaced in order; the whole node if they do not match."""
    literals = _PLACEHOLDER.split(text)
    has_star = any(isinstance(one, ast.Starred) for one in arguments)
    if has_star or len(literals) != len(arguments) + 1:
        return [node]
    found: list[str | ast.expr] = [literals[0]]
    for value, literal in zip(arguments, literals[1:], strict=True):
        found += [value, literal]
    return found


def segment(parts: Sequence[str | AbstractValues]) -> AbstractValues:
    """The only named value in a text, if it is delimited by separators.

    Returns:
        empty as long as a value has not arrived.
    """
    if EMPTY in parts:
        return EMPTY
    parts = [one for one in parts if one]  # an empty text separates nothing
    named = [(at, one) for at, one in enumerate(parts) if isinstance(one, frozenset)]
    named = [(at, one) for at, one in named if are_names(one)]
    if len(named) != 1:
        return DATA
    ((at, values),) = named
    if len(parts) == 1:
        return values
    before, after = parts[at - 1] if at else "/", parts[at + 1] if at + 1 < len(parts) else "/"
    if not isinstance(before, str) or not before.endswith(_SEPARATORS):
        return DATA
    if not isinstance(after, str) or not after.startswith(_SEPARATORS):
        return DATA
    return frozenset(
        one if one.kind == "segment" else AbstractValue("segment", one)
        for one in values
        if one.kind != "none"
    )
