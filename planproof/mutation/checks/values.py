"""Operators on single values: booleans, numbers, strings, lists and objects written otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planproof.mutation.checks.edits import Edit
from planproof.mutation.checks.expressions import Term
from planproof.mutation.checks.places import Place

OTHER = "other"
"""The word that is written where any other would do."""

_OPPOSITE = {"true": "false", "false": "true"}
_WHOLE = re.compile(r'"?(\d+)"?')
_EMPTY = {"string": ("empty-string", '""'), "heredoc": ("empty-string", '""')} | {
    "list": ("empty-list", "[]"),
    "object": ("empty-object", "{}"),
}


def value_edits(place: Place, source: str) -> Iterator[Edit]:
    """What can be written in place of the literal values of one expression."""
    if place.holder == "string":
        return  # an interpolation holds a value of something else
    for number, term in enumerate(place.slot.terms):
        path = place.path if place.slot.only else f"{place.path}~{number}"
        for operator, text in _of_term(term, source):
            yield Edit(operator, path, term.start, term.end, text)


def _of_term(term: Term, source: str) -> Iterator[tuple[str, str]]:
    text = source[term.start : term.end]
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
