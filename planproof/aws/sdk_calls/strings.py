"""Which value does a text name something by that is made of several?

``f"s3://{bucket}/{key}"`` holds the whole name of a bucket, ``f"{bucket}-logs"`` that of another.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from planproof.aws.sdk_calls.abstract_values import DATA, NONE, Atom, Atoms, are_names

_SEPARATORS = ("/", ":")
_HOLE = re.compile(r"%s|\{\w*\}")


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
            given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return _filled(text, given, node)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            holes = re.findall(r"\{(\w+)\}", text)
            named = {one.arg: one.value for one in node.keywords}
            if holes and all(one in named for one in holes):
                return _filled(text, [named[one] for one in holes], node)
            return [node] if holes else _filled(text, node.args, node)
    return [node]


def _filled(text: str, given: Sequence[ast.expr], node: ast.expr) -> list[str | ast.expr]:
    """A text whose holes take these, in order; only the whole where they do not fit."""
    literals = _HOLE.split(text)
    if len(literals) != len(given) + 1 or any(isinstance(one, ast.Starred) for one in given):
        return [node]
    found: list[str | ast.expr] = [literals[0]]
    for value, literal in zip(given, literals[1:], strict=True):
        found += [value, literal]
    return found


def segment(parts: Sequence[str | Atoms]) -> Atoms:
    """The only value with a name in a text, if it stands between separators.

    Returns:
        nothing as long as a value has not arrived.
    """
    if NONE in parts:
        return NONE
    parts = [one for one in parts if one]  # an empty text separates nothing
    named = [(at, one) for at, one in enumerate(parts) if isinstance(one, frozenset)]
    named = [(at, one) for at, one in named if are_names(one)]
    if len(named) != 1:
        return DATA
    ((at, held),) = named
    if len(parts) == 1:
        return held
    before, after = parts[at - 1] if at else "/", parts[at + 1] if at + 1 < len(parts) else "/"
    if not isinstance(before, str) or not before.endswith(_SEPARATORS):
        return DATA
    if not isinstance(after, str) or not after.startswith(_SEPARATORS):
        return DATA
    return frozenset(
        one if one.kind == "segment" else Atom("segment", one)
        for one in held
        if one.kind != "absent"
    )
