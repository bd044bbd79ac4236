"""The result of mutation testing as lines in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planproof.mutation_results import MutantStatus, MutationResult
from planproof.reports import mutation_phrases as phrases
from planproof.reports.terminal_lines import TerminalLines
from planproof.reports.text import columns, fit, one_line

_SURVIVORS, _UNDECIDED, _DISTANT = 10, 5, 5
_FEW = 5  # up to so many mutants, the killed ones are listed too
_CHANGE = 110  # characters of each value
_HEAD = 12  # columns of a requirement's head
_NAME, _NAME_LEAST = 26, 16  # columns of an operator's name; fewer where that saves a block
_TOTALS = ("all", "missed")


def mutation_lines(mutation: MutationResult, *, unicode: bool, width: int) -> list[str]:
    """The explanation, the matrix, the lists of mutants, and the kill rate last.

    Args:
        unicode: whether the terminal can show more than ASCII.
        width: of the terminal, in columns.
    """
    lines = TerminalLines(unicode, width)
    lines.add(0, phrases.HEADING)
    lines.add_whole(2, phrases.explanation(mutation))
    if note := phrases.sample_note(mutation):
        lines.add(2, note)
    _matrix(lines, mutation)
    _requirements(lines, mutation)
    _distant_kills(lines, mutation)
    _undecided(lines, mutation)
    _survivors(lines, mutation)
    _killed(lines, mutation)
    if mutation.trials:
        lines.add_blank()
    mark = ("✓", "+") if mutation.passed else ("✗", "x")
    summary = f"{phrases.tally(mutation)}; {phrases.run_conditions(mutation)}"
    lines.add(0, summary, f"{mark[0 if unicode else 1]} ")
    return lines.lines


def _matrix(lines: TerminalLines, mutation: MutationResult) -> None:
    """Operators in rows, requirements in columns, in as many blocks as the width requires."""
    if not mutation.trials or not mutation.requirements:
        return
    shared, heads, _ = _heads(lines, mutation)
    names = {operator: lines.displayable(one_line(operator)) for operator in mutation.by_operator}
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
    lines.add_blank()
    matrix_note = phrases.worded(mutation, phrases.MATRIX)
    lines.add(2, matrix_note.format(f", {shared}…" if shared else ""))
    lines.add(2, phrases.worded(mutation, phrases.MISSED_COLUMN))
    for block in _blocks(taken, lines.width - 2 - name, sum(totals) + 2 * len(totals)):
        widths = [1 + taken[at] for at in block] + [2 + wide for wide in totals]
        lines.add_row("  " + " " * name + _cells([*(heads[at] for at in block), *_TOTALS], widths))
        for operator, trials in mutation.by_operator.items():
            counts = [matrix[mutation.requirements[at]][operator] for at in block]
            counts += [len(trials), phrases.missed_count(trials)]
            zero = "·" if lines.unicode else "."
            cells = _cells([str(count or zero) for count in counts], widths)
            label = fit(names[operator], name, "…" if lines.unicode else "...")
            lines.add_row(f"  {label}{cells}")
        lines.add_blank()


def _heads(lines: TerminalLines, mutation: MutationResult) -> tuple[str, list[str], bool]:
    """The common start of the requirements' ids, and their heads in the matrix: the rest of each id
    or, where one is too long for a narrow column, numbers; and whether they are numbers."""
    shared, heads = phrases.column_heads([lines.displayable(id_) for id_ in mutation.requirements])
    if any(columns(head) > _HEAD for head in heads):
        return "", [str(number) for number in range(1, len(heads) + 1)], True
    return shared, heads, False


def _blocks(taken: Sequence[int], room: int, totals: int) -> Iterator[list[int]]:
    """The requirements' positions, as many at a time as fit beside an operator and its totals."""
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


def _requirements(lines: TerminalLines, mutation: MutationResult) -> None:
    if mutation.trials:
        _, heads, numbered = _heads(lines, mutation)
        wide = max((columns(one_line(name)) for name in mutation.requirements), default=0)
        wide = min(wide, _NAME + 14 if numbered else _NAME)
        for requirement, head in zip(mutation.requirements, heads, strict=True):
            counts = mutation.kill_counts(requirement)
            if phrases.is_sample(mutation) and not (counts and counts.relevant):
                continue
            number = f"{head:>{len(heads[-1])}}  " if numbered else ""
            label = f"{number}{fit(one_line(requirement), wide, '…')}  "
            lines.add(2, phrases.requirement_note(mutation, requirement), label)
        if mutation.without_kills and not phrases.is_sample(mutation):
            names = ", ".join(mutation.without_kills)
            lines.add_whole(2, f"{phrases.worded(mutation, phrases.WITHOUT_KILLS)}: {names}")
    if mutation.untested:
        lines.add_whole(2, f"{phrases.UNTESTED}: {', '.join(mutation.untested)}")


def _distant_kills(lines: TerminalLines, mutation: MutationResult) -> None:
    if not mutation.distant_kills:
        return
    lines.add_blank()
    lines.add(2, f"distant kills: {phrases.DISTANT_KILL}")
    for trial, kill in mutation.distant_kills[:_DISTANT]:
        lines.add(4, f"{kill.requirement} detected {trial.id}")
        lines.add(6, kill.reason)
    _more(lines, len(mutation.distant_kills) - _DISTANT, "more distant kills")


def _undecided(lines: TerminalLines, mutation: MutationResult) -> None:
    undecided = mutation.with_status(MutantStatus.UNDECIDED)
    _heading(lines, mutation, MutantStatus.UNDECIDED)
    for trial in undecided[:_UNDECIDED]:
        lines.add(4, trial.id, "? ")
        lines.add(6, trial.reason or "no reason is given")
        if mutation.of_checks:
            lines.add(6, phrases.readers(trial))
        lines.add_verbatim(6, phrases.rerun_command(mutation, trial))
    _more(lines, len(undecided) - _UNDECIDED, "more undecided")


def _survivors(lines: TerminalLines, mutation: MutationResult) -> None:
    survivors = mutation.with_status(MutantStatus.SURVIVED)
    _heading(lines, mutation, MutantStatus.SURVIVED)
    for trial in survivors[:_SURVIVORS]:
        before, after = phrases.before_and_after(trial, _CHANGE)
        lines.add(4, trial.id, "✗ " if lines.unicode else "x ")
        lines.add_whole(6, f"{before} -> {after}")
        lines.add(6, phrases.readers(trial))
        lines.add_verbatim(6, phrases.rerun_command(mutation, trial))
    _more(lines, len(survivors) - _SURVIVORS, "more survivors")


def _killed(lines: TerminalLines, mutation: MutationResult) -> None:
    """Each kill and each equivalent mutant with its reason, if only a few mutants were tested."""
    if len(mutation.trials) > _FEW:
        return
    for status in (MutantStatus.KILLED, MutantStatus.EQUIVALENT):
        _heading(lines, mutation, status)
        for trial in mutation.with_status(status):
            before, after = phrases.before_and_after(trial, _CHANGE)
            lines.add(4, trial.id, "✓ " if lines.unicode else "+ ")
            lines.add_whole(6, f"{before} -> {after}")
            if mutation.of_checks:
                lines.add(6, phrases.readers(trial))
            for kill in trial.kills:
                lines.add(6, f"{kill.requirement} {kill.verdict}: {kill.scenario}: {kill.reason}")
            if trial.reason:
                lines.add(6, trial.reason)


def _heading(lines: TerminalLines, mutation: MutationResult, status: MutantStatus) -> None:
    if mutation.with_status(status):
        lines.add_blank()
        lines.add(2, f"{status}: {phrases.worded(mutation, phrases.STATUS_MEANINGS[status])}")


def _more(lines: TerminalLines, left: int, noun: str) -> None:
    if left > 0:
        lines.add(4, f"and {left:,} {noun}, in the reports")
