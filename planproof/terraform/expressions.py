"""The parts of a Terraform expression, each with its offsets in the text of its file.

Nothing is evaluated, and operators are skipped: a part is a string, a reference, a call, a list, an
object and so on. The parts inside a part are found when they are asked for, so nothing recurses.
Malformed text is no error, since Terraform reports it: what is open ends before the next top-level
block, or with the text. Offsets count characters, not bytes.

Syntax: https://developer.hashicorp.com/terraform/language/expressions
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, cast

TermKind = Literal[
    "string", "heredoc", "number", "boolean", "null", "reference", "word", "call", "list",
    "object", "for", "group", "index",
]  # fmt: skip

# Quantifiers are possessive (`++`, `*+`), so that no input causes backtracking.
NAME = r"[^\W\d][\w-]*+"
_STRING = r'"(?:[^"\\$%\n]++|\\[^\n]|\$\$\{|%%\{|[$%](?!\{))*+"'
_JSON_STRING = r'"(?:[^"\\\n]++|\\[^\n])*+"'
_COMMENT = r"/\*(?:.*?\*/|.*+)"
_LINE_COMMENT = r"(?:\#|//)[^\n]*+"
GAP = rf"(?:[\s\ufeff]++|{_LINE_COMMENT}|{_COMMENT})*+"
# The start of a top-level block: no expression and no nested block looks like it, so it ends an
# unclosed bracket or brace.
_TOP_LEVEL = (
    r'(?:(?:(?:resource|data)[ \t]+"[^"\n]*"|module|variable|output|provider)[ \t]+"[^"\n]*"'
    r"|locals|terraform)[ \t]*\{"
)
TOP_LEVEL = re.compile(_TOP_LEVEL)


def _code(string: str, skipped: str, tokens: str) -> re.Pattern[str]:
    """Text up to the next relevant token; strings without a template are skipped."""
    return re.compile(
        rf'(?:[^"{{}}()\[\]\n,#/<]++|{string}|/(?![/*])|<(?!<-?{NAME}[ \t]*\r?\n)|{skipped})*+'
        rf'(?:(?P<token>["{{}}()\[\]{tokens}])|(?P<comment>{_LINE_COMMENT})|{_COMMENT}'
        rf"|(?P<heredoc><<-?(?P<marker>{NAME})[ \t]*\r?\n)|\Z)",
        re.DOTALL,
    )


# What counts outside and inside of brackets, by whether the text is JSON.
_OUTER = {
    False: _code(_STRING, r"(?!)", r"\n,"),
    True: _code(_JSON_STRING, r"\n", ","),
}
_INNER = {
    False: _code(_STRING, rf",|{_LINE_COMMENT}|{_COMMENT}|\n(?!{_TOP_LEVEL})", r"\n"),
    True: _code(_JSON_STRING, r"\n|,", ""),
}
_WHOLE_STRING = {False: re.compile(_STRING), True: re.compile(_JSON_STRING)}
_QUOTED = re.compile(
    r'(?:[^"\\$%\n]++|\\[^\n]?|\$\$\{|%%\{|[$%](?!\{))*+(?:"|(?P<template>[$%]\{)|(?=\n)|\Z)'
)
_HEREDOC = re.compile(
    rf"^[ \t]*+(?P<word>{NAME})[ \t\r]*+$|\$\$\{{|%%\{{|(?P<template>[$%]\{{)", re.MULTILINE
)
_GAP = re.compile(GAP, re.DOTALL)
_PART = re.compile(
    rf"(?P<number>[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)|(?P<name>{NAME})"
    rf'|(?P<heredoc><<-?{NAME}[ \t]*\r?\n)|(?P<string>")|(?P<list>\[)|(?P<object>\{{)|(?P<group>\()'
)
_STEP = re.compile(r"\.(?:[\w-]++|\*)|(?=\[)")
_FOR = re.compile(rf"[\[{{]{GAP}for\b(?![\w-])", re.DOTALL)
_KEY = re.compile(rf'(?:"((?:[^"\\\n]|\\.)*+)"|([\w-]++)){GAP}[=:](?![=>])', re.DOTALL)
_EQUALS = re.compile(rf"{GAP}[=:](?![=>])", re.DOTALL)
_STRING_OR_COMMENT = re.compile(
    rf'(?P<comment>{_LINE_COMMENT}|{_COMMENT})|"|<<-?{NAME}[ \t]*\r?\n', re.DOTALL
)
_WORDS: dict[str, TermKind] = {"true": "boolean", "false": "boolean", "null": "null"}
_SEPARATORS = {"list": ",", "object": ",\n", "call": ",", "group": ",", "index": ",", "for": ""}


@dataclass(frozen=True)
class Term:
    """One part of an expression; `source[start:end]` is how it is written.

    An index after another term (`f(x)[0]`) is a term of its own, one in a reference is not.
    """

    kind: TermKind
    start: int
    end: int
    source: str = field(repr=False)
    is_json: bool = field(default=False, repr=False)

    @property
    def text(self) -> str:
        """The term as it is written."""
        return self.source[self.start : self.end]

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The expressions inside: the items of a list, the entries of an object, the arguments of
        a call, the interpolations of a string, the JSON document of a heredoc."""
        if self.kind == "string" and not self.is_json:
            return tuple(self._interpolations())
        if self.kind == "heredoc":
            begin = self.source.index("\n", self.start) + 1
            end = self.source.rfind("\n", begin - 1, self.end) + 1
            is_document = self.source[begin:end].lstrip()[:1] in ("{", "[")
            return (self._slot(begin, end),) if is_document else ()
        if self.kind not in _SEPARATORS:
            return ()
        begin = self.start + 1 if self.kind != "call" else self.source.index("(", self.start) + 1
        is_closed = self.end > begin and self.source[self.end - 1] in "}])"
        return tuple(self._items(begin, self.end - is_closed))

    def _items(self, begin: int, end: int) -> Iterator[Slot]:
        separators = "," if self.is_json else _SEPARATORS[self.kind]
        tokens = outer_tokens(self.source, begin, end, self.is_json)
        slot = self._entry if self.kind == "object" else self._slot
        for stop in (*(at for kind, at in tokens if kind in separators), end):
            start = _gap(self.source, begin, stop)
            if start < stop:
                yield slot(start, stop)
            begin = stop + 1

    def _entry(self, start: int, stop: int) -> Slot:
        key = _KEY.match(self.source, start, stop)
        if key:
            return replace(self._slot(key.end(), stop), key=key[2] or key[1], start=start)
        for term in _terms(self.source, start, stop, self.is_json):  # the key is an expression
            equals = _EQUALS.match(self.source, term.end, stop)
            if equals:
                return replace(self._slot(equals.end(), stop), start=start)
        return self._slot(start, stop)

    def _slot(self, begin: int, stop: int) -> Slot:
        """The expression in `begin:stop`, without the space and the comments around it."""
        value = _gap(self.source, begin, stop)
        terms = () if self.is_json else _terms(self.source, value, stop, False)
        end = terms[-1].end if terms else value + len(self.source[value:stop].rstrip())
        return Slot("", value, end, value, end, self.source, is_json=self.is_json)

    def _interpolations(self) -> Iterator[Slot]:
        at = self.start + 1
        while (match := _QUOTED.match(self.source, at, self.end)) and match["template"]:
            at = after(self.source, match.end() - 1, self.end)
            is_closed = at > match.end() and self.source[at - 1] == "}"
            inside = self._slot(match.end(), at - is_closed)
            yield replace(inside, start=match.start("template"), end=at)


@dataclass(frozen=True)
class Slot:
    """An expression with what it belongs to: an attribute, an entry, an item, an argument, an
    interpolation.

    `source[start:end]` is all of it (`key = value`, `${value}`), `source[value:end_of_value]` the
    expression. `key` is as it is written, without quotation marks; "" where there is none, or where
    it is an expression.
    """

    key: str
    start: int
    end: int
    value: int
    end_of_value: int
    source: str = field(repr=False)
    is_json: bool = field(default=False, repr=False, kw_only=True)

    @classmethod
    def of(cls, text: str, is_json: bool = False) -> Slot:
        """A text that is one expression."""
        start, end = _gap(text, 0, len(text)), len(text.rstrip())
        return cls("", start, max(start, end), start, max(start, end), text, is_json=is_json)

    @property
    def text(self) -> str:
        """The expression as it is written."""
        return self.source[self.value : self.end_of_value]

    @property
    def code(self) -> str:
        """The text without comments, on the same lines."""
        text, parts, at, done = self.text, [], 0, 0
        while match := None if self.is_json else _STRING_OR_COMMENT.search(text, at):
            if match["comment"] is None:
                at = after(text, match.start(), len(text))
            else:
                parts += [text[done : match.start()], "\n" * match[0].count("\n")]
                at = done = match.end()
        return "".join([*parts, text[done:]])

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The parts of the expression, in order."""
        return _terms(self.source, self.value, self.end_of_value, self.is_json)

    @property
    def only(self) -> Term | None:
        """The term that is the whole expression."""
        whole = (self.value, self.end_of_value)
        return next((term for term in self.terms if (term.start, term.end) == whole), None)


def outer_tokens(text: str, at: int, end: int, is_json: bool = False) -> Iterator[tuple[str, int]]:
    """The tokens of `text[at:end]` that no bracket, string or heredoc contains, each with its
    offset: a comma, a newline, a closing bracket, `#` for a comment to the end of the line."""
    while at < end:
        # Never None: every character is skipped, is a token, or starts a comment or heredoc.
        match = cast(re.Match[str], _OUTER[is_json].match(text, at, end))
        at, kind = match.end(), match["token"]
        if match["heredoc"]:
            at = after(text, match.start("heredoc"), end, is_json)
        elif kind and kind in '"{[(':
            at = after(text, at - 1, end, is_json)
        elif kind:
            yield kind, at - 1
        elif match["comment"]:
            yield "#", match.start("comment")


def after(text: str, at: int, end: int, is_json: bool = False) -> int:
    """The offset after the bracket, string or heredoc that starts at `at`.

    Where it is not closed: the newline before the next top-level block, else `end`.
    """
    whole = _WHOLE_STRING[is_json].match(text, at, end)
    if whole:
        return whole.end()
    stack: list[str] = []  # open brackets, '"' for a string, "<EOF" for a heredoc
    while at < end:
        top = stack[-1] if stack else ""
        if top[:1] in ('"', "<") and top:
            mode = _QUOTED.match(text, at, end) if top == '"' else _HEREDOC.search(text, at, end)
            at = mode.end() if mode else end
            if mode and mode["template"]:
                stack.append("{")
            elif top == '"' or (mode and mode["word"] == top[1:]):
                stack.pop()
                if not stack:
                    return mode.end("word") if mode and top != '"' else at
            continue
        match = cast(re.Match[str], _INNER[is_json].match(text, at, end))
        at, kind = match.end(), match["token"]
        if match["heredoc"]:
            stack.append("<" + match["marker"])
        elif kind and kind in '"{[(':
            stack.append(kind)
        elif kind and kind in "}])":
            stack.pop()
            if not stack:
                return at
        elif kind == "\n":
            return at - 1
    return end


def _gap(text: str, at: int, end: int) -> int:
    """The offset after space and comments."""
    return cast(re.Match[str], _GAP.match(text, at, end)).end()


def _terms(text: str, at: int, end: int, is_json: bool) -> tuple[Term, ...]:
    found: list[Term] = []
    while (at := _gap(text, at, end)) < end:
        part = _PART.match(text, at, end)
        if part is None:  # an operator
            at += 1
            continue
        kind, stop = cast(TermKind, part.lastgroup), part.end()
        if part["name"]:
            kind, stop = _named(text, part, end)
        elif kind != "number":
            stop = after(text, at, end, is_json)
            if kind == "list" and found and found[-1].end == at:
                kind = "index"
            elif _FOR.match(text, at, end):
                kind = "for"
        found.append(Term(kind, at, stop, text, is_json))
        at = stop
    return tuple(found)


def _named(text: str, name: re.Match[str], end: int) -> tuple[TermKind, int]:
    stop = name.end()
    if text.startswith("(", stop, end):
        return "call", after(text, stop, end)
    if name[0] in _WORDS:
        return _WORDS[name[0]], stop
    while step := _STEP.match(text, stop, end):
        stop = step.end() if step[0] else after(text, stop, end)
    return ("reference" if stop > name.end() else "word"), stop


def hcl(value: object) -> str:
    """A value as an HCL expression: JSON with escaped template markers."""
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
