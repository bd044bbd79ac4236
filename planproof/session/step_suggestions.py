"""The text forms of step definitions, and the forms nearest to a misspelt step.

A definition may be a regular expression. Its forms are written as in a feature: a variable part is
its name in capitals, and each alternative is a form of its own.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product
from typing import Any, Final

from pytest_bdd import parsers

_MARK: Final = "\0"
"""Delimits the name of a variable part."""
_ANYTHING: Final = f"{_MARK}…{_MARK}"
_VARIABLE: Final = re.compile(f"{_MARK}([^{_MARK}]+){_MARK}")
_FIELD: Final = re.compile(r"\{(\w*)[^{}]*\}")
_WORD: Final = re.compile(r'"[^"]*"|[^\s"]+|"')
_MOST_FORMS: Final = 24
_QUOTED, _FREE = '"', _MARK
"""Two kinds of tokens: a text in quotes, and a variable part without quotes."""


def forms_of(parser: Any) -> tuple[str, ...]:
    """The forms of a step for a reader, such as ``"WHO" is allowed to "ACTION"``; at least one."""
    return tuple(dict.fromkeys(map(_readable, _forms(parser))))


def nearest(name: str, definitions: Iterable[Any], most: int = 3) -> list[str]:
    """The forms nearest to a step that has no definition, best first.

    Args:
        definitions: of pytest-bdd: each has a ``type`` and a ``parser``.
    """
    wanted = _tokens(name)
    scores: dict[str, float] = {}
    for definition in definitions:
        score, form = max(
            ((_similarity(wanted, _tokens(f)), f) for f in _forms(definition.parser)),
            key=lambda pair: pair[0],
        )
        text = f"{str(definition.type or 'step').capitalize()} {_readable(form)}"
        scores[text] = max(score, scores.get(text, 0.0))
    best = sorted(scores, key=lambda text: -scores[text])[:most]
    return [text for text in best if scores[text] >= 0.5]


def _readable(form: str) -> str:
    return " ".join(_VARIABLE.sub(r"\1", form).split())


def _forms(parser: Any) -> tuple[str, ...]:
    """The forms of a step, with marks around the variable parts."""
    text = str(parser.name)
    if isinstance(parser, parsers.re):
        return _pattern_forms(text)
    if isinstance(parser, parsers.parse):  # cfparse is one as well
        return (_FIELD.sub(lambda m: f"{_MARK}{m[1].upper() or '…'}{_MARK}", text),)
    return (text,)


# Regular expressions -------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _pattern_forms(pattern: str) -> tuple[str, ...]:
    forms, _ = _alternatives(pattern, 0)
    return tuple(dict.fromkeys(forms)) or (pattern,)


def _alternatives(text: str, at: int) -> tuple[list[str], int]:
    """The forms of a group, or of the whole pattern; and the position where it ends."""
    forms: list[str] = []
    pieces: list[list[str]] = []
    while at < len(text) and text[at] != ")":
        if text[at] == "|":
            forms += _joined(pieces)
            pieces, at = [], at + 1
            continue
        piece, at = _piece(text, at)
        optional, at = _quantifier(text, at)
        pieces.append([*piece, ""] if optional else piece)
    return [*forms, *_joined(pieces)][:_MOST_FORMS], at


def _joined(pieces: Sequence[list[str]]) -> list[str]:
    """Every combination of the forms of consecutive pieces."""
    forms = [""]
    for piece in pieces:
        forms = ["".join(pair) for pair in product(forms, piece)][:_MOST_FORMS]
    return forms


def _piece(text: str, at: int) -> tuple[list[str], int]:
    """The forms of a character, class or group; and the position where it ends."""
    letter = text[at]
    if letter == "(":
        return _group(text, at)
    if letter == "[":
        end = text.find("]", at + (3 if text[at + 1 : at + 2] == "^" else 2))
        return [_ANYTHING], (end if end > 0 else len(text)) + 1
    if letter == "\\" and at + 1 < len(text):
        escaped = text[at + 1]
        if escaped in "bBAZz":
            return [""], at + 2
        return [_ANYTHING if escaped.isalnum() else escaped], at + 2
    if letter in "^$":
        return [""], at + 1
    return [_ANYTHING if letter == "." else letter], at + 1


def _group(text: str, at: int) -> tuple[list[str], int]:
    named = re.compile(r"\(\?P<(\w+)>").match(text, at)
    flags = re.compile(r"\((?:\?[aiLmsux-]*:?)?").match(text, at)
    if named is None and (
        text.startswith(("(?=", "(?!", "(?<", "(?#", "(?P="), at)
        or (flags is not None and text.startswith(")", flags.end()))
    ):
        forms = [_ANYTHING] if text.startswith("(?P=", at) else [""]
        _, end = _alternatives(text, at + 3)
        return forms, end + 1
    start = named or flags
    forms, end = _alternatives(text, start.end() if start is not None else at + 1)
    if named is not None and any(_MARK in form for form in forms):
        forms = [f"{_MARK}{named[1].upper()}{_MARK}"]
    return forms, end + 1


def _quantifier(text: str, at: int) -> tuple[bool, int]:
    """Whether the quantifier at a position, if any, allows zero repetitions; and where it ends."""
    found = re.compile(r"([?*+]|\{(\d*)(?:,\d*)?\})[?+]?").match(text, at)
    if found is None:
        return False, at
    optional = found[1] in ("?", "*") or (found[1][0] == "{" and int(found[2] or 0) == 0)
    return optional, found.end()


# Similarity ----------------------------------------------------------------------------------


def _tokens(form: str) -> tuple[str, ...]:
    """The words of a form; a text in quotes and a variable part are one token each."""
    plain = _VARIABLE.sub(lambda m: _MARK + re.sub(r"\W", "x", m[1]) + _MARK, form)
    return tuple(
        _QUOTED if len(w) > 1 and w[0] == _QUOTED else _FREE if _MARK in w else w.lower()
        for w in _WORD.findall(plain)
    )


def _similarity(wanted: Sequence[str], form: Sequence[str]) -> float:
    """An edit distance over words, scaled so that 1.0 means the same words in the same order; a
    variable part matches any words."""
    costs = [float(at) for at in range(len(wanted) + 1)]
    for token in form:
        before, costs = costs, [costs[0] + 1.0]
        for at, word in enumerate(wanted, start=1):
            insert = _extra_word(word) if token == _FREE else 1.0
            replace = 0.0 if token == _FREE else _difference(token, word)
            costs.append(min(before[at - 1] + replace, before[at] + 1.0, costs[at - 1] + insert))
    fixed = sum(1.0 for token in form if token != _FREE)
    return 1.0 - costs[-1] / max(fixed, 1.0)


def _extra_word(word: str) -> float:
    """The cost of one more word in a variable part."""
    return 0.6 if word == _QUOTED else 0.05


@lru_cache(maxsize=65_536)
def _difference(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if _QUOTED in (one, other):
        return 0.8  # missing quotes
    return min(1.0, 1.6 * (1.0 - difflib.SequenceMatcher(None, one, other).ratio()))
