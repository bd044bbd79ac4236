"""The words of mutation testing, for a reader who has never heard of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from itertools import takewhile

from planproof.mutation_results import Fate, Mutation, Trial
from planproof.reports import words
from planproof.reports.text import clip, one_line
from planproof.verdicts import Verdict

HEADING = "Would it have been noticed?"
NOTHING = "No mutant was tried, so whether a mistake would be noticed is not known."
UNNOTICED = (Fate.SURVIVED, Fate.UNDECIDED)
"""What nobody is known to have noticed, and what somebody ought to."""
FATES = {
    Fate.KILLED: "at least one requirement noticed it",
    Fate.SURVIVED: "nobody noticed it, and nobody has said why that is right",
    Fate.UNDECIDED: "it could not be judged, or nothing but a step that crashed noticed it",
    Fate.EQUIVALENT: "every promise is still kept, so nobody has to notice; why is written down",
}
"""What each fate of a mutant means, in the order of the picture."""
FAR = "the evidence does not name what was changed, so the requirement may ask too much"
IDLE = "noticed none of these mutants"
UNTESTED = "not tested, since they do not pass on the stack as it is"
_COMMAND = "planproof mutants --mutant"
_AROUND = 30  # characters before and after a difference


def explained(mutation: Mutation) -> str:
    """What was done, and what its result means."""
    if not mutation.trials:
        return NOTHING
    return (
        f"The stack was broken in {_ways(len(mutation.trials))}, one at a time, and every "
        "requirement that looks at what was changed was judged anew. Such a stack is called a "
        "mutant. A mutant that makes a requirement fail is killed: that mistake would have been "
        "noticed. One that nobody notices has survived: that mistake could be made tomorrow, and "
        "all would still pass."
    )


def some(mutation: Mutation) -> bool:
    """Whether only some of all mutants were tried."""
    return mutation.made > len(mutation.trials)


def chosen(mutation: Mutation) -> str:
    """How many of all mutants were tried, where that is not all; or ""."""
    if not some(mutation):
        return ""
    return f"{len(mutation.trials):,} of {_ways(mutation.made)} to break this stack were tried."


def tally(mutation: Mutation) -> str:
    """``412 of 415 killed (99.3 %), 2 survived, 1 undecided, 9 equivalent``."""
    if not mutation.trials:
        return "no mutant was tried"
    counts = mutation.counts
    ought = len(mutation.trials) - counts[Fate.EQUIVALENT]
    rest = (Fate.SURVIVED, Fate.UNDECIDED, Fate.EQUIVALENT)
    parts = [f"{counts[Fate.KILLED]:,} of {ought:,} killed ({percent(mutation)})"] if ought else []
    parts += [f"{counts[fate]:,} {fate}" for fate in rest if counts[fate]]
    tried = f"; {len(mutation.trials):,} of {mutation.made:,} tried" if some(mutation) else ""
    return ", ".join(parts) + tried


def percent(mutation: Mutation) -> str:
    """The kill rate: ``99.3 %``; 100 % for all and no fewer, 0 % for none and no more."""
    if mutation.rate in (0, 1):
        return f"{mutation.rate:.0%}".replace("%", " %")
    return f"{min(max(mutation.rate * 100, 0.1), 99.9):.1f} %"


def made_how(mutation: Mutation) -> str:
    """``in 38 s by 2 processes, seed 7``: how to get the same again."""
    by = "1 process" if mutation.workers == 1 else f"{mutation.workers:,} processes"
    return f"in {words.seconds(mutation.seconds)} by {by}, seed {mutation.seed}"


def tested(mutation: Mutation, requirement: str) -> str:
    """How a requirement did, in one or two sentences for its own place in a report."""
    found = mutation.tested(requirement)
    if found is None:
        why = ", since it does not pass on the stack as it is"
        return (
            "Whether this requirement notices mistakes was not tested"
            f"{why if requirement in mutation.untested else ''}."
        )
    if not found.ways and some(mutation):
        return "None of the mutants that were tried tests this requirement."
    if not found.ways:
        return "No mutant of this stack tests this requirement."
    alone = ""
    if found.alone:
        alone = f" Nobody else noticed {found.alone:,} of them."
    return (
        f"This requirement was tested against {_ways(found.ways)} of breaking it, and caught "
        f"{found.caught:,}.{alone}"
    )


def tested_shortly(mutation: Mutation, requirement: str) -> str:
    """How a tested requirement did: ``tested against 23 ways, caught 23 (4 that …)``."""
    found = mutation.tested(requirement)
    if found is None:
        return "not tested"
    if not found.ways:
        return f"no mutant {'that was tried' if some(mutation) else 'of this stack'} tests it"
    alone = f" ({found.alone:,} that nobody else noticed)" if found.alone else ""
    return f"tested against {_ways(found.ways)}, caught {found.caught:,}{alone}"


def seen_by(trial: Trial) -> str:
    """Who looked at what was changed and did not mind: ``looked at by REQ-03, REQ-11``."""
    if not trial.seen:
        return "no requirement looks at it"
    return f"looked at by {', '.join(trial.seen)}"


def noticed_by(trial: Trial) -> str:
    """``REQ-03, REQ-11 (undetermined)``."""
    return ", ".join(
        kill.requirement + ("" if kill.verdict is Verdict.FAILED else f" ({kill.verdict})")
        for kill in trial.kills
    )


def command(mutation: Mutation, trial: Trial) -> str:
    """The command that judges the mutant alone, of the same stack by the same scenarios; another
    seed than the usual one is part of it."""
    seed = ["--mutants-seed", str(mutation.seed)] if mutation.seed else []
    more = [shlex.quote(one_line(text)) for text in (*seed, *mutation.arguments)]
    return " ".join((_COMMAND, shlex.quote(one_line(trial.id)), *more))


def change(trial: Trial, room: int) -> tuple[str, str]:
    """What was there and what is there now, each in so many characters or a few more.

    Of long values, what both have in common at the start and at the end is left out.
    """
    before, after = (one_line(text) for text in (trial.before, trial.after))
    if max(len(before), len(after)) > room:
        head = len(_common((before, after)))
        rest = min(len(before), len(after)) - head
        tail = min(len(_common((before[::-1], after[::-1]))), rest)
        first, last = max(head - _AROUND, 0), max(tail - _AROUND, 0)
        before, after = (_within(text, first, last) for text in (before, after))
    return clip(before, room) or "(nothing)", clip(after, room) or "(nothing)"


def _common(texts: Sequence[str]) -> str:
    """What all texts begin with."""
    alike = takewhile(lambda found: len(set(found)) == 1, zip(*texts, strict=False))
    return "".join(found[0] for found in alike)


def _within(text: str, first: int, last: int) -> str:
    kept = text[first : len(text) - last]
    return f"{'…' if first else ''}{kept}{'…' if last else ''}"


def heads(ids: Sequence[str]) -> tuple[str, list[str]]:
    """What all ids begin with (``REQ-``), and the rest of each, as the head of a narrow column."""
    names = [one_line(name) for name in ids]
    common = re.match(r"(?:.*[^A-Za-z0-9])?", _common(names))
    shared = common[0] if common else ""
    if any(name == shared for name in names):
        shared = ""
    return shared, [name[len(shared) :] for name in names]


def unnoticed(trials: Sequence[Trial]) -> int:
    """How many mutants nobody is known to have noticed, of those that somebody ought to."""
    return sum(trial.fate in UNNOTICED for trial in trials)


def _ways(number: int) -> str:
    return words.counted(number, "way")
