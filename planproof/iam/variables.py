"""Policy variables such as ``${aws:PrincipalTag/team, 'none'}``, parsed and resolved.

Source: IAM User Guide, "IAM policy elements: Variables and tags": variables work in the resource
part of ``Resource`` and in string and ARN conditions, only under version 2012-10-17; ``${*}``,
``${?}`` and ``${$}`` are those characters; a default follows a comma, in single quotes; only a
single-valued key can be a variable; an unresolved variable matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from planproof.iam.context import Context, Missing
from planproof.iam.patterns import ARN_COLONS, Flavor, Token, split_wildcards

_VARIABLE: Final = re.compile(
    r"\$\{(?:(?P<literal>[*?$])|\s*(?P<key>[^\s{}',$*?][^{}',]*?)\s*"
    r"(?:,\s*'(?P<default>[^']*)'\s*)?)\}"
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A policy variable: its context key (in lower case), and its default value, if it has one."""

    key: str
    default: str | None = None


Piece = Token | Variable
"""A piece of a pattern as written: literal text, a wildcard or a variable."""


def parse(text: str, flavor: Flavor, *, variables: bool) -> tuple[Piece, ...]:
    """Split a policy's string into its pieces.

    Args:
        text: a value of ``Resource`` or of a condition.
        flavor: EXACT keeps ``*`` and ``?`` as characters; RESOURCE takes variables only after the
            fifth colon, as AWS does.
        variables: whether the document's version supports variables (2012-10-17).
    """
    pieces: list[Piece] = []
    position = 0
    if variables:
        for found in _VARIABLE.finditer(text):
            if flavor is Flavor.RESOURCE and text.count(":", 0, found.start()) < ARN_COLONS:
                continue
            pieces.extend(_plain(text[position : found.start()], flavor))
            position = found.end()
            literal = found["literal"]
            pieces.append(literal or Variable(found["key"].lower(), found["default"]))
    pieces.extend(_plain(text[position:], flavor))
    return _joined(pieces)


def resolve(pieces: Sequence[Piece], context: Context) -> tuple[Token, ...] | Missing:
    """Put the request's values in place of the variables.

    Wildcard characters in a value are literal.

    Returns:
        the pieces without variables; ``Missing.ABSENT`` where a variable has neither one value nor
        a default; ``Missing.UNKNOWN`` where the value is not known.
    """
    tokens: list[Piece] = []
    for piece in pieces:
        if not isinstance(piece, Variable):
            tokens.append(piece)
            continue
        values = context.get(piece.key)
        if isinstance(values, Missing):
            if values is not Missing.ABSENT:
                return Missing.UNKNOWN
            if piece.default is None:
                return Missing.ABSENT
            tokens.append(piece.default)
        elif len(values) != 1:
            return Missing.ABSENT
        elif isinstance(values[0], str):
            tokens.append(values[0])
        else:
            return Missing.UNKNOWN
    return tuple(piece for piece in _joined(tokens) if not isinstance(piece, Variable))


def _plain(text: str, flavor: Flavor) -> tuple[Token, ...]:
    if flavor is Flavor.EXACT:
        return (text,) if text else ()
    return split_wildcards(text)


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces with adjacent texts joined, so that equal patterns compare equal."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece != "":
            joined.append(piece)
    return tuple(joined)
