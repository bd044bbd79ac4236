"""What came of the stack's mutants as the page lays it out: a bar, a heat table, and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from planproof.mutation_results import Fate, Kill, Mutation, Tested, Trial
from planproof.reports import mutation_words as said

_WIDTH, _LEAST, _GAP = 1_000.0, 10.0, 3.0  # of the bar, of a part that can be seen, between parts
_SHARES = 4  # shades of the heat table
_CHANGE, _KILLED_CHANGE = 300, 60  # characters of what was there, and of what is there now
_OPEN, _EQUIVALENT, _FAR, _KILLED = 50, 300, 100, 1_000  # mutants of a list


@dataclass(frozen=True, slots=True)
class Part:
    """A fate's part of the bar, in a view box of 1,000 by 28."""

    fate: str
    count: int
    meaning: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Column:
    """A requirement of the heat table: what all ids begin with, the rest, and how it did."""

    shared: str
    head: str
    anchor: str
    title: str
    tested: Tested


@dataclass(frozen=True, slots=True)
class Cell:
    """How many of an operator's mutants a requirement noticed; the share of them, 0 to 4."""

    count: int
    share: int


@dataclass(frozen=True, slots=True)
class Row:
    """An operator of the heat table."""

    operator: str
    cells: list[Cell]
    all: int
    missed: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A mutant of a list."""

    trial: Trial
    before: str
    after: str
    seen: str
    noticed: str
    command: str


@dataclass(frozen=True, slots=True)
class Lists:
    """The mutants that a reader must look at, and how many of each list were left out."""

    survivors: list[Shown]
    undecided: list[Shown]
    equivalents: list[Shown]
    far: list[tuple[Trial, Kill]]
    killed: list[Shown]
    left: dict[str, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the page says of the mutants."""

    heading: str
    explained: str
    chosen: str
    tally: str
    made_how: str
    whole: bool
    bar: list[Part]
    columns: list[Column]
    rows: list[Row]
    lists: Lists
    idle: tuple[str, ...]
    untested: tuple[str, ...]


def picture(mutation: Mutation | None, places: Mapping[str, tuple[str, str]]) -> Picture | None:
    """The picture, or None where no mutants were tried.

    Args:
        mutation: what came of them.
        places: requirement → its anchor on the page and its title.
    """
    if mutation is None:
        return None
    return Picture(
        heading=said.HEADING,
        explained=said.explained(mutation),
        chosen=said.chosen(mutation),
        tally=said.tally(mutation),
        made_how=said.made_how(mutation),
        whole=mutation.whole,
        bar=_bar(mutation),
        columns=_columns(mutation, places),
        rows=_rows(mutation),
        lists=_lists(mutation),
        idle=mutation.idle if mutation.trials and not said.some(mutation) else (),
        untested=mutation.untested,
    )


def _bar(mutation: Mutation) -> list[Part]:
    """The fates side by side; even one mutant of a thousand has a part that can be seen."""
    counts = [(fate, mutation.counts[fate]) for fate in said.FATES if mutation.counts[fate]]
    room = _WIDTH - _GAP * (len(counts) - 1) - _LEAST * len(counts)
    parts: list[Part] = []
    x = 0.0
    for fate, count in counts:
        width = _LEAST + room * count / len(mutation.trials)
        parts.append(Part(fate.value, count, said.FATES[fate], round(x, 2), round(width, 2)))
        x += width + _GAP
    return parts


def _columns(mutation: Mutation, places: Mapping[str, tuple[str, str]]) -> list[Column]:
    if not mutation.trials:
        return []
    shared, heads = said.heads(mutation.requirements)
    return [
        Column(shared, head, *places.get(name, ("", "")), tested=mutation.tested(name) or _NONE)
        for name, head in zip(mutation.requirements, heads, strict=True)
    ]


_NONE = Tested(0, 0, 0)


def _rows(mutation: Mutation) -> list[Row]:
    matrix = mutation.matrix()
    return [
        Row(
            operator,
            [
                Cell(count, ceil(_SHARES * count / len(trials)))
                for count in (matrix[name][operator] for name in mutation.requirements)
            ],
            len(trials),
            said.unnoticed(trials),
        )
        for operator, trials in mutation.operators.items()
    ]


def _lists(mutation: Mutation) -> Lists:
    survived, undecided, equivalent, killed = (
        mutation.of(fate) for fate in (Fate.SURVIVED, Fate.UNDECIDED, Fate.EQUIVALENT, Fate.KILLED)
    )
    return Lists(
        survivors=_shown(mutation, survived[:_OPEN]),
        undecided=_shown(mutation, undecided[:_OPEN]),
        equivalents=_shown(mutation, equivalent[:_EQUIVALENT]),
        far=list(mutation.far[:_FAR]),
        killed=_shown(mutation, killed[:_KILLED], _KILLED_CHANGE),
        left={
            "survivors": max(len(survived) - _OPEN, 0),
            "undecided": max(len(undecided) - _OPEN, 0),
            "equivalents": max(len(equivalent) - _EQUIVALENT, 0),
            "far": max(len(mutation.far) - _FAR, 0),
            "killed": max(len(killed) - _KILLED, 0),
        },
    )


def _shown(mutation: Mutation, trials: Sequence[Trial], room: int = _CHANGE) -> list[Shown]:
    return [
        Shown(
            trial,
            *said.change(trial, room),
            seen=said.seen_by(trial),
            noticed=said.noticed_by(trial),
            command=said.command(mutation, trial),
        )
        for trial in trials
    ]
