"""An example of a check: its blocks, their references, and which of them the check judges.

An example is a folder of Terraform sources with the name of the check's file. The check must pass
its blocks named `pass…` and fail those named `fail…`. It also judges `unknown…` and `other…`; all
other blocks support these. A module in a subfolder is judged by the name of its call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from planproof.terraform.source_index import SourceBlock, scan_text

Key = tuple[str, str]
"""Folder (`""` for the example's own) and address of a block."""

_KIND = re.compile(r"(pass|fail|unknown|other)(_\w+)?")
_MENTION = re.compile(r"(?<![\w.-])[a-z]\w*\.[\w-]+(?:\.[\w-]+)?")


@dataclass(frozen=True, slots=True)
class Node:
    """One block of an example, or one entry of a `locals` block."""

    folder: str
    address: str
    kind: str | None
    block: SourceBlock
    text: str = field(repr=False)

    @property
    def key(self) -> Key:
        """The key of the block in its example."""
        return self.folder, self.address


class Example:
    """The sources of one check's example.

    Args:
        name: the check's name.
        files: path relative to the example's folder → text; other files, such as templates, are
            kept unchanged.
    """

    def __init__(self, name: str, files: Mapping[str, str]) -> None:
        self.name = name
        self.files = dict(files)
        self.nodes: dict[Key, Node] = {}
        for file, text in sorted(self.files.items()):
            if not file.endswith(".tf"):
                continue
            folder = PurePosixPath(file).parent.as_posix().removeprefix(".")
            for block in scan_text(text, file):
                for node in _nodes(folder, block):
                    self.nodes.setdefault(node.key, node)
        self._texts = {key: frozenset(_texts(node)) for key, node in self.nodes.items()}
        self._mentioned = {key: frozenset(self._mentions(n)) for key, n in self.nodes.items()}

    @classmethod
    def read(cls, folder: Path) -> Example:
        """The example in a folder."""
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        return cls(
            folder.name, {p.relative_to(folder).as_posix(): p.read_text("utf-8") for p in found}
        )

    def changed(self, file: str, text: str) -> Example:
        """The example with the text of one file replaced."""
        return Example(self.name, self.files | {file: text})

    def subjects(self, kind: str) -> list[Node]:
        """The blocks that the check must pass ("pass") or fail ("fail")."""
        return [node for node in self.nodes.values() if node.kind == kind]

    def mentions(self, node: Node) -> frozenset[Key]:
        """The blocks that a block refers to; a module call refers to all blocks of the module."""
        return self._mentioned[node.key]

    def needed(self, keys: Iterable[Key]) -> set[Key]:
        """The blocks and everything that they refer to, directly or indirectly."""
        found: set[Key] = set()
        waiting = [key for key in keys if key in self.nodes]
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting.extend(self._mentioned[key])
        return found

    def concerning(self, subject: Node) -> set[Key]:
        """What a subject refers to, and supporting blocks that refer to that or have an equal
        string, such as its policy."""
        found = self.needed([subject.key])
        while True:
            targets = {key for key in found if self.nodes[key].block.kind == "resource"}
            texts = self._texts[subject.key]
            more = [
                node.key
                for node in self.nodes.values()
                if node.kind is None
                and node.key not in found
                and node.block.kind in ("resource", "module", "data")
                and (self._mentioned[node.key] & targets or self._texts[node.key] & texts)
            ]
            if not more:
                return found
            found |= self.needed(more)

    def around(self, keys: Iterable[Key]) -> set[Key]:
        """The blocks, what they refer to, and supporting blocks of no other subject alone."""
        found = self.needed(keys)
        while True:
            more = {
                node.key
                for node in self.nodes.values()
                if node.kind is None
                and node.key not in found
                and not node.folder
                and node.block.kind in ("resource", "module", "provider")
                and (not (own := self._subjects_of(node)) or own & found)
            } | {
                node.key
                for node in self.nodes.values()
                if node.kind is None
                and node.key not in found
                and node.block.kind == "data"
                and any(self._texts[node.key] & self._texts[key] for key in found)
            }
            if not more:
                return found
            found |= self.needed(more)

    def written(self, keys: Iterable[Key]) -> dict[str, str]:
        """The sources of only these blocks, by file; other files are kept."""
        texts: dict[str, list[str]] = {}
        wanted = set(keys)
        for key, node in self.nodes.items():
            if key in wanted:
                texts.setdefault(node.block.file, []).append(node.text)
        others = {file: text for file, text in self.files.items() if not file.endswith(".tf")}
        return others | {file: "\n\n".join(parts) + "\n" for file, parts in texts.items()}

    def _subjects_of(self, node: Node) -> set[Key]:
        return {key for key in self.needed([node.key]) if self.nodes[key].kind is not None}

    def _mentions(self, node: Node) -> Iterator[Key]:
        for match in _MENTION.finditer(node.text):
            words = match[0].split(".")
            for count in (3, 2):
                key = (node.folder, ".".join(words[:count]))
                if key in self.nodes and key != node.key:
                    yield key
                    break
        source = node.block.attributes.get("source") if node.block.kind == "module" else None
        if source is not None:
            folder = PurePosixPath(node.folder, source.text.strip('"')).as_posix()
            yield from (key for key in self.nodes if key[0] == folder)


def _texts(node: Node) -> Iterator[str]:
    """The attributes of a block that are string literals; equal ones count as a reference."""
    if node.block.kind in ("resource", "data"):
        for attribute in node.block.attributes.values():
            if attribute.text.startswith('"'):
                yield attribute.text


def _nodes(folder: str, block: SourceBlock) -> Iterator[Node]:
    if block.kind == "locals":
        for name, attribute in block.attributes.items():
            entry = f"locals {{\n  {name} = {attribute.text}\n}}"
            yield Node(folder, f"local.{name}", None, block, entry)
        return
    address = _address(block)
    names = [] if folder else [address.rsplit(".", 1)[-1]]
    kind = next((m[1] for name in names if (m := _KIND.fullmatch(name))), None)
    if block.kind not in ("resource", "data", "module", "provider"):
        kind = None
    yield Node(folder, address, kind, block, block.text)


def _address(block: SourceBlock) -> str:
    if block.kind == "resource":
        return ".".join(block.labels)
    if block.kind == "provider":
        alias = block.attributes.get("alias")
        return ".".join((*block.labels, *((alias.text.strip('"'),) if alias else ())))
    kind = {"variable": "var"}.get(block.kind, block.kind)
    return ".".join((kind, *block.labels))
