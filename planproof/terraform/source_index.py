"""Finds file and line of every block and attribute of Terraform sources.

`terraform show -json` has no positions, and evidence names file and line. This is a scanner, not an
evaluator: `planproof.terraform.expressions` has the parts of an expression. It reports no errors,
since Terraform does: for malformed text it returns what it can. Time is linear in the size of the
text; nothing recurses.

Syntax: https://developer.hashicorp.com/terraform/language/syntax/configuration
JSON:   https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import cast

from planproof.terraform.expressions import GAP, NAME, TOP_LEVEL, Slot, Term, outer_tokens

_BLANK = r"(?:[ \t]++|/\*.*?\*/)*+"
_STATEMENT = re.compile(
    rf'{GAP}(?:(?P<close>\}})|(?P<name>{NAME})(?P<labels>(?:{_BLANK}(?:"(?:[^"\\\n]++|\\[^\n])*+"'
    rf"|{NAME}))*+){_BLANK}(?:(?P<block>\{{)|(?P<attribute>=(?![=>])))?)?",
    re.DOTALL,
)
_LABEL = re.compile(rf'/\*.*?\*/|"((?:[^"\\\n]|\\.)*+)"|({NAME})', re.DOTALL)
_STEP = re.compile(r'\["([^"]*)"\]|([^.\[\]]+)')
_TEMPLATE = re.compile(
    r'\btemplatefile\(\s*(?P<argument>"\$\{path\.(?P<base>module|root)\}/(?P<path>[^"$%\\]+)")'
)
_INDEX = re.compile(r"[0-9]{1,9}")
_LABELS = {"resource": 2, "data": 2, "ephemeral": 2} | dict.fromkeys(
    ("module", "variable", "output", "provider", "check"), 1
)
_MODES = {"managed": "resource", "data": "data", "ephemeral": "ephemeral"}


@dataclass(frozen=True)
class SourceAttribute(Slot):
    """`name = expression`, and its lines, 1-based and inclusive."""

    line: int
    end_line: int


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
                at = _descend(attribute, steps)
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
    only = Slot.of(text).only
    return {name: slot.text for name, slot in _entries([only] if only else [])}


def list_items(text: str) -> list[str] | None:
    """The items of an expression that is one list constructor; else None."""
    only = Slot.of(text).only
    if only is None or only.kind != "list":
        return None
    return [slot.text for slot in only.slots]


class SourceIndex:
    """The blocks of a configuration, by module path (without instance keys; `""` is the root).

    Attributes:
        templates: the first argument of `templatefile`, as it is written, and the texts of the
            files that it names in all modules.
    """

    __slots__ = ("_blocks", "_definitions", "templates")

    def __init__(
        self,
        blocks: Mapping[str, tuple[SourceBlock, ...]],
        templates: Mapping[str, frozenset[str]] = MappingProxyType({}),
    ) -> None:
        self.templates = templates
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
        templates: dict[str, frozenset[str]] = {}
        for folder in directories.values():
            if folder not in scanned:
                scanned[folder] = tuple(_read_folder(folder, root, ignored))
                for block in scanned[folder]:
                    for written, text in _templates(block, folder, root):
                        templates[written] = templates.get(written, frozenset()) | {text}
        return cls({module: scanned[folder] for module, folder in directories.items()}, templates)

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


def _templates(block: SourceBlock, folder: Path, root: Path) -> Iterator[tuple[str, str]]:
    """The arguments of `templatefile` in a block that name a file here, and its text."""
    for match in _TEMPLATE.finditer(block.text):
        path = {"module": folder, "root": root}[match["base"]] / match["path"]
        with suppress(OSError):
            yield match["argument"], path.read_text("utf-8", "replace")


def is_override(name: str) -> bool:
    """Whether a file is an override file, by its name."""
    stem = name.removesuffix(".json").removesuffix(".tf")
    return stem == "override" or stem.endswith("_override")


def _end_of_expression(text: str, start: int) -> int:
    ends = (at for kind, at in outer_tokens(text, start, len(text)) if kind in "\n#}")
    return next(ends, len(text))


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

    def attribute(self, name: str, name_at: int, start: int, end: int) -> SourceAttribute:
        raw = self.text[start:end]
        start += len(raw) - len(raw.lstrip())
        end = start + len(raw.strip())
        line = self.line(name_at)
        end_line = self.line(end - 1) if end > start else line
        is_json = self.name.endswith(".json")
        return SourceAttribute(
            name, name_at, end, start, end, self.text, line, end_line, is_json=is_json
        )

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
            if len(stack) > 1 and text[start - 1] == "\n" and TOP_LEVEL.match(text, start):
                inner = {"check"} if match["name"] == "data" else set()  # check "…" { data … }
                while len(stack) > 1 and stack[-1].kind not in inner:
                    close(done)
            stack.append(_Open(match["name"], _labels(match["labels"]), start))
        elif match["attribute"] and not match["labels"]:
            end = _end_of_expression(text, pos)
            attribute = source.attribute(match["name"], start, pos, end)
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
    for kind, property_ in _properties(Slot.of(text, is_json=True)):
        labelled: list[tuple[tuple[str, ...], Slot]] = [((), property_)]
        for _ in range(_LABELS.get(kind, 0)):
            labelled = [((*n, name), s) for n, slot in labelled for name, s in _properties(slot)]
        for labels, slot in labelled if kind != "//" else ():  # "//" is JSON's comment
            for body in _objects(slot):
                opened = _Open(kind, labels, slot.start)
                for name, one in _entries([body]):
                    opened.attributes[name] = source.attribute(name, one.start, one.value, one.end)
                found.append(source.block(opened, body.end))
    return tuple(found)


def json_keys(text: str) -> Iterator[tuple[str, int]]:
    """The top-level keys of a `.tf.json` file, and the offset of each; of damaged JSON, none."""
    for key, slot in _properties(Slot.of(text, is_json=True)):
        yield key, slot.start


def _properties(slot: Slot) -> Iterator[tuple[str, Slot]]:
    return _entries(_objects(slot))


def _objects(slot: Slot) -> Iterator[Term]:
    """The objects that are the value of a property in JSON, or the items of its array."""
    for term in slot.terms:
        if term.kind == "list":
            yield from (one for item in term.slots for one in item.terms if one.kind == "object")
        elif term.kind == "object":
            yield term


def _entries(terms: Iterable[Term]) -> Iterator[tuple[str, Slot]]:
    """The entries of object constructors with a literal key: key and entry."""
    for term in terms:
        for slot in term.slots if term.kind == "object" else ():
            if slot.key:
                yield _unescape(slot.key), slot


def _collections(slot: Slot) -> Iterator[Term]:
    """The outermost objects, lists and `for` expressions of an expression, in order; also those
    in parentheses."""
    pending = list(slot.terms)[::-1]
    while pending:
        term = pending.pop()
        if term.kind in ("object", "list", "for"):
            yield term
        elif term.kind in ("call", "group"):
            pending += [inner for one in term.slots for inner in one.terms][::-1]


def _descend(slot: Slot, steps: list[str]) -> int | None:
    """Offset of the deepest step found in the expression; None if the first is not found."""
    found: int | None = None
    while steps:
        collections = list(_collections(slot))
        entries = dict(_entries(collections))
        # A key may contain dots: `tags.kubernetes.io/name`.
        names = [".".join(steps[:used]) for used in range(1, len(steps) + 1)]
        used = next((n for n, name in enumerate(names, 1) if name in entries), 0)
        if used:
            slot = entries[names[used - 1]]
            found, steps = slot.start, steps[used:]
            continue
        has_index = _INDEX.fullmatch(steps[0]) is not None
        lists = [term for term in collections if slot.source[term.start] == "["]
        if lists:
            items = [item for term in lists for item in term.slots]
            index = int(steps[0]) if has_index else 0
            if index >= len(items):
                return found
            slot = items[index]
            if has_index:
                found = slot.start
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
