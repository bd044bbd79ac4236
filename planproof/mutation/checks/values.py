"""Operators on literal booleans, numbers, strings, lists and objects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planproof.mutation.checks.edits import Edit
from planproof.mutation.checks.locations import SourceLocation
from planproof.terraform.expressions import Term

OTHER = "other"
"""The replacement where any other string would do."""

_OPPOSITE = {"true": "false", "false": "true"}
_WHOLE = re.compile(r'"?(\d+)"?')
_EMPTY = {"string": ("empty-string", '""'), "heredoc": ("empty-string", '""')} | {
    "list": ("empty-list", "[]"),
    "object": ("empty-object", "{}"),
}


def value_edits(location: SourceLocation) -> Iterator[Edit]:
    """The edits of the literals of one expression."""
    if location.holder == "string":
        return  # an interpolation refers to a value
    for number, term in enumerate(location.slot.terms):
        path = location.path if location.slot.only else f"{location.path}~{number}"
        for operator, text in _of_term(term):
            yield Edit(operator, path, term.start, term.end, text)


def _of_term(term: Term) -> Iterator[tuple[str, str]]:
    text = term.text
    if text.strip('"') in _OPPOSITE:
        word = text.strip('"')
        yield "flip-boolean", text.replace(word, _OPPOSITE[word])
        return
    whole = _WHOLE.fullmatch(text)
    if whole:
        number = int(whole[1])
        yield "raise-number", text.replace(whole[1], str(number + 1))
        yield "lower-number", text.replace(whole[1], str(number - 1))
        return
    operator, empty = _EMPTY.get(term.kind, ("", ""))
    if term.kind == "list" and not term.slots:
        yield "fill-list", f'["{OTHER}"]'
    elif operator and text != empty:
        yield operator, empty
    if term.kind == "string" and text != f'"{OTHER}"':
        yield "swap-string", f'"{OTHER}"'
