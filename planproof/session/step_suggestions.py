"""How is a step said? Its definition in words, and the steps that come nearest to a misspelt one.

A definition may be a regular expression. A reader gets it as it would be written: a part that
varies is its name in capitals, and of alternatives each is a form of its own.
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
"""Stands before and behind the name of a part that varies."""
_ANYTHING: Final = f"{_MARK}…{_MARK}"
_VARIES: Final = re.compile(f"{_MARK}([^{_MARK}]+){_MARK}")
_FIELD: Final = re.compile(r"\{(\w*)[^{}]*\}")
_WORD: Final = re.compile(r'"[^"]*"|[^\s"]+|"')
_MOST_FORMS: Final = 24
_QUOTED, _FREE = '"', _MARK
"""Two kinds of tokens: what stands in quotes, and what varies without them."""


def forms_of(parser: Any) -> tuple[str, ...]:
    """How a step may be said, for a reader: ``"WHO" is allowed to "ACTION"``; at least one."""
    return tuple(dict.fromkeys(map(_shown, _forms(parser))))


def nearest(name: str, definitions: Iterable[Any], most: int = 3) -> list[str]:
    """Steps that come nearest to one that nobody defined, each as it may be written.

    Args:
        definitions: pytest-bdd's: each has a ``type`` and a ``parser``.
    """
    wanted = _tokens(name)
    found: dict[str, float] = {}
    for definition in definitions:
        score, form = max(
            ((_alike(wanted, _tokens(f)), f) for f in _forms(definition.parser)),
            key=lambda pair: pair[0],
        )
        text = f"{str(definition.type or 'step').capitalize()} {_shown(form)}"
        found[text] = max(score, found.get(text, 0.0))
    best = sorted(found, key=lambda text: -found[text])[:most]
    return [text for text in best if found[text] >= 0.5]


def _shown(form: str) -> str:
    return " ".join(_VARIES.sub(r"\1", form).split())


def _forms(parser: Any) -> tuple[str, ...]:
    """The same, with what varies between marks."""
    text = str(parser.name)
    if isinstance(parser, parsers.re):
        return _read(text)
    if isinstance(parser, parsers.parse):  # cfparse is one as well
        return (_FIELD.sub(lambda m: f"{_MARK}{m[1].upper() or '…'}{_MARK}", text),)
    return (text,)


# Of a regular expression ---------------------------------------------------------------------


@lru_cache(maxsize=512)
def _read(pattern: str) -> tuple[str, ...]:
    found, _ = _alternatives(pattern, 0)
    return tuple(dict.fromkeys(found)) or (pattern,)


def _alternatives(text: str, at: int) -> tuple[list[str], int]:
    """What a part may say up to its closing bracket or the end; and where that is."""
    every: list[str] = []
    pieces: list[list[str]] = []
    while at < len(text) and text[at] != ")":
        if text[at] == "|":
            every += _joined(pieces)
            pieces, at = [], at + 1
            continue
        piece, at = _piece(text, at)
        optional, at = _repeated(text, at)
        pieces.append([*piece, ""] if optional else piece)
    return [*every, *_joined(pieces)][:_MOST_FORMS], at


def _joined(pieces: Sequence[list[str]]) -> list[str]:
    found = [""]
    for piece in pieces:
        found = ["".join(pair) for pair in product(found, piece)][:_MOST_FORMS]
    return found


def _piece(text: str, at: int) -> tuple[list[str], int]:
    """What one letter, class or group may say; and where it ends."""
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
        said = [_ANYTHING] if text.startswith("(?P=", at) else [""]
        _, end = _alternatives(text, at + 3)
        return said, end + 1
    start = named or flags
    inner, end = _alternatives(text, start.end() if start is not None else at + 1)
    if named is not None and any(_MARK in form for form in inner):
        inner = [f"{_MARK}{named[1].upper()}{_MARK}"]
    return inner, end + 1


def _repeated(text: str, at: int) -> tuple[bool, int]:
    """Whether what stands before may be left out; and where its quantifier ends."""
    found = re.compile(r"([?*+]|\{(\d*)(?:,\d*)?\})[?+]?").match(text, at)
    if found is None:
        return False, at
    optional = found[1] in ("?", "*") or (found[1][0] == "{" and int(found[2] or 0) == 0)
    return optional, found.end()


# How alike two are ---------------------------------------------------------------------------


def _tokens(form: str) -> tuple[str, ...]:
    """The words of a form; what is quoted or varies is a token of its own."""
    plain = _VARIES.sub(lambda m: _MARK + re.sub(r"\W", "x", m[1]) + _MARK, form)
    return tuple(
        _QUOTED if len(w) > 1 and w[0] == _QUOTED else _FREE if _MARK in w else w.lower()
        for w in _WORD.findall(plain)
    )


def _alike(wanted: Sequence[str], form: Sequence[str]) -> float:
    """1.0 for the same words in the same order; what varies may be any words."""
    costs = [float(at) for at in range(len(wanted) + 1)]
    for token in form:
        before, costs = costs, [costs[0] + 1.0]
        for at, word in enumerate(wanted, start=1):
            taken = _free(word) if token == _FREE else 2.0
            instead = before[at - 1] + (0.0 if token == _FREE else _differ(token, word))
            costs.append(min(instead, before[at] + 1.0, costs[at - 1] + min(1.0, taken)))
    said = sum(1.0 for token in form if token != _FREE)
    return 1.0 - costs[-1] / max(said, 1.0)


def _free(word: str) -> float:
    """What one more word costs where a part that varies may have several."""
    return 0.6 if word == _QUOTED else 0.05


@lru_cache(maxsize=65_536)
def _differ(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if _QUOTED in (one, other):
        return 0.8  # quotes left out
    return min(1.0, 1.6 * (1.0 - difflib.SequenceMatcher(None, one, other).ratio()))
