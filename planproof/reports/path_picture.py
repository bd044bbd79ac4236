"""The data path as a picture, in the form that the page's template draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planproof.reports import path_labels as labels
from planproof.reports.path_layout import PAGE, Link, lay_out
from planproof.reports.path_routes import routes
from planproof.results import DrawnEdge, EdgeState

MOST = 250  # edges that a picture shows; with more it would not be readable
_MARGIN = 6.0
_READABLE = 1.4  # up to this multiple of its width, a picture is scaled down to fit the page
_TYPE, _NAME, _KIND = 11.0, 13.0, 11.0  # font sizes
_NAME_ROOM, _CRUX_ROOM = 104.0, 124.0
_KIND_ROOM, _LONG_WORD = 72.0, 100.0
_TYPE_LINE, _NAME_LINE, _KIND_LINE = 15.0, 16.0, 13.5
_BOLD = ("name", "crux")
_MARK = 19.0  # width of the cross or question mark in a label, with its margin


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text; x and y are the middle of its baseline."""

    x: float
    y: float
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines in a box; x and y are its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Node:
    """A node; ``title`` is its full name."""

    block: Block
    title: str
    style: str


@dataclass(frozen=True, slots=True)
class Arc:
    """An edge as SVG paths, with its label; ``title`` describes it in full."""

    curve: str
    arrow: str
    label: Block
    title: str
    state: EdgeState


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything to draw.

    Attributes:
        view: the SVG's ``viewBox``.
        width, height: natural size in pixels.
        wide: whether it would not be readable when scaled down to the width of the page.
        left_out: number of edges that are not drawn.
    """

    view: str
    width: float
    height: float
    wide: bool
    nodes: list[Node]
    arcs: list[Arc]
    left_out: int


@dataclass(frozen=True, slots=True)
class PathSection:
    """The page's section on the data path."""

    edges: tuple[DrawnEdge, ...]
    picture: Picture

    @property
    def tally(self) -> str:
        """The count of proven edges."""
        return labels.tally(self.edges)

    @property
    def rows(self) -> list[DrawnEdge]:
        """The rows of the table: edges that are not proven first."""
        return [*labels.unproven(self.edges), *(edge for edge in self.edges if edge.proven)]

    @property
    def description(self) -> str:
        """The text alternative of the picture."""
        sentences = [self.tally, *map(title_of, labels.unproven(self.edges))]
        return ". ".join([*sentences[:_SENTENCES], "The table below lists every edge."])

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The states that occur, each with its meaning."""
        seen = {edge.state for edge in self.edges}
        return [(state, f"{state}: {_MEANINGS[state]}") for state in _MEANINGS if state in seen]

    @property
    def outside(self) -> bool:
        """Whether a node is outside the stack."""
        return any(node.style == "outside" for node in self.picture.nodes)


_SENTENCES = 10  # of the text alternative
_MEANINGS = {
    EdgeState.PROVEN: "AWS allows everything it needs",
    EdgeState.BROKEN: "something is missing",
    EdgeState.UNDETERMINED: "cannot be decided",
}


def path_section(edges: tuple[DrawnEdge, ...]) -> PathSection | None:
    """The section, or None without edges."""
    return PathSection(edges, picture(edges)) if edges else None


def picture(edges: Sequence[DrawnEdge]) -> Picture:
    """The picture of the edges; of more than :data:`MOST`, only those that are not proven."""
    shown = list(edges) if len(edges) <= MOST else labels.unproven(edges)[:MOST]
    ends = list(dict.fromkeys(end for edge in shown for end in (edge.source, edge.target)))
    number = {end: at for at, end in enumerate(ends)}
    texts = [_texts(edge) for edge in shown]
    links = [
        Link(number[edge.source], number[edge.target], _size(lines, 10, 5, _mark(edge)))
        for edge, lines in zip(shown, texts, strict=True)
    ]
    parts = [_node_lines(end) for end in ends]
    layout = lay_out([_size(lines, 20, 16) for lines in parts], links)
    nodes = []
    for at, (end, lines) in enumerate(zip(ends, parts, strict=True)):
        box = layout.boxes[at]
        style = "outside" if labels.node_label(end).outside else "inside"
        nodes.append(Node(_block((box.x, box.y), (box.width, box.height), lines), end, style))
    arcs = []
    for edge, lines, link, route in zip(shown, texts, links, routes(links, layout), strict=True):
        label = _block(route.label, link.label, lines, _mark(edge))
        arcs.append(Arc(route.curve, route.arrow, label, title_of(edge), edge.state))
    # The worst edges are drawn last, on top of the others.
    arcs.sort(key=lambda arc: -arc.state.rank)
    # A label may extend above or below all nodes.
    blocks = [node.block for node in nodes] + [arc.label for arc in arcs]
    top = min((block.y for block in blocks), default=0.0)
    bottom = max((block.y + block.height for block in blocks), default=0.0)
    top, bottom = min(top, 0.0) - _MARGIN, max(bottom, layout.height) + _MARGIN
    width, height = layout.width + 2 * _MARGIN, bottom - top
    return Picture(
        view=f"{-_MARGIN:g} {top:.0f} {width:.0f} {height:.0f}",
        width=round(width),
        height=round(height),
        wide=width > _READABLE * PAGE,
        nodes=nodes,
        arcs=arcs,
        left_out=len(edges) - len(shown),
    )


def title_of(edge: DrawnEdge) -> str:
    """An edge, its state, and what it lacks, in a sentence."""
    sentence = f"{edge.source} {edge.kind} {edge.target}: {edge.state}"
    if missing := labels.missing_text(edge):
        sentence += f", {'lacks' if edge.state is EdgeState.BROKEN else 'undecided:'} {missing}"
    return sentence


Sized = list[tuple[str, str, float, float]]  # text, style, font size, line height


def _node_lines(end: str) -> Sized:
    part = labels.node_label(end)
    lines = labels.wrapped(part.name, _NAME_ROOM, _NAME, bold=True)
    [type_] = labels.wrapped(part.type, _NAME_ROOM, _TYPE, 1)
    return [(type_, "type", _TYPE, _TYPE_LINE), *((t, "name", _NAME, _NAME_LINE) for t in lines)]


def _texts(edge: DrawnEdge) -> Sized:
    longest = max((labels.width(word, _KIND) for word in edge.kind.split()), default=0.0)
    room = min(max(longest, _KIND_ROOM), _LONG_WORD)
    lines = [(text, "kind") for text in labels.wrapped(edge.kind, room, _KIND)]
    first, more = labels.first_missing(edge)
    if first:
        lines += [(text, "crux") for text in labels.wrapped(first, _CRUX_ROOM, _KIND, bold=True)]
    if more:
        lines.append((f"and {more:,} more", "crux"))
    return [(text, style, _KIND, _KIND_LINE) for text, style in lines]


def _mark(edge: DrawnEdge) -> float:
    return 0.0 if edge.proven else _MARK


def _size(lines: Sized, across: float, down: float, mark: float = 0.0) -> tuple[float, float]:
    """The size of a box around the lines, with these paddings and room for the mark."""
    widest = max(
        (labels.width(text, size, bold=style in _BOLD) for text, style, size, _ in lines),
        default=0.0,
    )
    return widest + across + mark, sum(height for *_, height in lines) + down


def _block(
    middle: tuple[float, float], size: tuple[float, float], lines: Sized, mark: float = 0.0
) -> Block:
    """The lines centred in a box, or in the part of it that the mark leaves free."""
    x, y = middle[0] - size[0] / 2, middle[1] - size[1] / 2
    top = middle[1] - sum(height for *_, height in lines) / 2
    placed = []
    for text, style, letters, height in lines:
        base = top + height / 2 + letters * 0.35
        placed.append(Line(round(middle[0] + mark / 2, 1), round(base, 1), text, style))
        top += height
    return Block(round(x, 1), round(y, 1), round(size[0], 1), round(size[1], 1), placed)
