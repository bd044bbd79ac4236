"""The result of mutation testing as the page lays it out: a bar, a heat table, and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from planproof.mutation_results import Kill, KillCounts, MutantStatus, MutationResult, Trial
from planproof.reports import mutation_phrases as phrases

_WIDTH, _LEAST, _GAP = 1_000.0, 10.0, 3.0  # of the bar, of its smallest part, between parts
_SHARES = 4  # shades of the heat table
_CHANGE, _KILLED_CHANGE = 300, 60  # characters of each value
_MISSED, _EQUIVALENT, _DISTANT, _KILLED = 50, 300, 100, 1_000  # mutants of a list


@dataclass(frozen=True, slots=True)
class BarPart:
    """The part of one status in the bar, in a view box of 1,000 by 28."""

    status: str
    count: int
    meaning: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Column:
    """A requirement of the heat table; ``shared`` is the common start of all ids, ``head`` the
    rest of this one."""

    shared: str
    head: str
    anchor: str
    title: str
    counts: KillCounts


@dataclass(frozen=True, slots=True)
class Cell:
    """How many of an operator's mutants a requirement detected; their share in steps 0 to 4."""

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
class ListedMutant:
    """A mutant of a list."""

    trial: Trial
    before: str
    after: str
    readers: str
    killers: str
    command: str


@dataclass(frozen=True, slots=True)
class MutantList:
    """The first mutants of one status, and the number of the others."""

    mutants: list[ListedMutant]
    left_out: int


@dataclass(frozen=True, slots=True)
class MutationSection:
    """Everything that the page's section on mutants shows."""

    result: MutationResult
    bar: list[BarPart]
    columns: list[Column]
    rows: list[Row]
    survived: MutantList
    undecided: MutantList
    equivalent: MutantList
    killed: MutantList
    distant_kills: tuple[tuple[Trial, Kill], ...]
    distant_kills_left_out: int
    without_kills: tuple[str, ...]


def mutation_section(
    mutation: MutationResult, places: Mapping[str, tuple[str, str]]
) -> MutationSection:
    """The section.

    Args:
        places: requirement → its anchor on the page and its title.
    """
    whole = mutation.trials and not phrases.is_sample(mutation)
    return MutationSection(
        result=mutation,
        bar=_bar(mutation),
        columns=_columns(mutation, places),
        rows=_rows(mutation),
        survived=_list(mutation, MutantStatus.SURVIVED, _MISSED),
        undecided=_list(mutation, MutantStatus.UNDECIDED, _MISSED),
        equivalent=_list(mutation, MutantStatus.EQUIVALENT, _EQUIVALENT),
        killed=_list(mutation, MutantStatus.KILLED, _KILLED, _KILLED_CHANGE),
        distant_kills=mutation.distant_kills[:_DISTANT],
        distant_kills_left_out=max(len(mutation.distant_kills) - _DISTANT, 0),
        without_kills=mutation.without_kills if whole else (),
    )


def _bar(mutation: MutationResult) -> list[BarPart]:
    """The statuses side by side; even one mutant of a thousand has a visible part."""
    meanings = phrases.STATUS_MEANINGS
    counts = [(status, count) for status in meanings if (count := mutation.counts[status])]
    room = _WIDTH - _GAP * (len(counts) - 1) - _LEAST * len(counts)
    parts: list[BarPart] = []
    x = 0.0
    for status, count in counts:
        width = _LEAST + room * count / len(mutation.trials)
        parts.append(BarPart(status.value, count, meanings[status], round(x, 2), round(width, 2)))
        x += width + _GAP
    return parts


def _columns(mutation: MutationResult, places: Mapping[str, tuple[str, str]]) -> list[Column]:
    if not mutation.trials:
        return []
    shared, heads = phrases.column_heads(mutation.requirements)
    return [
        Column(shared, head, *places.get(name, ("", "")), mutation.kill_counts(name) or _NO_COUNTS)
        for name, head in zip(mutation.requirements, heads, strict=True)
    ]


_NO_COUNTS = KillCounts(0, 0, 0)


def _rows(mutation: MutationResult) -> list[Row]:
    matrix = mutation.matrix()
    return [
        Row(
            operator,
            [
                Cell(count, ceil(_SHARES * count / len(trials)))
                for count in (matrix[name][operator] for name in mutation.requirements)
            ],
            len(trials),
            phrases.missed_count(trials),
        )
        for operator, trials in mutation.by_operator.items()
    ]


def _list(
    mutation: MutationResult, status: MutantStatus, most: int, room: int = _CHANGE
) -> MutantList:
    trials = mutation.with_status(status)
    mutants = [
        ListedMutant(
            trial,
            *phrases.before_and_after(trial, room),
            readers=phrases.readers(trial),
            killers=phrases.killers(trial),
            command=phrases.rerun_command(mutation, trial),
        )
        for trial in trials[:most]
    ]
    return MutantList(mutants, max(len(trials) - most, 0))
