"""A reader of the HTML report, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

from planproof.reports import compliance_html
from planproof.results import RunResult

VOID = {"meta", "wbr", "br", "img", "link", "input", "hr", "base"}


@dataclass(eq=False)
class Element:
    tag: str
    attributes: dict[str, str | None]
    parents: tuple[Element, ...]
    page: Page
    start: int
    end: int = -1

    @property
    def classes(self) -> set[str]:
        return set((self.attributes.get("class") or "").split())

    @property
    def inside(self) -> str:
        """Its text, with white space as it stands in the source."""
        return "".join(self.page.pieces[self.start : self.end])

    @property
    def text(self) -> str:
        """Its text, with white space as a reader sees it."""
        return " ".join(self.inside.split())


class Page(HTMLParser):
    """Every element with its text, and a complaint for each that is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.complaints: list[str] = []
        self.pieces: list[str] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()
        self.complaints += [f"<{element.tag}> is not closed" for element in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = len(self.pieces)
        element = Element(tag, dict(attrs), tuple(self._open), self, at, at)
        self.elements.append(element)
        if len(element.attributes) < len(attrs):
            self.complaints.append(f"<{tag}> has an attribute twice")
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = len(self.pieces)
        self.elements.append(Element(tag, dict(attrs), tuple(self._open), self, at, at))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            self.complaints.append(f"</{tag}> closes nothing")
        else:
            self._open.pop().end = len(self.pieces)

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def all(self, tag: str, *classes: str) -> list[Element]:
        return [e for e in self.elements if e.tag == tag and e.classes >= set(classes)]

    def text(self) -> str:
        return self.all("main")[0].text


def page_of(result: RunResult, project: str = "..") -> Page:
    return Page(compliance_html.render(result, digest="0" * 64, project=project))
