"""Terraform source files as blocks and unevaluated expressions.

Checkov passes a check rendered values, with every variable replaced by its default. A rule about
the source (is this name a literal? is this the key's id or its ARN?) needs the expressions. The
parser is Checkov's own, python-hcl2, used for its syntax tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from hcl2.parser import hcl2
from lark import Token, Tree
from lark.exceptions import LarkError

Node = Tree[Token]


@dataclass(frozen=True, eq=False)
class Block:
    """A block: its type, its labels, its attributes as syntax trees, and its nested blocks."""

    type: str
    labels: tuple[str, ...]
    attributes: dict[str, Node]
    blocks: tuple[Block, ...]
    file: Path
    first_line: int

    @property
    def address(self) -> str:
        """The address in its module: ``aws_kms_key.media``, ``data.aws_region.current``."""
        parts = self.labels if self.type == "resource" else (self.type, *self.labels)
        return ".".join(parts)


@dataclass(frozen=True, eq=False)
class Directory:
    """The blocks of one directory, which is one module."""

    path: Path
    blocks: tuple[Block, ...]
    by_address: dict[str, Block] = field(default_factory=dict)
    by_location: dict[tuple[Path, int], Block] = field(default_factory=dict)
    local_values: dict[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for block in self.blocks:
            self.by_location[block.file, block.first_line] = block
            if block.type == "locals":
                self.local_values.update(block.attributes)
            else:
                self.by_address.setdefault(block.address, block)


def read_directory(path: Path, files: Iterable[Path]) -> Directory:
    """Parses ``files``, all of the directory ``path``, except those with syntax errors, which
    Checkov reports.
    """
    blocks: list[Block] = []
    overrides: list[Block] = []
    for file in sorted(files):
        (overrides if _is_override(file) else blocks).extend(_read_file(file))
    directory = Directory(path, overridden(blocks, overrides))
    for override in overrides:
        # Checkov treats an override as a block of its own.
        if override.address in directory.by_address:
            location = (override.file, override.first_line)
            directory.by_location[location] = directory.by_address[override.address]
    return directory


def overridden(blocks: Iterable[Block], overrides: Iterable[Block]) -> tuple[Block, ...]:
    """The blocks merged with those of override files: an argument replaces the one of its name,
    and nested blocks replace all of their type.

    https://developer.hashicorp.com/terraform/language/files/override
    """
    merged = list(blocks)
    for override in overrides:
        for number, block in enumerate(merged):
            if block.address == override.address and block.type != "locals":
                merged[number] = _merged(block, override)
                break
        else:
            merged.append(override)
    return tuple(merged)


def _merged(block: Block, override: Block) -> Block:
    replaced = {content_type(nested) for nested in override.blocks}
    others = [nested for nested in block.blocks if content_type(nested) not in replaced]
    return replace(
        block,
        attributes={**block.attributes, **override.attributes},
        blocks=(*others, *override.blocks),
    )


def content_type(block: Block) -> str:
    """The type of a nested block, or of those that a ``dynamic`` block generates."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def _is_override(file: Path) -> bool:
    return file.stem == "override" or file.stem.endswith("_override")


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> Node | None:
    """The syntax tree of one expression, or ``None`` if it has syntax errors."""
    try:
        tree = hcl2.lark_parser.parse(f"x = {text.strip()}\n")
    except LarkError:
        return None
    attributes = list(tree.find_data("attribute"))
    return node(attributes[0].children[1]) if attributes else None


def _read_file(file: Path) -> tuple[Block, ...]:
    try:
        tree = hcl2.lark_parser.parse(file.read_text(encoding="utf-8") + "\n")
    except (LarkError, OSError, UnicodeDecodeError):
        return ()
    _, blocks = _read_body(node(tree.children[0]), file)
    return blocks


def _read_body(body: Node, file: Path) -> tuple[dict[str, Node], tuple[Block, ...]]:
    attributes: dict[str, Node] = {}
    blocks: list[Block] = []
    for child in map(node, body.children):
        if child.data == "attribute":
            attributes[identifier(node(child.children[0]))] = node(child.children[1])
        elif child.data == "block":
            blocks.append(_read_block(child, file))
    return attributes, tuple(blocks)


def _read_block(tree: Node, file: Path) -> Block:
    *header, body = tree.children
    block_type, *labels = (
        part.value.strip('"') if isinstance(part, Token) else identifier(part) for part in header
    )
    attributes, blocks = _read_body(node(body), file)
    return Block(block_type, tuple(labels), attributes, blocks, file, tree.meta.line)


def identifier(tree: Node) -> str:
    """The name in an ``identifier`` node."""
    return str(tree.children[0])


def node(child: Any) -> Node:
    """The child as a node of the syntax tree."""
    if not isinstance(child, Tree):
        raise TypeError(f"the grammar of python-hcl2 has changed: {child!r} is not a node")
    return child
