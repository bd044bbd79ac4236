"""What came of the stack's mutants, within a pull request comment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planproof.mutation_results import Fate, Mutation, Trial
from planproof.reports import mutation_words as said
from planproof.reports.markdown import code, escaped

_ROOM = 16_000  # characters; the comment has 65,536 in all
_LEVELS = ((20, True), (5, True), (5, False), (1, False))  # mutants of a list, with the matrix
_CHANGE = 120  # characters of what was there, and of what is there now


def section(mutation: Mutation | None) -> str:
    """The section, or "" where no mutants were tried; the rate is in it however long the rest."""
    if mutation is None:
        return ""
    for most, matrix in _LEVELS:
        text = "\n".join(_lines(mutation, most, matrix))
        if len(text) <= _ROOM:
            return text
    return "\n".join(_head(mutation))


def _lines(mutation: Mutation, most: int, matrix: bool) -> Iterator[str]:
    yield from _head(mutation)
    survived, undecided = mutation.of(Fate.SURVIVED), mutation.of(Fate.UNDECIDED)
    yield from _open(f"Survived: {said.FATES[Fate.SURVIVED]}", mutation, survived[:most])
    yield from _left(len(survived) - most)
    yield from _open(f"Undecided: {said.FATES[Fate.UNDECIDED]}", mutation, undecided[:most])
    yield from _left(len(undecided) - most)
    if mutation.trials and mutation.idle and not said.some(mutation):
        yield f"These requirements {said.IDLE}: {escaped(', '.join(mutation.idle))}"
        yield ""
    if mutation.untested:
        ids = escaped(", ".join(mutation.untested))
        yield f"{said.UNTESTED.capitalize()}: {ids}"
        yield ""
    if matrix and mutation.trials and mutation.requirements:
        yield from _folded("Which requirement noticed what", _matrix(mutation))
    equivalent = mutation.of(Fate.EQUIVALENT)
    if equivalent:
        rows = (f"| {code(t.id)} | {_change(t)} | {escaped(t.reason)} |" for t in equivalent[:most])
        yield from _folded(
            f"{len(equivalent):,} equivalent: {said.FATES[Fate.EQUIVALENT]}",
            ["| Mutant | Change | Why nobody has to notice |", "|---|---|---|", *rows],
            len(equivalent) - most,
        )
    if mutation.far:
        rows = (
            f"| {escaped(kill.requirement, 40)} | {code(trial.id)} | {escaped(kill.reason)} |"
            for trial, kill in mutation.far[:most]
        )
        yield from _folded(
            f"{len(mutation.far):,} killed from afar: {said.FAR}",
            ["| Requirement | Mutant | Its reason |", "|---|---|---|", *rows],
            len(mutation.far) - most,
        )


def _head(mutation: Mutation) -> Iterator[str]:
    mark = "✅" if mutation.whole else "❌"
    yield f"### {mark} {said.HEADING} {said.tally(mutation)}"
    yield ""
    yield said.explained(mutation)
    yield " ".join(filter(None, (said.chosen(mutation), f"Tried {said.made_how(mutation)}.")))
    yield ""


def _open(heading: str, mutation: Mutation, trials: Sequence[Trial]) -> Iterator[str]:
    if not trials:
        return
    yield f"**{heading}**"
    yield ""
    for trial in trials:
        yield f"- {code(trial.id)}: {_change(trial)}; {escaped(said.seen_by(trial))}"
        if trial.reason:
            yield f"  {escaped(trial.reason)}"
        yield f"  alone: {code(said.command(mutation, trial), 1_000)}"
    yield ""


def _change(trial: Trial) -> str:
    before, after = said.change(trial, _CHANGE)
    return f"{code(before)} → {code(after)}"


def _matrix(mutation: Mutation) -> Iterator[str]:
    shared, heads = said.heads(mutation.requirements)
    matrix = mutation.matrix()
    across = f" ({escaped(shared)}…)" if shared else ""
    yield f"How many mutants of each kind (down) each requirement{across} noticed. Missed: nobody"
    yield "noticed them, and somebody ought to."
    yield ""
    yield f"| Kind | {' | '.join(escaped(head, 40) for head in heads)} | all | missed |"
    yield "|---|" + "--:|" * (len(heads) + 2)
    for operator, trials in mutation.operators.items():
        counts = [matrix[name][operator] for name in mutation.requirements]
        missed = said.unnoticed(trials)
        cells = [
            escaped(operator, 60),
            *(str(count or "·") for count in counts),
            str(len(trials)),
            f"**{missed}**" if missed else "·",
        ]
        yield f"| {' | '.join(cells)} |"


def _folded(summary: str, body: Iterator[str] | Sequence[str], left: int = 0) -> Iterator[str]:
    yield f"<details><summary>{summary}</summary>"
    yield ""
    yield from body
    yield ""
    yield from _left(left)
    yield "</details>"
    yield ""


def _left(left: int) -> Iterator[str]:
    if left > 0:
        yield f"… and {left:,} more, in `compliance.json`"
        yield ""
