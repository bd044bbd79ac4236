"""The result of mutation testing as a section of a pull request comment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planproof.mutation_results import MutantStatus, MutationResult, Trial
from planproof.reports import mutation_phrases as phrases
from planproof.reports.markdown import code, escaped
from planproof.reports.phrases import counted

_ROOM = 16_000  # characters; the comment has 65,536 in all
_LEVELS = ((20, True), (5, True), (5, False), (1, False))  # mutants of a list, with the matrix
_CHANGE = 120  # characters of each value


def mutation_section(mutation: MutationResult | None) -> str:
    """The section, or "" without mutants; it has the kill rate however long the rest is."""
    if mutation is None:
        return ""
    for most, matrix in _LEVELS:
        text = "\n".join(_lines(mutation, most, matrix))
        if len(text) <= _ROOM:
            return text
    return "\n".join(_head(mutation))


def _lines(mutation: MutationResult, most: int, matrix: bool) -> Iterator[str]:
    yield from _head(mutation)
    for status in phrases.MISSED:
        trials = mutation.with_status(status)
        heading = f"{status.capitalize()}: {phrases.STATUS_MEANINGS[status]}"
        yield from _missed(heading, mutation, trials[:most])
        yield from _left(len(trials) - most)
    if mutation.trials and mutation.without_kills and not phrases.is_sample(mutation):
        ids = escaped(", ".join(mutation.without_kills))
        yield f"{phrases.WITHOUT_KILLS.capitalize()}: {ids}\n"
    if mutation.untested:
        ids = escaped(", ".join(mutation.untested))
        yield f"{phrases.UNTESTED.capitalize()}: {ids}\n"
    if matrix and mutation.trials and mutation.requirements:
        yield from _folded("Which requirement detected what", _matrix(mutation))
    equivalent = mutation.with_status(MutantStatus.EQUIVALENT)
    if equivalent:
        rows = (f"| {code(t.id)} | {_change(t)} | {escaped(t.reason)} |" for t in equivalent[:most])
        yield from _folded(
            f"{len(equivalent):,} equivalent: {phrases.STATUS_MEANINGS[MutantStatus.EQUIVALENT]}",
            ["| Mutant | Change | Why no requirement has to detect it |", "|---|---|---|", *rows],
            len(equivalent) - most,
        )
    if mutation.distant_kills:
        rows = (
            f"| {escaped(kill.requirement, 40)} | {code(trial.id)} | {escaped(kill.reason)} |"
            for trial, kill in mutation.distant_kills[:most]
        )
        yield from _folded(
            f"{counted(len(mutation.distant_kills), 'distant kill')}: {phrases.DISTANT_KILL}",
            ["| Requirement | Mutant | Reason of the requirement |", "|---|---|---|", *rows],
            len(mutation.distant_kills) - most,
        )


def _head(mutation: MutationResult) -> Iterator[str]:
    mark = "✅" if mutation.passed else "❌"
    conditions = f"Tested {phrases.run_conditions(mutation)}."
    yield f"### {mark} {phrases.HEADING} {phrases.tally(mutation)}\n"
    yield phrases.explanation(mutation)
    yield " ".join(filter(None, (phrases.sample_note(mutation), conditions)))
    yield ""


def _missed(heading: str, mutation: MutationResult, trials: Sequence[Trial]) -> Iterator[str]:
    if not trials:
        return
    yield f"**{heading}**\n"
    for trial in trials:
        yield f"- {code(trial.id)}: {_change(trial)}; {escaped(phrases.readers(trial))}"
        if trial.reason:
            yield f"  {escaped(trial.reason)}"
        yield f"  run it alone: {code(phrases.rerun_command(mutation, trial), 1_000)}"
    yield ""


def _change(trial: Trial) -> str:
    before, after = phrases.before_and_after(trial, _CHANGE)
    return f"{code(before)} → {code(after)}"


def _matrix(mutation: MutationResult) -> Iterator[str]:
    shared, heads = phrases.column_heads(mutation.requirements)
    matrix = mutation.matrix()
    yield phrases.MATRIX.format(f", {escaped(shared)}…" if shared else "")
    yield phrases.MISSED_COLUMN
    yield ""
    yield f"| Kind | {' | '.join(escaped(head, 40) for head in heads)} | all | missed |"
    yield "|---|" + "--:|" * (len(heads) + 2)
    for operator, trials in mutation.by_operator.items():
        counts = [matrix[name][operator] for name in mutation.requirements]
        missed = phrases.missed_count(trials)
        cells = [
            escaped(operator, 60),
            *(str(count or "·") for count in counts),
            str(len(trials)),
            f"**{missed}**" if missed else "·",
        ]
        yield f"| {' | '.join(cells)} |"


def _folded(summary: str, body: Iterator[str] | Sequence[str], left: int = 0) -> Iterator[str]:
    yield f"<details><summary>{summary}</summary>\n"
    yield from body
    yield ""
    yield from _left(left)
    yield "</details>\n"


def _left(left: int) -> Iterator[str]:
    if left > 0:
        yield f"… and {left:,} more, in `compliance.json`\n"
