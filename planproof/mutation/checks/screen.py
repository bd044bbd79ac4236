"""The score as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.mutation.checks.judge import JudgedMutant
from planproof.mutation.checks.score import Count, Score

_HEADS = ("mutants", "killed", "explained", "survived", "kept", "repaired", "crashed")


def score_lines(score: Score) -> Iterator[str]:
    """The matrix, the checks, then every problem."""
    checks = score.checks
    yield f"{'killed, by operator and check':<32}" + "".join(
        f"{number:>4}" for number, _ in enumerate(checks, 1)
    )
    for operator in score.operators:
        cells = (_cell(score.count(check, operator)) for check in checks)
        yield f"{operator:<32}" + "".join(f"{cell:>4}" for cell in cells)
    yield ""
    yield f"{'check':<44}" + "".join(f"{head:>10}" for head in _HEADS) + "      rate"
    for number, check in enumerate(checks, 1):
        yield _row(f"{number:>3}  {check}", score.count(check))
    yield _row("     all", score.count())
    yield ""
    for item in score.crashed:
        yield from mutant_lines(item, "CRASHED")
    for item in score.unexplained:
        yield from mutant_lines(item, "SURVIVED")
    for check in score.without_kills:
        yield f"NO KILL  {check} detects none of the mutants of its example"
    for problem in score.problems:
        yield f"EXPLANATION  {problem}"
    yield summary(score)


def summary(score: Score) -> str:
    """The counts on one line."""
    count = score.count()
    rate = "no mutants" if count.rate is None else f"{count.rate:.1%}"
    return (
        f"{count.mutants} mutants of the examples of {len(score.checks)} checks: "
        f"{count.killed} killed ({count.undetermined} of them undetermined), {count.kept} kept, "
        f"{count.explained + count.repaired} explained, {count.survived} survived, "
        f"{count.crashed} crashed ({rate})"
    )


def mutant_lines(item: JudgedMutant, word: str) -> Iterator[str]:
    """A mutant with its exact change and the conclusion of the check."""
    mutant = item.mutant
    yield f"{word}  {mutant.id}"
    yield f"  {mutant.check}/{mutant.file}:{mutant.line}"
    yield from (f"  - {line}" for line in mutant.before.splitlines())
    yield from (f"  + {line}" for line in mutant.after.splitlines())
    yield f"  {item.conclusion}: {item.detail}"


def _cell(count: Count) -> str:
    return str(count.killed) if count.mutants - count.kept - count.repaired else "."


def _row(name: str, count: Count) -> str:
    rate = "-" if count.rate is None else f"{count.rate:.1%}"
    cells = "".join(f"{getattr(count, head):>10}" for head in _HEADS)
    return f"{name:<44}{cells}{rate:>10}"
