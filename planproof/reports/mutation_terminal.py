"""What came of the stack's mutants, as lines in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planproof.mutation_results import Fate, Mutation
from planproof.reports import mutation_words as said
from planproof.reports.lines import Lines
from planproof.reports.text import columns, fit, one_line

_SURVIVORS, _UNDECIDED, _FAR = 10, 5, 5
_ALONE = 5  # so few mutants are told whole, killed ones too
_CHANGE = 110  # characters of what was there, and of what is there now
_NAME, _NAME_LEAST = 26, 16  # columns of an operator's name; fewer where that saves a block
_TOTALS = ("all", "missed")


def mutation_lines(mutation: Mutation, *, unicode: bool, width: int) -> list[str]:
    """What was done, who noticed how much, what nobody noticed, and the rate last.

    Args:
        mutation: what came of all mutants.
        unicode: whether the terminal can show more than ASCII.
        width: of the terminal, in columns.
    """
    lines = Lines(unicode, width)
    lines.add(0, said.HEADING)
    lines.whole(2, said.explained(mutation))
    if chosen := said.chosen(mutation):
        lines.add(2, chosen)
    _matrix(lines, mutation)
    _requirements(lines, mutation)
    _far(lines, mutation)
    _undecided(lines, mutation)
    _survivors(lines, mutation)
    _killed(lines, mutation)
    if mutation.trials:
        lines.blank()
    mark = ("✓", "+") if mutation.whole else ("✗", "x")
    summary = f"{said.tally(mutation)}; {said.made_how(mutation)}"
    lines.add(0, summary, f"{mark[0 if unicode else 1]} ")
    return lines.done


def _matrix(lines: Lines, mutation: Mutation) -> None:
    """Operators from top to bottom, requirements from left to right, in as many blocks as their
    columns need."""
    if not mutation.trials or not mutation.requirements:
        return
    shared, heads = said.heads([lines.shown(name) for name in mutation.requirements])
    names = {operator: lines.shown(one_line(operator)) for operator in mutation.operators}
    matrix = mutation.matrix()
    taken = [
        max(columns(head), *(len(str(count)) for count in matrix[requirement].values()))
        for head, requirement in zip(heads, mutation.requirements, strict=True)
    ]
    totals = [max(len(head), len(str(len(mutation.trials)))) for head in _TOTALS]
    room = lines.width - sum(taken) - len(taken) - sum(totals) - 2 * len(totals) - 2
    name = min(
        max(columns(text) for text in names.values()),
        room if room >= _NAME_LEAST else max(lines.width // 2, _NAME_LEAST),
        _NAME,
    )
    across = f", {shared}…" if shared else ""
    lines.blank()
    lines.add(2, f"how many mutants of each kind (down) each requirement (across{across}) noticed;")
    lines.add(2, "missed: nobody did, and somebody ought to")
    for block in _blocks(taken, lines.width - 2 - name, sum(totals) + 2 * len(totals)):
        widths = [1 + taken[at] for at in block] + [2 + wide for wide in totals]
        lines.row("  " + " " * name + _cells([*(heads[at] for at in block), *_TOTALS], widths))
        for operator, trials in mutation.operators.items():
            counts = [matrix[mutation.requirements[at]][operator] for at in block]
            counts += [len(trials), said.unnoticed(trials)]
            zero = "·" if lines.unicode else "."
            cells = _cells([str(count or zero) for count in counts], widths)
            lines.row("  " + fit(names[operator], name, "…" if lines.unicode else "...") + cells)
        lines.blank()


def _blocks(taken: Sequence[int], room: int, totals: int) -> Iterator[list[int]]:
    """The requirements' places, so many at a time as fit beside an operator and its totals."""
    block: list[int] = []
    used = totals
    for at, wide in enumerate(taken):
        if block and used + 1 + wide > room:
            yield block
            block, used = [], totals
        block.append(at)
        used += 1 + wide
    yield block


def _cells(texts: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(
        " " * (wide - columns(text)) + text for text, wide in zip(texts, widths, strict=True)
    )


def _requirements(lines: Lines, mutation: Mutation) -> None:
    if mutation.trials:
        wide = max((columns(one_line(name)) for name in mutation.requirements), default=0)
        for requirement in mutation.requirements:
            found = mutation.tested(requirement)
            if said.some(mutation) and not (found and found.ways):
                continue
            label = fit(one_line(requirement), min(wide, _NAME), "…")
            lines.add(2, said.tested_shortly(mutation, requirement), f"{label}  ")
        if mutation.idle and not said.some(mutation):
            lines.whole(2, ", ".join(mutation.idle), f"{said.IDLE}: ")
    if mutation.untested:
        lines.whole(2, f"{said.UNTESTED}: {', '.join(mutation.untested)}")


def _far(lines: Lines, mutation: Mutation) -> None:
    if not mutation.far:
        return
    lines.blank()
    lines.add(2, f"killed from afar: {said.FAR}")
    for trial, kill in mutation.far[:_FAR]:
        lines.add(4, f"{kill.requirement} noticed {trial.id}")
        lines.add(6, kill.reason)
    _more(lines, len(mutation.far) - _FAR, "more of these")


def _undecided(lines: Lines, mutation: Mutation) -> None:
    found = mutation.of(Fate.UNDECIDED)
    if not found:
        return
    lines.blank()
    lines.add(2, f"undecided: {said.FATES[Fate.UNDECIDED]}")
    for trial in found[:_UNDECIDED]:
        lines.add(4, trial.id, "? ")
        lines.add(6, trial.reason or "no reason is given")
        lines.as_is(6, said.command(mutation, trial))
    _more(lines, len(found) - _UNDECIDED, "more undecided")


def _survivors(lines: Lines, mutation: Mutation) -> None:
    found = mutation.of(Fate.SURVIVED)
    if not found:
        return
    lines.blank()
    lines.add(2, f"survived: {said.FATES[Fate.SURVIVED]}")
    for trial in found[:_SURVIVORS]:
        before, after = said.change(trial, _CHANGE)
        lines.add(4, trial.id, "✗ " if lines.unicode else "x ")
        lines.whole(6, f"{before} -> {after}")
        lines.add(6, said.seen_by(trial))
        lines.as_is(6, said.command(mutation, trial))
    _more(lines, len(found) - _SURVIVORS, "more survivors")


def _killed(lines: Lines, mutation: Mutation) -> None:
    """Who noticed, and why, where somebody asked for a few mutants alone."""
    found = mutation.of(Fate.KILLED)
    if not found or len(mutation.trials) > _ALONE:
        return
    lines.blank()
    lines.add(2, f"killed: {said.FATES[Fate.KILLED]}")
    for trial in found:
        before, after = said.change(trial, _CHANGE)
        lines.add(4, trial.id, "✓ " if lines.unicode else "+ ")
        lines.whole(6, f"{before} -> {after}")
        for kill in trial.kills:
            lines.add(6, f"{kill.requirement} {kill.verdict}: {kill.scenario}: {kill.reason}")


def _more(lines: Lines, left: int, noun: str) -> None:
    if left > 0:
        lines.add(4, f"and {left:,} {noun}, in the reports")
