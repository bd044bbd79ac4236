"""Which part of a picture stands in which column, and in what order there.

The usual way to draw a directed graph in layers (Sugiyama, Tagawa and Toda, 1981): turn a link of
each cycle round, give every part the column after the last one before it, put a bend into every
column that a link only passes, and order the columns so that few links cross.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

_SWEEPS = 8
_STARTS, _MANY = 16, 60  # tries; links of which each try takes long

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ranks:
    """Columns, from left to right.

    Attributes:
        columns: the parts of each, from top to bottom; a number that is no part's is a bend's.
        chains: for each link the parts and bends that it passes, from left to right.
        flipped: the links whose chain leads from their target to their source.
    """

    columns: list[list[int]]
    chains: list[list[int]]
    flipped: frozenset[int]


def rank(parts: Sequence[int], links: Sequence[Pair], first_bend: int) -> Ranks:
    """Columns for some parts.

    Args:
        parts: their numbers, in the order in which a reader would name them.
        links: source and target of each link; none leads from a part to itself.
        first_bend: a number above those of all parts; bends are counted from there.
    """
    flipped = _flipped(parts, links)
    ways = [(t, s) if i in flipped else (s, t) for i, (s, t) in enumerate(links)]
    depth = _depths(parts, ways)
    columns: list[list[int]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for part in parts:
        columns[depth[part]].append(part)
    chains = []
    bend = first_bend
    for left, right in ways:
        chain = [left]
        for column in range(depth[left] + 1, depth[right]):
            columns[column].append(bend)
            chain.append(bend)
            bend += 1
        chains.append([*chain, right])
    return Ranks(_ordered(columns, chains), chains, flipped)


def _flipped(parts: Sequence[int], links: Sequence[Pair]) -> frozenset[int]:
    """The links that lead back to where a walk from the first parts came by."""
    out: defaultdict[int, list[int]] = defaultdict(list)
    for i, (source, _) in enumerate(links):
        out[source].append(i)
    entered = {target for _, target in links}
    back: set[int] = set()
    on_the_way: set[int] = set()
    done: set[int] = set()
    for root in sorted(parts, key=lambda part: part in entered):
        if root in done:
            continue
        walk = [(root, iter(out[root]))]
        on_the_way.add(root)
        while walk:
            part, rest = walk[-1]
            for i in rest:
                target = links[i][1]
                if target in on_the_way:
                    back.add(i)
                elif target not in done:
                    on_the_way.add(target)
                    walk.append((target, iter(out[target])))
                    break
            else:
                walk.pop()
                on_the_way.discard(part)
                done.add(part)
    return frozenset(back)


def _depths(parts: Sequence[int], ways: Sequence[Pair]) -> dict[int, int]:
    """Each part's column: one after the last that leads to it; a first part beside its next."""
    out: defaultdict[int, list[int]] = defaultdict(list)
    waiting = dict.fromkeys(parts, 0)
    for left, right in ways:
        out[left].append(right)
        waiting[right] += 1
    first = [part for part in parts if not waiting[part]]
    depth = dict.fromkeys(parts, 0)
    ready = list(first)
    while ready:
        part = ready.pop()
        for right in out[part]:
            depth[right] = max(depth[right], depth[part] + 1)
            waiting[right] -= 1
            if not waiting[right]:
                ready.append(right)
    for part in first:
        if out[part]:
            depth[part] = min(depth[right] for right in out[part]) - 1
    return depth


def _ordered(columns: list[list[int]], chains: Sequence[Sequence[int]]) -> list[list[int]]:
    """The columns, each sorted by where the neighbours of its parts are, as long as it helps."""
    before: defaultdict[int, list[int]] = defaultdict(list)
    after: defaultdict[int, list[int]] = defaultdict(list)
    for chain in chains:
        for left, right in pairwise(chain):
            before[right].append(left)
            after[left].append(right)
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
    """Orders to start from, since what comes out depends on it; the same ones every time."""
    yield columns
    yield [column[::-1] for column in columns]
    chance = Random(0)  # noqa: S311  no secret, and the same picture every time
    for _ in range(0 if few else _STARTS):
        yield [chance.sample(column, len(column)) for column in columns]


def _swept(
    columns: Sequence[Sequence[int]],
    before: Mapping[int, list[int]],
    after: Mapping[int, list[int]],
    sweep: int,
) -> list[list[int]]:
    """Each column sorted by the one before it, from left to right, or the other way round."""
    found = [list(column) for column in columns]
    right = sweep % 2 == 0
    for at in range(1, len(found)) if right else range(len(found) - 2, -1, -1):
        place = {part: i for i, part in enumerate(found[at - 1 if right else at + 1])}
        found[at] = _by_neighbours(found[at], before if right else after, place, sweep % 4 >= 2)
    return found


def _by_neighbours(
    column: list[int],
    neighbours: Mapping[int, list[int]],
    place: Mapping[int, int],
    turned: bool,
) -> list[int]:
    """The column sorted by the mean of the neighbours' places; of equals, the last first if
    ``turned``, since which of them is above may matter to the next column."""

    def middle(item: tuple[int, int]) -> float:
        at, part = item
        found = [place[n] for n in neighbours.get(part, ())]
        return sum(found) / len(found) if found else float(at)

    items = list(enumerate(column))
    return [part for _, part in sorted(items[::-1] if turned else items, key=middle)]


def _crossings(columns: Sequence[Sequence[int]], after: Mapping[int, list[int]]) -> int:
    count = 0
    for left, right in pairwise(columns):
        place = {part: i for i, part in enumerate(right)}
        ends = [
            place[n] for part in left for n in sorted(after.get(part, ()), key=place.__getitem__)
        ]
        count += sum(1 for i, one in enumerate(ends) for other in ends[i + 1 :] if other < one)
    return count
