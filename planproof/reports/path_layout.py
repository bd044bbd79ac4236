"""Where each part of a picture stands, in pixels: columns from left to right, groups in rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from planproof.reports.path_ranks import Ranks, rank
from planproof.reports.path_spread import spread

PAGE = 1_040.0  # width of the page's column, which groups fill before they start another row
_ROW, _BESIDE = 24.0, 48.0  # between two parts of a column, between two groups
_BEND = 20.0  # height that a link takes in a column that it passes
_AROUND_LABEL, _LEAST_GAP = 32.0, 56.0  # between two columns
_EACH, _MOST = 6.0, 36.0  # more between two columns for each link there after the second
_HANG, _LOOP = 26.0, 22.0  # length of a link downwards and of a loop, besides their labels
_SWEEPS = 24
_STIFF = 4.0  # how much more than a part a bend stays in line

Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Link:
    """A link between two parts, by their numbers, with the size of its label."""

    source: int
    target: int
    label: Size


@dataclass(frozen=True, slots=True)
class Box:
    """A part's place: its centre and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """The x of its left side."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """The y of its upper side."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """The y of its lower side."""
        return self.y + self.height / 2


@dataclass(slots=True)
class Layout:
    """Places.

    Attributes:
        boxes: by the part's number, and the bends' above.
        chains: for each link the boxes that it passes, from left to right; two for one that hangs
            or loops.
        flipped: the links that lead from right to left.
        hung: the links that lead straight down to their target.
        label_gap: for each other link, after which of its boxes its label stands.
    """

    boxes: dict[int, Box] = field(default_factory=dict)
    chains: dict[int, list[int]] = field(default_factory=dict)
    flipped: set[int] = field(default_factory=set)
    hung: set[int] = field(default_factory=set)
    label_gap: dict[int, int] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


def lay_out(sizes: Sequence[Size], links: Sequence[Link]) -> Layout:
    """Places for parts of these sizes; every part has a link."""
    layout = Layout()
    bend = len(sizes)
    left, top, row_height = 0.0, 0.0, 0.0
    for parts, mine in _groups(len(sizes), links):
        group = _Group(sizes, links, parts, mine, bend)
        bend += len(group.bends)
        if left and left + group.width > PAGE:
            left, top, row_height = 0.0, top + row_height + _ROW, 0.0
        group.move_into(layout, left, top)
        layout.width = max(layout.width, left + group.width)
        layout.height = max(layout.height, top + group.height)
        left += group.width + _BESIDE
        row_height = max(row_height, group.height)
    return layout


def _groups(parts: int, links: Sequence[Link]) -> list[tuple[list[int], list[int]]]:
    """The parts, and the links, that hang together; in the order of their first part."""
    leader = list(range(parts))

    def find(part: int) -> int:
        while leader[part] != part:
            leader[part] = leader[leader[part]]
            part = leader[part]
        return part

    for link in links:
        one, other = sorted((find(link.source), find(link.target)))
        leader[other] = one
    members: defaultdict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for part in range(parts):
        members[find(part)][0].append(part)
    for number, link in enumerate(links):
        members[find(link.source)][1].append(number)
    return list(members.values())


class _Group:
    """The places of parts that hang together, from (0, 0)."""

    def __init__(
        self,
        sizes: Sequence[Size],
        links: Sequence[Link],
        parts: Sequence[int],
        mine: Sequence[int],
        first_bend: int,
    ) -> None:
        self._sizes, self._links = sizes, links
        self._loops = [i for i in mine if links[i].source == links[i].target]
        through = [i for i in mine if i not in set(self._loops)]
        self._hung = _hung(through, links)
        self._ranked = [i for i in through if i not in self._hung]
        below = {links[i].target for i in self._hung}
        standing = [part for part in parts if part not in below]
        pairs = [(links[i].source, links[i].target) for i in self._ranked]
        self._ranks: Ranks = rank(standing, pairs, first_bend)
        self.bends = [p for column in self._ranks.columns for p in column if p >= first_bend]
        self._reach = self._reaches()
        self._label_gap = self._label_gaps()
        self._x, self._widths = self._columns()
        self._y = self._rows()
        top = min(self._y[p] - self._reach[p][0] for p in self._y)
        self._y = {p: y - top for p, y in self._y.items()}
        self.height = max(self._y[p] + self._reach[p][1] for p in self._y)
        self.width = self._x[-1] + self._widths[-1] / 2

    def _reaches(self) -> dict[int, Size]:
        """How far each part of a column needs room above and below its middle."""
        reach = dict.fromkeys(self.bends, (_BEND / 2, _BEND / 2))
        for column in self._ranks.columns:
            for part in column:
                if part not in reach:
                    half = self._sizes[part][1] / 2
                    reach[part] = (half, half)
        for i in self._hung:
            link = self._links[i]
            up, down = reach[link.source]
            drop = _HANG + link.label[1] + self._sizes[link.target][1]
            reach[link.source] = (up, down + drop)
        for i in self._loops:
            source, (_, height) = self._links[i].source, self._links[i].label
            reach[source] = (reach[source][0] + _LOOP + height, reach[source][1])
        return reach

    def _label_gaps(self) -> dict[int, int]:
        """After which box of its chain each link's label stands: where there are the fewest."""
        column_of = {p: c for c, column in enumerate(self._ranks.columns) for p in column}
        taken: Counter[int] = Counter()
        found = {}
        chains = dict(zip(self._ranked, self._ranks.chains, strict=True))
        for i in sorted(self._ranked, key=lambda i: len(chains[i])):
            chain = chains[i]
            start = column_of[chain[0]]
            middle = (len(chain) - 2) / 2
            gap = min(range(len(chain) - 1), key=lambda g: (taken[start + g], abs(g - middle)))
            taken[start + gap] += 1
            found[i] = gap
        return found

    def _columns(self) -> tuple[list[float], list[float]]:
        """The middle and the width of each column."""
        columns = self._ranks.columns
        hanging = {self._links[i].source: self._links[i] for i in self._hung}
        widths = []
        for column in columns:
            wide = [self._sizes[p][0] for p in column if p in self._reach and p not in self.bends]
            for p in column:
                if link := hanging.get(p):
                    wide += [self._sizes[link.target][0], link.label[0]]
            wide += [
                self._links[i].label[0] for i in self._loops if self._links[i].source in column
            ]
            widths.append(max(wide, default=0.0))
        column_of = {p: c for c, column in enumerate(columns) for p in column}
        gaps = [_LEAST_GAP] * max(len(columns) - 1, 0)
        for i, chain in zip(self._ranked, self._ranks.chains, strict=True):
            at = column_of[chain[0]] + self._label_gap[i]
            gaps[at] = max(gaps[at], self._links[i].label[0] + _AROUND_LABEL)
        busy = Counter(column_of[part] for chain in self._ranks.chains for part in chain[:-1])
        gaps = [gap + min(_EACH * max(busy[at] - 2, 0), _MOST) for at, gap in enumerate(gaps)]
        middles = [widths[0] / 2]
        for before, gap, after in zip(widths, gaps, widths[1:], strict=False):
            middles.append(middles[-1] + before / 2 + gap + after / 2)
        return middles, widths

    def _rows(self) -> dict[int, float]:
        """The middle of each part: near its neighbours, and in the order of its column."""
        near: defaultdict[int, list[int]] = defaultdict(list)
        for chain in self._ranks.chains:
            for left, right in pairwise(chain):
                near[left].append(right)
                near[right].append(left)
        bends = set(self.bends)
        y: dict[int, float] = {}
        for column in self._ranks.columns:
            y |= self._settled(column, [0.0] * len(column), bends)
        for sweep in range(_SWEEPS):
            columns = self._ranks.columns if sweep % 2 == 0 else self._ranks.columns[::-1]
            for column in columns:
                wanted = [_mean(y, near[p], bends) if near[p] else y[p] for p in column]
                y |= self._settled(column, wanted, bends)
        return y

    def _settled(
        self, column: Sequence[int], wanted: Sequence[float], bends: set[int]
    ) -> Mapping[int, float]:
        apart = []
        for above, below in pairwise(column):
            tight = _ROW / 2 if above in bends and below in bends else _ROW
            apart.append(self._reach[above][1] + tight + self._reach[below][0])
        weights = [_STIFF if part in bends else 1.0 for part in column]
        return dict(zip(column, spread(wanted, apart, weights), strict=True))

    def move_into(self, layout: Layout, left: float, top: float) -> None:
        """Put the group into a layout, its corner there."""
        for x, width, column in zip(self._x, self._widths, self._ranks.columns, strict=True):
            for part in column:
                size = (width, 0.0) if part in set(self.bends) else self._sizes[part]
                layout.boxes[part] = Box(left + x, top + self._y[part], *size)
        for i in self._hung:
            link, above = self._links[i], layout.boxes[self._links[i].source]
            width, height = self._sizes[link.target]
            y = above.bottom + _HANG + link.label[1] + height / 2
            layout.boxes[link.target] = Box(above.x, y, width, height)
        for i, chain in zip(self._ranked, self._ranks.chains, strict=True):
            layout.chains[i] = chain
        for i in (*self._hung, *self._loops):
            layout.chains[i] = [self._links[i].source, self._links[i].target]
        layout.flipped |= {self._ranked[i] for i in self._ranks.flipped}
        layout.hung |= self._hung
        layout.label_gap |= self._label_gap


def _hung(through: Sequence[int], links: Sequence[Link]) -> set[int]:
    """Links to a part that nothing else leads to or from, such as a dead-letter queue: it hangs
    below its source, where the source has one such and leads on to others."""
    out: Counter[int] = Counter(links[i].source for i in through)
    into: Counter[int] = Counter(links[i].target for i in through)
    ends = [i for i in through if into[links[i].target] == 1 and not out[links[i].target]]
    alone = Counter(links[i].source for i in ends)
    loops = {link.source for link in links if link.source == link.target}
    return {
        i
        for i in ends
        if alone[links[i].source] == 1 and out[links[i].source] > 1 and links[i].target not in loops
    }


def _mean(y: Mapping[int, float], near: Sequence[int], bends: set[int]) -> float:
    weights = [_STIFF if n in bends else 1.0 for n in near]
    return sum(y[n] * w for n, w in zip(near, weights, strict=True)) / sum(weights)
