"""The curves of a picture's links, their arrows, and where their labels stand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from planproof.reports.path_layout import Box, Layout, Link
from planproof.reports.path_spread import spread

_PORT = 13.0  # between two links at one side of a part
_ARROW = 8.0
_STEPS = (0.0, 0.06, -0.06, 0.12, -0.12, 0.18, -0.18)  # how far from the best place of a label
_SHIFTS = (0.0, -0.2, 0.2, -0.4, 0.4)  # how far from it, in the label's heights
_SAMPLES = 12
_MANY = 300
_EARLY, _EVEN, _LATE = 0.3, 0.5, 0.7

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A curve between two columns, level at both ends.

    Attributes:
        turn: where between its ends it rises or falls: early where many leave one part, late where
            many meet at one, so that it keeps clear of them.
        column: the middle of the column on its left, which all have in common that are beside it.
    """

    start: Point
    end: Point
    turn: float
    column: float

    @property
    def elbow(self) -> float:
        return self.start[0] + self.turn * (self.end[0] - self.start[0])

    def at(self, t: float) -> Point:
        """A point of it, by the parameter of a Bézier curve."""
        (x1, y1), (x2, y2), u = self.start, self.end, 1 - t
        x = u**3 * x1 + 3 * u * t * self.elbow + t**3 * x2
        return x, (u**3 + 3 * u * u * t) * y1 + (t**3 + 3 * u * t * t) * y2


@dataclass(frozen=True, slots=True)
class Route:
    """A link's curve and its arrow as SVG paths, and the middle of its label."""

    curve: str
    arrow: str
    label: Point


def routes(links: Sequence[Link], layout: Layout) -> list[Route]:
    """A route for each link."""
    ports = _ports(links, layout)
    leaving = Counter(layout.chains[i][0] for i in ports)
    meeting = Counter(layout.chains[i][-1] for i in ports)
    # Where one that turned early meets others, they turn early, too, or they would cross.
    early = {
        chain[-1]
        for chain in (layout.chains[i] for i in ports)
        if leaving.get(chain[-2], 1) > meeting[chain[-1]]
    }
    curves = {
        i: _pieces(layout.chains[i], layout.boxes, port, leaving, meeting, early)
        for i, port in ports.items()
    }
    labels = _labels(links, layout, curves)
    found = []
    for i, link in enumerate(links):
        source = layout.boxes[link.source]
        if link.source == link.target:
            found.append(_loop(source, link.label[1]))
        elif i in layout.hung:
            found.append(_straight_down(source, layout.boxes[link.target]))
        else:
            back = i in layout.flipped
            found.append(Route(_curve(curves[i], back), _arrow(curves[i], back), labels[i]))
    return found


def _ports(links: Sequence[Link], layout: Layout) -> dict[int, Point]:
    """How far from the middle each link leaves its left box and meets its right one."""
    sides: defaultdict[tuple[int, bool], list[tuple[float, int]]] = defaultdict(list)
    for i, chain in layout.chains.items():
        if i not in layout.hung and links[i].source != links[i].target:
            sides[chain[0], True].append((layout.boxes[chain[1]].y, i))
            sides[chain[-1], False].append((layout.boxes[chain[-2]].y, i))
    offset: dict[tuple[int, bool], float] = {}
    for (part, leaves), ends in sides.items():
        room = layout.boxes[part].height - 16
        apart = min(_PORT, room / max(len(ends) - 1, 1))
        for number, (_, i) in enumerate(sorted(ends)):
            offset[i, leaves] = (number - (len(ends) - 1) / 2) * apart
    return {i: (offset[i, True], offset[i, False]) for i, leaves in offset if leaves}


def _pieces(
    chain: Sequence[int],
    boxes: Mapping[int, Box],
    port: Point,
    leaving: Mapping[int, int],
    meeting: Mapping[int, int],
    early: Set[int],
) -> list[_Piece]:
    """From where to where the curve goes between each two columns."""
    pieces = []
    for at, (left, right) in enumerate(pairwise(chain)):
        leave, meet = leaving.get(left, 1), meeting.get(right, 1)
        turn = _EARLY if leave > meet or right in early else _LATE if meet > leave else _EVEN
        start = boxes[left].y + (port[0] if at == 0 else 0)
        end = boxes[right].y + (port[1] if at == len(chain) - 2 else 0)
        begin, finish = (boxes[left].right, start), (boxes[right].left, end)
        pieces.append(_Piece(begin, finish, turn, boxes[left].x))
    return pieces


def _curve(pieces: Sequence[_Piece], back: bool) -> str:
    # The arrow takes the last pixels, so that no line shows on both sides of its tip.
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
    """The middle of each label: on its curve, or near it where other labels and curves are."""
    gaps: defaultdict[float, list[int]] = defaultdict(list)  # by the column on its left
    lines: defaultdict[float, list[tuple[int, Point]]] = defaultdict(list)
    for i, pieces in curves.items():
        gaps[pieces[layout.label_gap[i]].column].append(i)
        for piece in pieces:
            lines[piece.column] += [(i, piece.at(n / _SAMPLES)) for n in range(_SAMPLES + 1)]
    found: dict[int, Point] = {}
    for column, members in gaps.items():
        placed: list[tuple[Point, Point]] = []
        # The tall ones first: they have the least choice.
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
            _overlap(found[i], links[i].label, *label) for i, label in _pairs(order, found, links)
        )
        if any(touch):
            apart = [(links[i].label[1] + links[j].label[1]) / 2 + 3 for i, j in pairwise(order)]
            ys = spread([found[i][1] for i in order], apart, [1.0] * len(order))
            found |= {i: (found[i][0], y) for i, y in zip(order, ys, strict=True)}
    return found


def _pairs(
    order: Sequence[int], found: Mapping[int, Point], links: Sequence[Link]
) -> Iterator[tuple[int, tuple[Point, Point]]]:
    """Each label with each one after it."""
    for at, i in enumerate(order):
        for j in order[at + 1 :]:
            yield i, (found[j], links[j].label)


def _near(piece: _Piece, size: Point, points: Sequence[Point]) -> list[Point]:
    """The points that a label of this curve may come to lie on; some of them if they are many."""
    far = size[1]
    low, high = sorted((piece.start[1], piece.end[1]))
    near = [point for point in points if low - far < point[1] < high + far]
    return near[:: len(near) // _MANY + 1]


def _candidates(piece: _Piece, size: Point) -> Iterator[tuple[float, Point]]:
    """Places for a label, each with what it costs."""
    best = 1.05 - piece.turn if piece.turn != _EVEN else _EVEN
    least = piece.start[0] + size[0] / 2 + 4
    most = max(piece.end[0] - size[0] / 2 - 9 - _ARROW, least)
    for cost, step in enumerate(_STEPS):
        x, y = piece.at(best + step)
        for shift in _SHIFTS:
            yield cost * 0.3 + abs(shift) * 5, (min(max(x, least), most), y + shift * size[1])


def _overlap(one: Point, size: Point, other: Point, its: Point) -> bool:
    """Whether two labels touch."""
    return (
        abs(one[0] - other[0]) < (size[0] + its[0]) / 2 + 2
        and abs(one[1] - other[1]) < (size[1] + its[1]) / 2 + 3
    )


def _inside(point: Point, middle: Point, size: Point) -> bool:
    """Whether a label hides a point."""
    return (
        abs(point[0] - middle[0]) < size[0] / 2 + 2 and abs(point[1] - middle[1]) < size[1] / 2 + 2
    )


def _at(x: float, y: float) -> str:
    return f"{x:.1f} {y:.1f}"
