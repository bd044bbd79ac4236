"""The parts of an expression, each with its offsets in the text.

`planproof.terraform.source_index` returns an expression as text. This module finds its parts: a
string and its interpolations, a reference, an item of a list, an entry of an object, an argument.
Operators and parentheses are skipped, since nothing is evaluated. A heredoc with a JSON document is
read as JSON. Syntax: https://developer.hashicorp.com/terraform/language/expressions
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

TermKind = Literal[
    "string", "heredoc", "number", "boolean", "null", "reference", "word", "call", "list",
    "object", "for", "group",
]  # fmt: skip

_GAP = re.compile(r"(?:[ \t\r]|(?:#|//)[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NAME = re.compile(r"[^\W\d][\w-]*")
_STEP = re.compile(r"\.(?:[\w-]+|\*)")
_HEREDOC = re.compile(r"<<-?([\w-]+)[ \t]*\r?\n(?P<body>.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.M)
_KEY = re.compile(r'(?:"((?:[^"\\\n]|\\.)*)"|([\w-]+))[ \t]*(?:=(?![=>])|:)')
_WORDS: dict[str, TermKind] = {"true": "boolean", "false": "boolean", "null": "null"}
_CLOSING = {"list": "]", "object": "}", "call": ")", "group": ")"}


@dataclass(frozen=True, slots=True)
class Term:
    """One part of an expression; `text[start:end]` is how it is written.

    `slots` are the expressions inside it: the items of a list, the entries of an object,
    the arguments of a call, the interpolations of a string.
    """

    kind: TermKind
    start: int
    end: int
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """An expression within another one: an entry, an item, an argument, an interpolation.

    `text[start:end]` is all of it (`key = value`, `${value}`), `text[value:end_of_value]` only the
    expression. `key` is the key of the entry, or the number of the item as text.
    """

    key: str
    start: int
    end: int
    value: int
    end_of_value: int
    terms: tuple[Term, ...]

    @property
    def only(self) -> Term | None:
        """The term of the expression; None if it has several."""
        if len(self.terms) == 1:
            term = self.terms[0]
            if (term.start, term.end) == (self.value, self.end_of_value):
                return term
        return None


def read_attribute(text: str, name: str, value: int, end: int) -> Slot:
    """The slot of the attribute `name = text[value:end]`."""
    before = text[:value].rstrip().removesuffix("=").rstrip()
    terms, _ = _Reader(text, end).terms(value, "")
    return Slot(name, len(before) - len(name), end, value, end, tuple(terms))


class _Reader:
    """Reads terms of one text up to an offset."""

    def __init__(self, text: str, end: int) -> None:
        self._text, self._end = text, end

    def terms(self, at: int, stops: str) -> tuple[list[Term], int]:
        """The terms from `at` on, and the offset of the stop character, or of the end."""
        found: list[Term] = []
        while True:
            at = _gap(self._text, at, also="" if "\n" in stops else "\n")
            if at >= self._end:
                return found, self._end
            char = self._text[at]
            if char in stops:
                return found, at
            term = self._term(at, char)
            if term is None:
                at += 1
            else:
                found.append(term)
                at = term.end

    def _term(self, at: int, char: str) -> Term | None:
        if char == '"':
            return self._string(at)
        if char in "[{":
            inside = self._text[at + 1 : at + 40].lstrip()
            if re.match(r"for\b", inside):
                close = "]" if char == "[" else "}"
                terms, end = self.terms(at + 1, close)
                return Term("for", at, end + 1, (_slot("", at + 1, end, terms, self._text),))
            return self._bracket("list" if char == "[" else "object", at, at + 1)
        if char == "(":
            return self._bracket("group", at, at + 1)
        heredoc = _HEREDOC.match(self._text, at, self._end) if char == "<" else None
        if heredoc:
            return self._heredoc(heredoc)
        number = _NUMBER.match(self._text, at, self._end)
        if number:
            return Term("number", at, number.end())
        name = _NAME.match(self._text, at, self._end)
        return self._named(name) if name else None

    def _named(self, name: re.Match[str]) -> Term:
        at, end = name.span()
        if self._text[end : end + 1] == "(":
            return self._bracket("call", at, end + 1)
        if name[0] in _WORDS:
            return Term(_WORDS[name[0]], at, end)
        steps = 0
        while end < self._end:
            step = _STEP.match(self._text, end, self._end)
            if step:
                end = step.end()
            elif self._text[end] == "[":
                _, close = self.terms(end + 1, "]")
                end = min(close + 1, self._end)
            else:
                break
            steps += 1
        return Term("reference" if steps else "word", at, end)

    def _string(self, at: int) -> Term:
        slots: list[Slot] = []
        end = at + 1
        while end < self._end and self._text[end] != '"':
            if self._text.startswith(("$${", "%%{"), end):
                end += 3
            elif self._text.startswith(("${", "%{"), end):
                terms, close = self.terms(end + 2, "}")
                inside = _slot(str(len(slots)), end + 2, close, terms, self._text)
                slots.append(replace(inside, start=end, end=close + 1))
                end = close + 1
            else:
                end += 2 if self._text[end] == "\\" else 1
        return Term("string", at, min(end + 1, self._end), tuple(slots))

    def _heredoc(self, match: re.Match[str]) -> Term:
        begin, end = match.span("body")
        slots: tuple[Slot, ...] = ()
        if self._text[begin:end].lstrip()[:1] in ("{", "["):
            terms, _ = _Reader(self._text, end).terms(begin, "")
            slots = (_slot("", begin, end, terms, self._text),)
        return Term("heredoc", match.start(), match.end(), slots)

    def _bracket(
        self, kind: Literal["list", "object", "call", "group"], at: int, begin: int
    ) -> Term:
        close = _CLOSING[kind]
        stops = close + (",\n" if kind == "object" else ",")
        slots: list[Slot] = []
        pos = begin
        while True:
            pos = _gap(self._text, pos, also=",\n")
            if pos >= self._end or self._text[pos] == close:
                return Term(kind, at, min(pos + 1, self._end), tuple(slots))
            start, key = pos, str(len(slots))
            if kind == "object":
                named = _KEY.match(self._text, pos, self._end)
                if named:
                    key, pos = named[1] or named[2] or "", named.end()
                else:  # the key is an expression
                    _, pos = self.terms(pos, "=:" + stops)
                    pos += self._text[pos : pos + 1] in ("=", ":")
            terms, end = self.terms(pos, stops)
            inside = _slot(key, pos, end, terms, self._text)
            slots.append(replace(inside, start=start, end=inside.end_of_value))
            pos = end


def _gap(text: str, at: int, also: str) -> int:
    """The offset after white space, comments, and characters of `also`."""
    while True:
        match = _GAP.match(text, at)
        end = match.end() if match else at
        if end < len(text) and text[end] in also:
            at = end + 1
        else:
            return end


def _slot(key: str, start: int, end: int, terms: list[Term], text: str) -> Slot:
    """The slot between two offsets; its value excludes surrounding comments and white space."""
    value = text[start:end]
    begin = terms[0].start if terms else start + len(value) - len(value.lstrip())
    if terms and not value[: begin - start].isspace():
        begin = start + len(value) - len(value.lstrip())
    finish = terms[-1].end if terms else end - (len(value) - len(value.rstrip()))
    return Slot(key, start, end, begin, max(begin, finish), tuple(terms))
