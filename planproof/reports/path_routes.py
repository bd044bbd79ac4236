"""The curves of a picture's links, their arrows, and the positions of their labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations, pairwise

from planproof.reports.path_layout import Box, Layout, Link
from planproof.reports.path_spacing import spaced

_PORT = 13.0  # between two links at one side of a node
_ARROW = 8.0
# Offsets of a label from its best position: along the curve, and away from it in label heights.
_STEPS = (0.0, 0.06, -0.06, 0.12, -0.12, 0.18, -0.18)
_SHIFTS = (0.0, -0.2, 0.2, -0.4, 0.4)
_SAMPLES = 12
_MANY = 300
_EARLY, _EVEN, _LATE = 0.3, 0.5, 0.7

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A curve between two columns, horizontal at both ends.

    Attributes:
        turn: where between its ends it rises or falls, 0 to 1: early if many links leave its node,
            late if many arrive at one, so that it does not run into them.
        column: the middle of the column on its left.
    """

    start: Point
    end: Point
    turn: float
    column: float

    @property
    def elbow(self) -> float:
        return self.start[0] + self.turn * (self.end[0] - self.start[0])

    def at(self, t: float) -> Point:
        """The point for a parameter of the Bézier curve."""
        (x1, y1), (x2, y2), u = self.start, self.end, 1 - t
        x = u**3 * x1 + 3 * u * t * self.elbow + t**3 * x2
        return x, (u**3 + 3 * u * u * t) * y1 + (t**3 + 3 * u * t * t) * y2


@dataclass(frozen=True, slots=True)
class Route:
    """The curve and the arrow of a link as SVG paths, and the middle of its label."""

    curve: str
    arrow: str
    label: Point


def routes(links: Sequence[Link], layout: Layout) -> list[Route]:
    """The route of each link."""
    ports = _ports(links, layout)
    leaving = Counter(layout.chains[i][0] for i in ports)
    arriving = Counter(layout.chains[i][-1] for i in ports)
    # Links that arrive at the same node as an early one turn early, too, or they would cross.
    early = {
        chain[-1]
        for chain in (layout.chains[i] for i in ports)
        if leaving.get(chain[-2], 1) > arriving[chain[-1]]
    }
    curves = {
        i: _pieces(layout.chains[i], layout.boxes, port, leaving, arriving, early)
        for i, port in ports.items()
    }
    labels = _labels(links, layout, curves)
    found = []
    for i, link in enumerate(links):
        source = layout.boxes[link.source]
        if link.source == link.target:
            found.append(_loop(source, link.label[1]))
        elif i in layout.hanging:
            found.append(_straight_down(source, layout.boxes[link.target]))
        else:
            back = i in layout.reversed_links
            found.append(Route(_curve(curves[i], back), _arrow(curves[i], back), labels[i]))
    return found


def _ports(links: Sequence[Link], layout: Layout) -> dict[int, Point]:
    """How far from the middle each link leaves its left box and arrives at its right one."""
    sides: defaultdict[tuple[int, bool], list[tuple[float, int]]] = defaultdict(list)
    for i, chain in layout.chains.items():
        if i not in layout.hanging and links[i].source != links[i].target:
            sides[chain[0], True].append((layout.boxes[chain[1]].y, i))
            sides[chain[-1], False].append((layout.boxes[chain[-2]].y, i))
    offset: dict[tuple[int, bool], float] = {}
    for (node, leaves), ends in sides.items():
        room = layout.boxes[node].height - 16
        apart = min(_PORT, room / max(len(ends) - 1, 1))
        for number, (_, i) in enumerate(sorted(ends)):
            offset[i, leaves] = (number - (len(ends) - 1) / 2) * apart
    return {i: (offset[i, True], offset[i, False]) for i, leaves in offset if leaves}


def _pieces(
    chain: Sequence[int],
    boxes: Mapping[int, Box],
    port: Point,
    leaving: Mapping[int, int],
    arriving: Mapping[int, int],
    early: Set[int],
) -> list[_Piece]:
    """The pieces of a curve, one between each two columns."""
    pieces = []
    for at, (left, right) in enumerate(pairwise(chain)):
        leave, arrive = leaving.get(left, 1), arriving.get(right, 1)
        turn = _EARLY if leave > arrive or right in early else _LATE if arrive > leave else _EVEN
        start = boxes[left].y + (port[0] if at == 0 else 0)
        end = boxes[right].y + (port[1] if at == len(chain) - 2 else 0)
        begin, finish = (boxes[left].right, start), (boxes[right].left, end)
        pieces.append(_Piece(begin, finish, turn, boxes[left].x))
    return pieces


def _curve(pieces: Sequence[_Piece], back: bool) -> str:
    # The line ends before the tip of the arrow, so that it is not visible beside the tip.
    path = ""
    for at, piece in enumerate(pieces):
        (x1, y1), (x2, y2) = piece.start, piece.end
        if back and at == 0:
            x1 += _ARROW - 1
        if not back and at == len(pieces) - 1:
            x2 -= _ARROW - 1
        path += f"{'L' if path else 'M'}{_at(x1, y1)}"
        path += f"C{_at(piece.elbow, y1)} {_at(piece.elbow, y2)} {_at(x2, y2)}"
    return path


def _arrow(pieces: Sequence[_Piece], back: bool) -> str:
    (x, y), from_ = (pieces[0].start, 1) if back else (pieces[-1].end, -1)
    base = x + from_ * _ARROW
    return f"M{_at(x, y)}L{_at(base, y - 4.5)}L{_at(base, y + 4.5)}Z"


def _straight_down(source: Box, target: Box) -> Route:
    x, y = source.x, target.top
    return Route(
        f"M{_at(x, source.bottom)}L{_at(x, y - _ARROW + 1)}",
        f"M{_at(x, y)}L{_at(x - 4.5, y - _ARROW)}L{_at(x + 4.5, y - _ARROW)}Z",
        (x, (source.bottom + y - _ARROW / 2) / 2),
    )


def _loop(box: Box, height: float) -> Route:
    x, y, side = box.x, box.top, min(box.width / 4, 26.0)
    up = y - 22 - height / 2
    return Route(
        f"M{_at(x - side, y)}C{_at(x - side, up)} {_at(x + side, up)} "
        f"{_at(x + side, y - _ARROW + 1)}",
        f"M{_at(x + side, y)}L{_at(x + side - 4.5, y - _ARROW)}L{_at(x + side + 4.5, y - _ARROW)}Z",
        (x, y - 13 - height / 2),
    )


def _labels(
    links: Sequence[Link], layout: Layout, curves: Mapping[int, list[_Piece]]
) -> dict[int, Point]:
    """The middle of each label: on its curve, or near it to avoid other labels and curves."""
    gaps: defaultdict[float, list[int]] = defaultdict(list)  # by the column on the left
    lines: defaultdict[float, list[tuple[int, Point]]] = defaultdict(list)
    for i, pieces in curves.items():
        gaps[pieces[layout.label_gap[i]].column].append(i)
        for piece in pieces:
            lines[piece.column] += [(i, piece.at(n / _SAMPLES)) for n in range(_SAMPLES + 1)]
    found: dict[int, Point] = {}
    for column, members in gaps.items():
        placed: list[tuple[Point, Point]] = []
        # Tall labels first: they have the fewest possible positions.
        for i in sorted(members, key=lambda i: (-links[i].label[1], i)):
            piece, size = curves[i][layout.label_gap[i]], links[i].label
            others = _near(piece, size, [point for other, point in lines[column] if other != i])
            found[i] = min(
                _candidates(piece, size),
                key=lambda at: (
                    at[0]
                    + 50 * sum(_overlap(at[1], size, *label) for label in placed)
                    + 3 * sum(_inside(point, at[1], size) for point in others)
                ),
            )[1]
            placed.append((found[i], size))
        order = sorted(members, key=lambda i: (found[i][1], i))
        touch = (
            _overlap(found[i], links[i].label, found[j], links[j].label)
            for i, j in combinations(order, 2)
        )
        if any(touch):
            apart = [(links[i].label[1] + links[j].label[1]) / 2 + 3 for i, j in pairwise(order)]
            ys = spaced([found[i][1] for i in order], apart, [1.0] * len(order))
            found |= {i: (found[i][0], y) for i, y in zip(order, ys, strict=True)}
    return found


def _near(piece: _Piece, size: Point, points: Sequence[Point]) -> list[Point]:
    """The points that a label of this curve may cover; a sample if there are many."""
    far = size[1]
    low, high = sorted((piece.start[1], piece.end[1]))
    near = [point for point in points if low - far < point[1] < high + far]
    return near[:: len(near) // _MANY + 1]


def _candidates(piece: _Piece, size: Point) -> Iterator[tuple[float, Point]]:
    """Possible positions of a label, each with its cost."""
    best = 1.05 - piece.turn if piece.turn != _EVEN else _EVEN
    least = piece.start[0] + size[0] / 2 + 4
    most = max(piece.end[0] - size[0] / 2 - 9 - _ARROW, least)
    for cost, step in enumerate(_STEPS):
        x, y = piece.at(best + step)
        for shift in _SHIFTS:
            yield cost * 0.3 + abs(shift) * 5, (min(max(x, least), most), y + shift * size[1])


def _overlap(one: Point, size: Point, other: Point, its: Point) -> bool:
    """Whether two labels overlap."""
    return (
        abs(one[0] - other[0]) < (size[0] + its[0]) / 2 + 2
        and abs(one[1] - other[1]) < (size[1] + its[1]) / 2 + 3
    )


def _inside(point: Point, middle: Point, size: Point) -> bool:
    """Whether a label covers a point."""
    return (
        abs(point[0] - middle[0]) < size[0] / 2 + 2 and abs(point[1] - middle[1]) < size[1] / 2 + 2
    )


def _at(x: float, y: float) -> str:
    return f"{x:.1f} {y:.1f}"
