"""The text forms of step definitions, and the forms nearest to a misspelt step.

A definition may be a regular expression. Its forms are written as in a feature: a variable part is
its name in capitals, and each alternative is a form of its own.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from re import _parser  # no public module parses a pattern
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
    parsed = _parser.parse(pattern)
    names = {number: name.upper() for name, number in parsed.state.groupdict.items()}
    return tuple(dict.fromkeys(_forms_of_all(parsed, names))) or (pattern,)


def _forms_of_all(items: Iterable[Any], names: Mapping[int, str]) -> list[str]:
    """Every combination of the forms of consecutive parts of a pattern."""
    forms = [""]
    for operator, value in items:
        pairs = product(forms, _forms_of_one(str(operator), value, names))
        forms = ["".join(pair) for pair in pairs][:_MOST_FORMS]
    return forms


def _forms_of_one(operator: str, value: Any, names: Mapping[int, str]) -> list[str]:
    """The forms of one part of a pattern, as Python's parser of patterns describes it."""
    if operator == "LITERAL":
        return [chr(value)]
    if operator in ("AT", "ASSERT", "ASSERT_NOT"):
        return [""]
    if operator == "BRANCH":
        return [form for branch in value[1] for form in _forms_of_all(branch, names)]
    if operator == "IN" and all(str(kind) == "LITERAL" for kind, _ in value):
        return [chr(letter) for _, letter in value]  # the parser writes "a|b" as "[ab]"
    if operator.endswith("REPEAT"):
        least, _, inner = value
        return [*_forms_of_all(inner, names), *([""] if least == 0 else [])]
    if operator == "SUBPATTERN":
        forms = _forms_of_all(value[-1], names)
        variable = value[0] in names and any(_MARK in form for form in forms)
        return [f"{_MARK}{names[value[0]]}{_MARK}"] if variable else forms
    return [_ANYTHING]


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
