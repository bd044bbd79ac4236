"""Finds file and line of every block and attribute of Terraform sources.

`terraform show -json` has no positions, and evidence names file and line. This is a scanner, not an
evaluator: it follows strings, templates, heredocs, comments and brackets, and keeps expressions
as text. It reports no errors, since Terraform does: for malformed text it returns what it can.
Time is linear in the size of the text; nothing recurses.

Syntax: https://developer.hashicorp.com/terraform/language/syntax/configuration
JSON:   https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import NamedTuple, cast

# Quantifiers are possessive (`++`, `*+`), so that no input causes backtracking.
_NAME = r"[^\W\d][\w-]*+"
_STRING = r'"(?:[^"\\$%\n]++|\\[^\n]|\$\$\{|%%\{|[$%](?!\{))*+"'
_JSON_STRING = r'"(?:[^"\\\n]++|\\[^\n])*+"'
_COMMENT = r"/\*(?:.*?\*/|.*+)"
_GAP = rf"(?:[\s\ufeff]++|(?:\#|//)[^\n]*+|{_COMMENT})*+"
_BLANK = r"(?:[ \t]++|/\*.*?\*/)*+"


def _code(string: str) -> re.Pattern[str]:
    """Text up to the next relevant token; strings without a template are skipped."""
    return re.compile(
        rf'(?:[^"{{}}()\[\]\n,#/<]++|{string}|/(?![/*])|<(?!<-?{_NAME}[ \t]*\r?\n))*+'
        rf'(?:(?P<token>["{{}}()\[\]\n,])|(?P<comment>(?:\#|//)[^\n]*+)|{_COMMENT}'
        rf"|<<-?(?P<marker>{_NAME})[ \t]*\r?\n|\Z)",
        re.DOTALL,
    )


_HCL, _JSON = _code(_STRING), _code(_JSON_STRING)
_QUOTED = re.compile(
    r'(?:[^"\\$%\n]++|\\[^\n]?|\$\$\{|%%\{|[$%](?!\{))*+(?:"|(?P<template>[$%]\{)|(?=\n)|\Z)'
)
_HEREDOC = re.compile(
    rf"^[ \t]*+(?P<word>{_NAME})[ \t\r]*+$|\$\$\{{|%%\{{|(?P<template>[$%]\{{)", re.MULTILINE
)
# The start of a top-level block: no expression and no nested block looks like it, so it ends an
# unclosed bracket or brace.
_TOP_LEVEL = re.compile(
    r'(?:(?:(?:resource|data)[ \t]+"[^"\n]*"|module|variable|output|provider)[ \t]+"[^"\n]*"'
    r"|locals|terraform)[ \t]*\{"
)
_STATEMENT = re.compile(
    rf'{_GAP}(?:(?P<close>\}})|(?P<name>{_NAME})(?P<labels>(?:{_BLANK}(?:"(?:[^"\\\n]++|\\[^\n])*+"'
    rf"|{_NAME}))*+){_BLANK}(?:(?P<block>\{{)|(?P<attribute>=(?![=>])))?)?",
    re.DOTALL,
)
_LABEL = re.compile(rf'/\*.*?\*/|"((?:[^"\\\n]|\\.)*+)"|({_NAME})', re.DOTALL)
_KEY = re.compile(
    rf'{_GAP}(?:"(?P<quoted>(?:[^"\\\n]|\\.)*+)"|(?P<bare>[\w-]++)){_GAP}[=:](?![=>])',
    re.DOTALL,
)
_ONLY_GAP = re.compile(_GAP, re.DOTALL)
_STEP = re.compile(r'\["([^"]*)"\]|([^.\[\]]+)')
_JSON_PART = re.compile(
    rf'"(?P<key>(?:[^"\\\n]++|\\[^\n])*+)"\s*+:|(?P<bracket>[{{}}\[\],])|{_JSON_STRING}?+'
)
_INDEX = re.compile(r"[0-9]{1,9}")
_LABELS = {"resource": 2, "data": 2, "ephemeral": 2} | dict.fromkeys(
    ("module", "variable", "output", "provider", "check"), 1
)
_MODES = {"managed": "resource", "data": "data", "ephemeral": "ephemeral"}


class _Token(NamedTuple):
    kind: str  # one of {}[]() , "\n" and "#" (a comment to the end of the line)
    start: int
    depth: int  # number of enclosing brackets; -1 for a closing bracket without an opening one


class _Span(NamedTuple):
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SourceAttribute:
    """`name = expression`: its lines (1-based, inclusive) and the text of the expression."""

    line: int
    end_line: int
    text: str
    start: int = field(repr=False, compare=False)  # offset of the expression in the file's text


@dataclass(frozen=True, slots=True)
class SourceBlock:
    """A block, top-level or nested, with its own attributes and its nested blocks in order.

    Lines are 1-based and inclusive. In `.tf.json` files every property of a block is an attribute:
    only a provider's schema distinguishes attributes from nested blocks.
    """

    kind: str
    labels: tuple[str, ...]
    file: str
    line: int
    end_line: int
    attributes: Mapping[str, SourceAttribute] = field(hash=False)
    blocks: tuple[SourceBlock, ...]
    source: str = field(repr=False, compare=False)  # the file's text; [start:end] is this block
    start: int = field(repr=False, compare=False)
    end: int = field(repr=False, compare=False)

    @property
    def text(self) -> str:
        """The block as it is written."""
        return self.source[self.start : self.end]

    def line_of(self, path: str) -> int:
        """The line of `path`, such as `environment.variables.ROLE` or `rule.0.filter.0.prefix`.

        Follows nested blocks, `dynamic` blocks, and the objects and tuples in the expression of an
        attribute (also inside calls: `jsonencode({…})`). An omitted index is 0, and `tags["a.b"]`
        may be used for `tags.a.b`. Where the source does not have the whole path, the result is the
        line of the deepest part that it has, or else of the block.
        """
        steps = [quoted or plain for quoted, plain in _STEP.findall(path)]
        block, line = self, self.line
        while steps:
            name, *steps = steps
            attribute = block.attributes.get(name)
            if attribute is not None:
                span = _Span(attribute.start, attribute.start + len(attribute.text))
                lexer = _JSON if block.file.endswith(".json") else _HCL
                at = _descend(block.source, span, steps, lexer)
                return attribute.line if at is None else block._line_at(at)
            index = 0
            if steps and _INDEX.fullmatch(steps[0]):
                index, steps = int(steps[0]), steps[1:]
            nested = _nth(block.blocks, name, index)
            if nested is None:
                return line
            block, line = nested, nested.line
            if nested.kind == "dynamic":
                block = next((b for b in nested.blocks if b.kind == "content"), nested)
        return line

    def line_of_text(self, needle: str) -> int | None:
        """The first line of the block that contains `needle`, such as the Sid of a statement."""
        at = self.source.find(needle, self.start, self.end)
        return None if at < 0 else self._line_at(at)

    def _line_at(self, offset: int) -> int:
        return self.line + self.source.count("\n", self.start, offset)


def scan_text(text: str, file: str) -> tuple[SourceBlock, ...]:
    """All top-level blocks of a file, in order; JSON syntax if its name ends in `.json`."""
    return _scan_json(text, file) if file.endswith(".json") else _scan_hcl(text, file)


def object_entries(text: str) -> dict[str, str]:
    """Key → expression, for an expression that is one object constructor; else empty.

    Keys that are expressions, and ``for`` expressions, have no entries.
    """
    text = text.strip()
    groups = list(_groups(text, _Span(0, len(text)), _HCL))
    if groups != [_Span(0, len(text))] or not text.startswith("{"):
        return {}
    return {
        name: text[value.start : value.end].strip()
        for name, _, value in _entries(text, groups[0], _HCL)
    }


class SourceIndex:
    """The blocks of a configuration, by module path (without instance keys; `""` is the root)."""

    __slots__ = ("_blocks", "_definitions")

    def __init__(self, blocks: Mapping[str, tuple[SourceBlock, ...]]) -> None:
        self._blocks: dict[tuple[str, str], list[SourceBlock]] = {}
        self._definitions: dict[tuple[str, str, tuple[str, ...]], list[SourceBlock]] = {}
        for module, found in blocks.items():
            for block in found:
                self._blocks.setdefault((module, block.kind), []).append(block)
                scoped = [b for b in block.blocks if b.kind == "data"]  # check "…" { data … }
                for definition in (block, *(scoped if block.kind == "check" else ())):
                    key = (module, definition.kind, definition.labels)
                    self._definitions.setdefault(key, []).append(definition)

    @classmethod
    def read(
        cls,
        directories: Mapping[str, Path],
        *,
        root: Path,
        ignored: frozenset[str] = frozenset(),
    ) -> SourceIndex:
        """Scan the `*.tf` and `*.tf.json` files of each module's folder, override files last.

        File names are relative to `root`. Files named in `ignored` are skipped, as are unreadable
        folders and files, which Terraform reports.
        """
        scanned: dict[Path, tuple[SourceBlock, ...]] = {}
        for folder in directories.values():
            if folder not in scanned:
                scanned[folder] = tuple(_read_folder(folder, root, ignored))
        return cls({module: scanned[folder] for module, folder in directories.items()})

    def resource(self, module: str, mode: str, type_: str, name: str) -> SourceBlock | None:
        """The block of a resource (mode "managed" or "data"); the original if it is overridden."""
        return next(iter(self.definitions(module, mode, type_, name)), None)

    def definitions(self, module: str, mode: str, type_: str, name: str) -> tuple[SourceBlock, ...]:
        """The block of a resource, then those of override files."""
        key = (module, _MODES.get(mode, mode), (type_, name))
        return tuple(self._definitions.get(key, ()))

    def locate(
        self, module: str, mode: str, type_: str, name: str, path: str
    ) -> tuple[str, int] | None:
        """File and line of `path` in the effective definition: the last one that sets it."""
        definitions = self.definitions(module, mode, type_, name)
        head = next((quoted or plain for quoted, plain in _STEP.findall(path)), "")
        for block in reversed(definitions):
            if head in block.attributes or _nth(block.blocks, head, 0) is not None:
                return block.file, block.line_of(path)
        return (definitions[0].file, definitions[0].line) if definitions else None

    def blocks(self, module: str, kind: str) -> tuple[SourceBlock, ...]:
        """All top-level blocks of one kind ("provider", "variable", …), override files last."""
        return tuple(self._blocks.get((module, kind), ()))


def _read_folder(folder: Path, root: Path, ignored: frozenset[str]) -> Iterator[SourceBlock]:
    try:
        names = sorted({path.name for path in folder.iterdir()} - ignored)
    except OSError:
        return
    sources = [n for n in names if n.endswith((".tf", ".tf.json")) and not n.startswith(".")]
    for name in sorted(sources, key=is_override):  # stable: still sorted by name
        try:
            text = (folder / name).read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        file = PurePath(os.path.relpath(folder / name, root)).as_posix()
        yield from scan_text(text, file)


def is_override(name: str) -> bool:
    """Whether a file is an override file, by its name."""
    stem = name.removesuffix(".json").removesuffix(".tf")
    return stem == "override" or stem.endswith("_override")


def _tokens(text: str, start: int, end: int, lexer: re.Pattern[str]) -> Iterator[_Token]:
    """The tokens of text[start:end], without those inside a template."""
    stack: list[str] = []  # open brackets, '"' for a string, "<EOF" for a heredoc
    templates = 0  # strings and heredocs among them
    pos = start
    while pos < end:
        top = stack[-1] if stack else ""
        if top[:1] in ('"', "<") and top:
            mode = _QUOTED.match(text, pos, end) if top == '"' else _HEREDOC.search(text, pos, end)
            pos = mode.end() if mode else end
            if mode and mode["template"]:
                stack.append("{")
            elif top == '"' or (mode and mode["word"] == top[1:]):
                stack.pop()
                templates -= 1
            continue
        # Never None: every character is skipped, is a token, or starts a comment or heredoc.
        match = cast(re.Match[str], lexer.match(text, pos, end))
        pos, kind = match.end(), match["token"] or ""
        at = pos - 1
        if match["marker"] or kind == '"':
            stack.append(kind or "<" + match["marker"])
            templates += 1
            continue
        if kind and kind in "}])":
            depth = len(stack) - 1
            if stack:
                stack.pop()
        else:
            if kind == "\n" and stack and lexer is _HCL and _TOP_LEVEL.match(text, pos, end):
                stack.clear()
                templates = 0
            elif match["comment"]:
                kind, at = "#", match.start("comment")
            depth = len(stack)
            if kind and kind in "{[(":
                stack.append(kind)
        if kind and not templates:
            yield _Token(kind, at, depth)


def _end_of_expression(text: str, start: int) -> int:
    for kind, at, depth in _tokens(text, start, len(text), _HCL):
        if (depth == 0 and kind in "\n#") or (depth < 0 and kind == "}"):
            return at
    return len(text)


@dataclass(slots=True)
class _Open:
    """A block before its closing brace."""

    kind: str
    labels: tuple[str, ...]
    start: int
    attributes: dict[str, SourceAttribute] = field(default_factory=dict)
    blocks: list[SourceBlock] = field(default_factory=list)


class _File:
    """The text of a file, with a table to convert offsets to lines."""

    __slots__ = ("name", "newlines", "text")

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.newlines = [match.start() for match in re.finditer("\n", text)]

    def line(self, offset: int) -> int:
        return bisect_left(self.newlines, offset) + 1

    def attribute(self, name_at: int, start: int, end: int) -> SourceAttribute:
        raw = self.text[start:end]
        start += len(raw) - len(raw.lstrip())
        text = raw.strip()
        line = self.line(name_at)
        end_line = self.line(start + len(text) - 1) if text else line
        return SourceAttribute(line, end_line, text, start)

    def block(self, opened: _Open, end: int) -> SourceBlock:
        return SourceBlock(
            opened.kind,
            opened.labels,
            self.name,
            self.line(opened.start),
            self.line(end - 1),
            MappingProxyType(opened.attributes),
            tuple(opened.blocks),
            self.text,
            opened.start,
            end,
        )


def _scan_hcl(text: str, file: str) -> tuple[SourceBlock, ...]:
    source = _File(text, file)
    stack = [_Open("", (), 0)]  # the file itself, then every open block
    pos = done = 0  # done: the end of the last statement, where an unclosed block is cut off

    def close(end: int) -> None:
        block = source.block(stack.pop(), end)
        stack[-1].blocks.append(block)

    while pos < len(text):
        match = cast(re.Match[str], _STATEMENT.match(text, pos))  # never None: all is optional
        pos = match.end()
        start = match.start("name")
        if match["close"]:
            if len(stack) > 1:
                close(pos)
        elif match["block"]:
            if len(stack) > 1 and text[start - 1] == "\n" and _TOP_LEVEL.match(text, start):
                inner = {"check"} if match["name"] == "data" else set()  # check "…" { data … }
                while len(stack) > 1 and stack[-1].kind not in inner:
                    close(done)
            stack.append(_Open(match["name"], _labels(match["labels"]), start))
        elif match["attribute"] and not match["labels"]:
            end = _end_of_expression(text, pos)
            attribute = source.attribute(start, pos, end)
            stack[-1].attributes.setdefault(match["name"], attribute)
            pos = end
        else:
            if pos == len(text):
                break
            pos = _end_of_expression(text, pos)  # not HCL: skip it
        done = pos
    while len(stack) > 1:
        close(done)
    return tuple(stack[0].blocks)


def _labels(text: str) -> tuple[str, ...]:
    found = _LABEL.finditer(text) if text else ()
    return tuple(_unescape(match[match.lastindex]) for match in found if match.lastindex)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text) if "\\" in text else text


def _scan_json(text: str, file: str) -> tuple[SourceBlock, ...]:
    source = _File(text, file)
    found: list[SourceBlock] = []
    brackets: list[str] = []  # every open bracket
    keys: list[tuple[str, _Span | None]] = []  # for every open object, its current key
    body: _Open | None = None
    depth = 0  # how many brackets are open in the body

    for match in _JSON_PART.finditer(text):
        kind, at = match["bracket"], match.end() - 1
        if match["key"] is not None:
            if brackets and brackets[-1] == "{":
                keys[-1] = (_unescape(match["key"]), _Span(*match.span()))
        elif kind and kind in "{[":
            brackets.append(kind)
            if kind == "[":
                continue
            key = keys[-1][1] if keys else None
            if body is None and key and len(keys) == _LABELS.get(keys[0][0], 0) + 1:
                labels = tuple(name for name, _ in keys[1:])
                body, depth = _Open(keys[0][0], labels, key.start), len(brackets)
            keys.append(("", None))
        elif kind:
            name, key = keys[-1] if keys else ("", None)
            if body is not None and key and len(brackets) == depth:
                body.attributes[name] = source.attribute(key.start, key.end, at)
                keys[-1] = ("", None)
            if kind != "," and brackets and brackets.pop() == "{":
                keys.pop()
            if body is not None and len(brackets) < depth:
                found.append(source.block(body, match.end()))
                body = None
    if body is not None:
        found.append(source.block(body, len(text)))
    return tuple(block for block in found if block.kind != "//")  # "//" is JSON's comment


def _groups(text: str, span: _Span, lexer: re.Pattern[str]) -> Iterator[_Span]:
    """The outermost `{…}` and `[…]` of an expression, without indexes; parentheses are ignored."""
    opened: _Token | None = None
    for token in _tokens(text, *span, lexer):
        if opened is None:
            opened = token if token.kind in "{[" else None
        elif token.depth == opened.depth and token.kind in "}])":
            if not _is_lookup(text, opened.start, span.start):
                yield _Span(opened.start, token.start + 1)
            opened = None
    if opened is not None:
        yield _Span(opened.start, span.end)


def _is_lookup(text: str, at: int, begin: int) -> bool:
    """Whether the `[` at this offset starts an index, as in `var.names[0]`."""
    before = text[at - 1] if at > begin else ""
    return text[at] == "[" and (before.isalnum() or (before != "" and before in '_-])}*"'))


def _parts(text: str, group: _Span, lexer: re.Pattern[str]) -> Iterator[_Span]:
    """The elements of a tuple or the items of an object, without leading space."""
    separators = ",\n" if lexer is _HCL and text[group.start] == "{" else ","
    begin, end = group.start + 1, max(group.end - 1, group.start + 1)
    if text[group.end - 1] not in "}])":
        end = group.end  # never closed
    stops = (
        t.start for t in _tokens(text, begin, end, lexer) if not t.depth and t.kind in separators
    )
    for stop in (*stops, end):
        gap = _ONLY_GAP.match(text, begin, stop)
        if gap is not None and gap.end() < stop:
            yield _Span(gap.end(), stop)
        begin = stop + 1


def _entries(text: str, group: _Span, lexer: re.Pattern[str]) -> Iterator[tuple[str, int, _Span]]:
    """Key, offset of the key and span of the value, for each object item with a literal key."""
    for part in _parts(text, group, lexer):
        key = _KEY.match(text, *part)
        if key is not None:
            name = key["bare"] or _unescape(key["quoted"] or "")
            yield name, part.start, _Span(key.end(), part.end)


def _descend(text: str, span: _Span, steps: list[str], lexer: re.Pattern[str]) -> int | None:
    """Offset of the deepest step found in the expression; None if the first is not found."""
    found: int | None = None
    while steps:
        groups = list(_groups(text, span, lexer))
        entries = {
            name: (at, value)
            for group in groups
            if text[group.start] == "{"
            for name, at, value in _entries(text, group, lexer)
        }
        # A key may contain dots: `tags.kubernetes.io/name`.
        names = [".".join(steps[:used]) for used in range(1, len(steps) + 1)]
        used = next((n for n, name in enumerate(names, 1) if name in entries), 0)
        if used:
            found, span = entries[names[used - 1]]
            steps = steps[used:]
            continue
        has_index = _INDEX.fullmatch(steps[0]) is not None
        tuples = [group for group in groups if text[group.start] == "["]
        if tuples:
            parts = [part for group in tuples for part in _parts(text, group, lexer)]
            index = int(steps[0]) if has_index else 0
            if index >= len(parts):
                return found
            span = parts[index]
            if has_index:
                found = span.start
        elif not (has_index and entries):  # `rule.0` of a rule written as one object
            return found
        steps = steps[1:] if has_index else steps
    return found


def _nth(blocks: Iterable[SourceBlock], name: str, index: int) -> SourceBlock | None:
    """The nested block of that name and index; a `dynamic` block counts as all remaining ones."""
    for block in blocks:
        if block.kind == "dynamic" and block.labels == (name,):
            return block
        if block.kind == name:
            if index == 0:
                return block
            index -= 1
    return None
