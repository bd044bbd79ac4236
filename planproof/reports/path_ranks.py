"""The column of each node of a picture, and its order in the column.

Layered graph drawing (Sugiyama, Tagawa and Toda, 1981): reverse one link of each cycle, put every
node into the column after its last predecessor, add a bend in every column that a link only passes
through, and order the columns to reduce crossings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise
from random import Random

_SWEEPS = 8
_STARTS, _MANY = 16, 60  # start orders; number of links above which only two are tried

Pair = tuple[int, int]
Neighbours = defaultdict[int, list[int]]


@dataclass(frozen=True, slots=True)
class Ranks:
    """Columns, from left to right.

    Attributes:
        columns: the nodes and bends of each, from top to bottom.
        chains: for each link the nodes and bends that it passes, from left to right.
        reversed_links: the links whose chain leads from their target to their source.
    """

    columns: list[list[int]]
    chains: list[list[int]]
    reversed_links: frozenset[int]


def rank(nodes: Sequence[int], links: Sequence[Pair], first_bend: int) -> Ranks:
    """The columns of some nodes.

    Args:
        nodes: their numbers, in reading order.
        links: source and target of each link, no self-loops.
        first_bend: the first number for bends, above those of all nodes.
    """
    reversed_links = _back_edges(nodes, links)
    directed = [(t, s) if i in reversed_links else (s, t) for i, (s, t) in enumerate(links)]
    depth = _depths(nodes, directed)
    columns: list[list[int]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in nodes:
        columns[depth[node]].append(node)
    chains = []
    bend = first_bend
    for left, right in directed:
        chain = [left]
        for column in range(depth[left] + 1, depth[right]):
            columns[column].append(bend)
            chain.append(bend)
            bend += 1
        chains.append([*chain, right])
    return Ranks(_ordered(columns, chains), chains, reversed_links)


def _back_edges(nodes: Sequence[int], links: Sequence[Pair]) -> frozenset[int]:
    """The back edges of a depth-first search that starts at nodes without predecessors."""
    out: defaultdict[int, list[int]] = defaultdict(list)
    for i, (source, _) in enumerate(links):
        out[source].append(i)
    back: set[int] = set()
    on_path: set[int] = set()
    done: set[int] = set()

    def visit(node: int) -> None:
        on_path.add(node)
        for i in out[node]:
            target = links[i][1]
            if target in on_path:
                back.add(i)
            elif target not in done:
                visit(target)
        on_path.discard(node)
        done.add(node)

    entered = {target for _, target in links}
    for root in sorted(nodes, key=lambda node: node in entered):
        if root not in done:
            visit(root)
    return frozenset(back)


def _depths(nodes: Sequence[int], directed: Sequence[Pair]) -> dict[int, int]:
    """Node → column: the one after its last predecessor; a first node is beside its successor."""
    before, after = neighbours(directed)
    depth: dict[int, int] = {}
    for node in TopologicalSorter({node: before[node] for node in nodes}).static_order():
        depth[node] = max((depth[left] + 1 for left in before[node]), default=0)
    for node in nodes:
        if after[node] and not before[node]:
            depth[node] = min(depth[right] for right in after[node]) - 1
    return depth


def neighbours(pairs: Iterable[Pair]) -> tuple[Neighbours, Neighbours]:
    """The neighbours of each node on its left, and those on its right."""
    before: Neighbours = defaultdict(list)
    after: Neighbours = defaultdict(list)
    for left, right in pairs:
        before[right].append(left)
        after[left].append(right)
    return before, after


def _ordered(columns: list[list[int]], chains: Sequence[Sequence[int]]) -> list[list[int]]:
    """The columns, each sorted by the positions of its neighbours while that reduces crossings."""
    before, after = neighbours(pair for chain in chains for pair in pairwise(chain))
    best, fewest = columns, _crossings(columns, after)
    for current in _starts(columns, few=len(chains) > _MANY):
        for sweep in range(_SWEEPS):
            if not fewest:
                return best
            current = _swept(current, before, after, sweep)
            crossings = _crossings(current, after)
            if crossings < fewest:
                best, fewest = current, crossings
    return best


def _starts(columns: list[list[int]], *, few: bool) -> Iterator[list[list[int]]]:
    """Start orders, the same ones every time, since the result depends on them."""
    yield columns
    yield [column[::-1] for column in columns]
    random = Random(0)  # noqa: S311  not a secret, and the same picture every time
    for _ in range(0 if few else _STARTS):
        yield [random.sample(column, len(column)) for column in columns]


def _swept(
    columns: Sequence[Sequence[int]], before: Neighbours, after: Neighbours, sweep: int
) -> list[list[int]]:
    """Each column sorted by the previous one, from left to right or from right to left."""
    found = [list(column) for column in columns]
    right = sweep % 2 == 0
    for at in range(1, len(found)) if right else range(len(found) - 2, -1, -1):
        place = {node: i for i, node in enumerate(found[at - 1 if right else at + 1])}
        found[at] = _by_neighbours(found[at], before if right else after, place, sweep % 4 >= 2)
    return found


def _by_neighbours(
    column: list[int], beside: Neighbours, place: dict[int, int], reverse_ties: bool
) -> list[int]:
    """The column sorted by the mean position of the neighbours.

    ``reverse_ties`` reverses the order of equal means, which may matter to the next column.
    """

    def middle(item: tuple[int, int]) -> float:
        at, node = item
        found = [place[n] for n in beside[node]]
        return sum(found) / len(found) if found else float(at)

    items = list(enumerate(column))
    return [node for _, node in sorted(items[::-1] if reverse_ties else items, key=middle)]


def _crossings(columns: Sequence[Sequence[int]], after: Neighbours) -> int:
    count = 0
    for left, right in pairwise(columns):
        place = {node: i for i, node in enumerate(right)}
        ends = [end for node in left for end in sorted(place[n] for n in after[node])]
        count += sum(1 for i, one in enumerate(ends) for other in ends[i + 1 :] if other < one)
    return count
