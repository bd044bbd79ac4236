"""Reads the project's Markdown: headings, links, fenced blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.builders.repository import ROOT

REQUIREMENT_PAGES = ROOT / "docs" / "requirements"

_FENCE = re.compile(
    r"^(?P<fence>```+|~~~+)(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=fence)\s*$", re.M | re.S
)
_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and its second-level heading."""

    language: str
    body: str
    section: str


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Path relative to the project."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def prose(self) -> str:
        """The text without fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def title(self) -> str:
        """The first-level heading."""
        return next(line[2:].strip() for line in self.prose.splitlines() if line.startswith("# "))

    @property
    def sections(self) -> list[str]:
        """The second-level headings, in order."""
        return [line[3:].strip() for line in self.prose.splitlines() if line.startswith("## ")]

    def section(self, name: str) -> str:
        """The text under a second-level heading, fenced blocks included."""
        return re.split(r"^## ", self.text.split(f"\n## {name}\n", 1)[1], maxsplit=1, flags=re.M)[0]

    @property
    def blocks(self) -> list[Block]:
        """Every fenced block."""
        return [
            Block(match["language"], match["body"], _heading_before(self.text[: match.start()]))
            for match in _FENCE.finditer(self.text)
        ]

    @property
    def links(self) -> list[str]:
        """The targets of all links and images."""
        return _LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """The anchors that GitHub makes from the headings."""
        headings = re.findall(r"^#{1,6} +(.*?) *$", self.prose, re.M)
        return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def _heading_before(text: str) -> str:
    found = re.findall(r"^## +(.*?) *$", text, re.M)
    return found[-1] if found else ""


def read(path: Path) -> Page:
    """The page at ``path``."""
    return Page(path, path.read_text("utf-8"))


def all_pages() -> list[Page]:
    """Every Markdown file of the project, except the output of tools."""
    pages = []
    for path in sorted(ROOT.rglob("*.md")):
        folders = path.relative_to(ROOT).parts[:-1]
        if not any(f.startswith(".") or f in ("reports", "node_modules", "build") for f in folders):
            pages.append(read(path))
    return pages


def requirement_pages() -> list[Page]:
    """The pages that explain requirements, by id."""
    return [read(path) for path in sorted(REQUIREMENT_PAGES.glob("*.md"))]
