"""The data path as a picture: what the page's template draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planproof.reports import path_words as words
from planproof.reports.path_layout import PAGE, Link, lay_out
from planproof.reports.path_routes import routes
from planproof.results import EDGE_STATES, DrawnEdge

MOST = 250  # edges that a picture shows; with more, nobody would see anything
_MARGIN = 6.0
_READABLE = 1.4  # how many times as wide as the page a picture may be made to fit it
_TYPE, _NAME, _KIND = 11.0, 13.0, 11.0  # sizes of letters
_NAME_ROOM, _CRUX_ROOM = 104.0, 124.0
_KIND_ROOM, _LONG_WORD = 72.0, 100.0
_TYPE_LINE, _NAME_LINE, _KIND_LINE = 15.0, 16.0, 13.5
_BOLD = ("name", "crux")
_MARK = 19.0  # the cross or the question mark of a label, with the space beside it


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: the middle of its base line."""

    x: float
    y: float
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines in a box: its corner, its size."""

    x: float
    y: float
    width: float
    height: float
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Node:
    """A part; ``title`` is its name in full."""

    block: Block
    title: str
    style: str


@dataclass(frozen=True, slots=True)
class Corner:
    """The upper left corner of something."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Arc:
    """An edge, as SVG paths, with the label on it and the label's mark; ``title`` says all."""

    curve: str
    arrow: str
    label: Block
    title: str
    state: str
    mark: Corner | None


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything to draw.

    Attributes:
        view: what the SVG's ``viewBox`` says.
        width, height: natural size in pixels.
        wide: whether it cannot be read when it is made as narrow as the page.
        left_out: how many edges are not in it.
    """

    view: str
    width: float
    height: float
    wide: bool
    nodes: list[Node]
    arcs: list[Arc]
    left_out: int


@dataclass(frozen=True, slots=True)
class PathPart:
    """What the page says of the data path."""

    edges: tuple[DrawnEdge, ...]
    picture: Picture

    @property
    def tally(self) -> str:
        """How many edges are proven."""
        return words.tally(self.edges)

    @property
    def rows(self) -> list[DrawnEdge]:
        """The edges as the table has them: what is not proven first."""
        return [*words.unproven(self.edges), *(edge for edge in self.edges if edge.proven)]

    @property
    def describes(self) -> str:
        """The picture for whoever cannot see it."""
        said = [f"{self.tally}.", *(f"{title_of(edge)}." for edge in words.unproven(self.edges))]
        return " ".join([*said[:_TOLD], "The table below has every edge."])

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The states that occur, and what each means."""
        seen = {edge.state for edge in self.edges}
        return [(state, f"{state}: {_MEANS[state]}") for state in _MEANS if state in seen]

    @property
    def outside(self) -> bool:
        """Whether anything is drawn that is not in the stack."""
        return any(node.style == "outside" for node in self.picture.nodes)


_TOLD = 10  # sentences
_MEANS = {
    "proven": "AWS allows everything it needs",
    "broken": "something is missing",
    "undetermined": "it cannot be told",
}


def data_path(edges: tuple[DrawnEdge, ...]) -> PathPart | None:
    """The page's part on the data path, None where nothing was drawn."""
    return PathPart(edges, picture(edges)) if edges else None


def picture(edges: Sequence[DrawnEdge]) -> Picture:
    """The edges as a picture; if there are too many, those that are not proven."""
    shown = list(edges) if len(edges) <= MOST else words.unproven(edges)[:MOST]
    ends = list(dict.fromkeys(end for edge in shown for end in (edge.source, edge.target)))
    number = {end: at for at, end in enumerate(ends)}
    labels = [_label_lines(edge) for edge in shown]
    links = [
        Link(number[edge.source], number[edge.target], _size(lines, 10, 5, _mark(edge)))
        for edge, lines in zip(shown, labels, strict=True)
    ]
    parts = [_node_lines(end) for end in ends]
    layout = lay_out([_size(lines, 20, 16) for lines in parts], links)
    nodes = []
    for at, (end, lines) in enumerate(zip(ends, parts, strict=True)):
        box = layout.boxes[at]
        style = "outside" if words.named(end).outside else "inside"
        nodes.append(Node(_block((box.x, box.y), (box.width, box.height), lines), end, style))
    arcs = []
    for edge, lines, link, route in zip(shown, labels, links, routes(links, layout), strict=True):
        label = _block(route.label, link.label, lines, _mark(edge))
        mark = None if edge.proven else _corner(label)
        arcs.append(Arc(route.curve, route.arrow, label, title_of(edge), edge.state, mark))
    # The worst are drawn last and so lie on top.
    arcs.sort(key=lambda arc: -EDGE_STATES.index(arc.state))
    # A label may stand a little above or below everything else.
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
    """All about an edge in a sentence."""
    lacks = words.lacks(edge)
    said = f"{edge.source} {edge.kind} {edge.target}: {edge.state}"
    if lacks:
        said += f", {'lacks' if edge.state == 'broken' else 'undecided is'} {lacks}"
    return said


Sized = list[tuple[str, str, float, float]]  # text, style, size of its letters, its height


def _node_lines(end: str) -> Sized:
    part = words.named(end)
    lines = words.wrapped(part.name, _NAME_ROOM, _NAME, bold=True)
    [type_] = words.wrapped(part.type, _NAME_ROOM, _TYPE, 1)
    return [(type_, "type", _TYPE, _TYPE_LINE), *((t, "name", _NAME, _NAME_LINE) for t in lines)]


def _label_lines(edge: DrawnEdge) -> Sized:
    longest = max((words.width(word, _KIND) for word in edge.kind.split()), default=0.0)
    room = min(max(longest, _KIND_ROOM), _LONG_WORD)
    lines = [(text, "kind") for text in words.wrapped(edge.kind, room, _KIND)]
    first, more = words.crux(edge)
    if first:
        lines += [(text, "crux") for text in words.wrapped(first, _CRUX_ROOM, _KIND, bold=True)]
    if more:
        lines.append((f"and {more:,} more", "crux"))
    return [(text, style, _KIND, _KIND_LINE) for text, style in lines]


def _mark(edge: DrawnEdge) -> float:
    return 0.0 if edge.proven else _MARK


def _corner(label: Block) -> Corner:
    """Where the mark stands in a label."""
    return Corner(round(label.x + 5, 1), round(label.y + (label.height - 15) / 2, 1))


def _size(lines: Sized, across: float, down: float, mark: float = 0.0) -> tuple[float, float]:
    """Of a box around the lines, with so much room beside and around them."""
    widest = max(
        (words.width(text, size, bold=style in _BOLD) for text, style, size, _ in lines),
        default=0.0,
    )
    return widest + across + mark, sum(height for *_, height in lines) + down


def _block(
    middle: tuple[float, float], size: tuple[float, float], lines: Sized, mark: float = 0.0
) -> Block:
    """The lines, one below the other, in the middle of a box or of what the mark leaves of it."""
    x, y = middle[0] - size[0] / 2, middle[1] - size[1] / 2
    top = middle[1] - sum(height for *_, height in lines) / 2
    placed = []
    for text, style, letters, height in lines:
        base = top + height / 2 + letters * 0.35
        placed.append(Line(round(middle[0] + mark / 2, 1), round(base, 1), text, style))
        top += height
    return Block(round(x, 1), round(y, 1), round(size[0], 1), round(size[1], 1), placed)
