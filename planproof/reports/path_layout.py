"""The position of each node of a picture in pixels: columns from left to right, groups in rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from planproof.reports.path_ranks import Ranks, neighbours, rank
from planproof.reports.path_spacing import spaced

PAGE = 1_040.0  # width of the page's column; groups that do not fit start another row
_ROW, _BESIDE = 24.0, 48.0  # between two nodes of a column, between two groups
_BEND = 20.0  # height of a link in a column that it passes through
_AROUND_LABEL, _LEAST_GAP = 32.0, 56.0  # between two columns
_EACH, _MOST = 6.0, 36.0  # added between two columns for each link after the second
_HANG, _LOOP = 26.0, 22.0  # length of a hanging link and of a loop, without their labels
_SWEEPS = 24
_STIFF = 4.0  # weight of a bend relative to a node, so that long links stay straight

Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Link:
    """A link between two nodes, by their numbers, with the size of its label."""

    source: int
    target: int
    label: Size


@dataclass(frozen=True, slots=True)
class Box:
    """The position of a node: its centre and its size."""

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
    """The positions of nodes and the course of links.

    Attributes:
        boxes: by number of the node; bends have the numbers above those of all nodes.
        chains: for each link the boxes that it passes, from left to right; two for a hanging link
            or a loop.
        reversed_links: the links that lead from right to left.
        hanging: the links that lead straight down to their target.
        label_gap: for each other link, the box of its chain after which its label is placed.
    """

    boxes: dict[int, Box] = field(default_factory=dict)
    chains: dict[int, list[int]] = field(default_factory=dict)
    reversed_links: set[int] = field(default_factory=set)
    hanging: set[int] = field(default_factory=set)
    label_gap: dict[int, int] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


def lay_out(sizes: Sequence[Size], links: Sequence[Link]) -> Layout:
    """The layout of nodes of these sizes; every node has a link."""
    layout = Layout()
    bend = len(sizes)
    left, top, row_height = 0.0, 0.0, 0.0
    for nodes, own_links in _groups(len(sizes), links):
        group = _Group(sizes, links, nodes, own_links, bend)
        bend += len(group.bends)
        if left and left + group.width > PAGE:
            left, top, row_height = 0.0, top + row_height + _ROW, 0.0
        group.move_into(layout, left, top)
        layout.width = max(layout.width, left + group.width)
        layout.height = max(layout.height, top + group.height)
        left += group.width + _BESIDE
        row_height = max(row_height, group.height)
    return layout


def _groups(nodes: int, links: Sequence[Link]) -> list[tuple[list[int], list[int]]]:
    """The connected components, each with its nodes and links, in the order of the first node."""
    group_of = [{node} for node in range(nodes)]
    for link in links:
        for node in group_of[link.target]:
            group_of[link.source].add(node)
            group_of[node] = group_of[link.source]
    groups = {id(group): group for group in group_of}.values()
    return [
        (sorted(group), [i for i, link in enumerate(links) if link.source in group])
        for group in groups
    ]


class _Group:
    """The layout of one connected component, from (0, 0)."""

    def __init__(
        self,
        sizes: Sequence[Size],
        links: Sequence[Link],
        nodes: Sequence[int],
        own_links: Sequence[int],
        first_bend: int,
    ) -> None:
        self._sizes, self._links = sizes, links
        self._loops = [i for i in own_links if links[i].source == links[i].target]
        through = [i for i in own_links if i not in self._loops]
        self._hanging = _hanging(through, links)
        self._ranked = [i for i in through if i not in self._hanging]
        below = {links[i].target for i in self._hanging}
        standing = [node for node in nodes if node not in below]
        pairs = [(links[i].source, links[i].target) for i in self._ranked]
        self._ranks: Ranks = rank(standing, pairs, first_bend)
        self.bends = {p for column in self._ranks.columns for p in column if p >= first_bend}
        self._column_of = {p: c for c, column in enumerate(self._ranks.columns) for p in column}
        self._reach = self._reaches()
        self._label_gap = self._label_gaps()
        self._x, self._widths = self._columns()
        self._y = self._rows()
        top = min(self._y[p] - self._reach[p][0] for p in self._y)
        self._y = {p: y - top for p, y in self._y.items()}
        self.height = max(self._y[p] + self._reach[p][1] for p in self._y)
        self.width = self._x[-1] + self._widths[-1] / 2

    def _reaches(self) -> dict[int, Size]:
        """The room that each node needs above and below its middle."""
        heights = {p: _BEND if p in self.bends else self._sizes[p][1] for p in self._column_of}
        reach = {p: (height / 2, height / 2) for p, height in heights.items()}
        for i in self._hanging:
            link = self._links[i]
            up, down = reach[link.source]
            drop = _HANG + link.label[1] + self._sizes[link.target][1]
            reach[link.source] = (up, down + drop)
        for i in self._loops:
            source, (_, height) = self._links[i].source, self._links[i].label
            reach[source] = (reach[source][0] + _LOOP + height, reach[source][1])
        return reach

    def _label_gaps(self) -> dict[int, int]:
        """The box of its chain after which each link has its label, in the gap with the fewest."""
        taken: Counter[int] = Counter()
        found = {}
        chains = dict(zip(self._ranked, self._ranks.chains, strict=True))
        for i in sorted(self._ranked, key=lambda i: len(chains[i])):
            chain = chains[i]
            start = self._column_of[chain[0]]
            middle = (len(chain) - 2) / 2
            gap = min(range(len(chain) - 1), key=lambda g: (taken[start + g], abs(g - middle)))
            taken[start + gap] += 1
            found[i] = gap
        return found

    def _columns(self) -> tuple[list[float], list[float]]:
        """The middle and the width of each column."""
        columns, column_of = self._ranks.columns, self._column_of
        widths = [
            max((self._sizes[p][0] for p in c if p not in self.bends), default=0.0) for c in columns
        ]
        for i in (*self._hanging, *self._loops):
            link = self._links[i]
            at = column_of[link.source]
            widths[at] = max(widths[at], self._sizes[link.target][0], link.label[0])
        gaps = [_LEAST_GAP] * max(len(columns) - 1, 0)
        for i, chain in zip(self._ranked, self._ranks.chains, strict=True):
            at = column_of[chain[0]] + self._label_gap[i]
            gaps[at] = max(gaps[at], self._links[i].label[0] + _AROUND_LABEL)
        busy = Counter(column_of[node] for chain in self._ranks.chains for node in chain[:-1])
        gaps = [gap + min(_EACH * max(busy[at] - 2, 0), _MOST) for at, gap in enumerate(gaps)]
        middles = [widths[0] / 2]
        for before, gap, after in zip(widths, gaps, widths[1:], strict=False):
            middles.append(middles[-1] + before / 2 + gap + after / 2)
        return middles, widths

    def _rows(self) -> dict[int, float]:
        """The middle of each node: near its neighbours, and in the order of its column."""
        before, after = neighbours(p for chain in self._ranks.chains for p in pairwise(chain))
        y: dict[int, float] = {}
        for column in self._ranks.columns:
            y |= self._settled(column, [0.0] * len(column))
        for sweep in range(_SWEEPS):
            for column in self._ranks.columns[:: 1 if sweep % 2 == 0 else -1]:
                near = ([*before[p], *after[p]] or [p] for p in column)
                y |= self._settled(column, [self._mean(y, nodes) for nodes in near])
        return y

    def _weight(self, node: int) -> float:
        return _STIFF if node in self.bends else 1.0

    def _mean(self, y: Mapping[int, float], nodes: Sequence[int]) -> float:
        weights = [self._weight(node) for node in nodes]
        return sum(y[n] * w for n, w in zip(nodes, weights, strict=True)) / sum(weights)

    def _settled(self, column: Sequence[int], wanted: Sequence[float]) -> Mapping[int, float]:
        apart = []
        for above, below in pairwise(column):
            tight = _ROW / 2 if {above, below} <= self.bends else _ROW
            apart.append(self._reach[above][1] + tight + self._reach[below][0])
        weights = [self._weight(node) for node in column]
        return dict(zip(column, spaced(wanted, apart, weights), strict=True))

    def move_into(self, layout: Layout, left: float, top: float) -> None:
        """Add the group to a layout, with its upper left corner there."""
        for x, width, column in zip(self._x, self._widths, self._ranks.columns, strict=True):
            for node in column:
                size = (width, 0.0) if node in self.bends else self._sizes[node]
                layout.boxes[node] = Box(left + x, top + self._y[node], *size)
        for i in self._hanging:
            link, above = self._links[i], layout.boxes[self._links[i].source]
            width, height = self._sizes[link.target]
            y = above.bottom + _HANG + link.label[1] + height / 2
            layout.boxes[link.target] = Box(above.x, y, width, height)
        for i, chain in zip(self._ranked, self._ranks.chains, strict=True):
            layout.chains[i] = chain
        for i in (*self._hanging, *self._loops):
            layout.chains[i] = [self._links[i].source, self._links[i].target]
        layout.reversed_links |= {self._ranked[i] for i in self._ranks.reversed_links}
        layout.hanging |= self._hanging
        layout.label_gap |= self._label_gap


def _hanging(through: Sequence[int], links: Sequence[Link]) -> set[int]:
    """Links to a node without other links, such as a dead-letter queue.

    It is drawn below its source if the source has exactly one such node and other links.
    """
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
