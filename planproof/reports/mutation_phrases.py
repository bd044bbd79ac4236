"""Sentences about mutants that every report shares, for a reader new to mutation testing."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile

from planproof.mutation_results import MutantStatus, MutationResult, SourceTrial, Trial
from planproof.reports import phrases
from planproof.reports.text import clip, one_line
from planproof.values import Verdict

HEADING = "Would a mistake be detected?"
NO_MUTANT = "No mutant was tested, so it is unknown whether the requirements detect mistakes."
MISSED = (MutantStatus.SURVIVED, MutantStatus.UNDECIDED)
"""Mutants that a requirement should have detected and none is known to."""
STATUS_MEANINGS = {
    MutantStatus.KILLED: "at least one requirement detected it",
    MutantStatus.SURVIVED: "no requirement detected it, and no reason for that is recorded",
    MutantStatus.UNDECIDED: "it could not be judged, or the only reaction was a crashed step",
    MutantStatus.EQUIVALENT: "every requirement is still met; the reason is recorded",
}
"""What each status means, in the order of the bar on the page."""
DISTANT_KILL = "the evidence does not name what was changed, so the requirement may be too broad"
WITHOUT_KILLS = "requirements that detected none of these mutants"
UNTESTED = "requirements not tested, because they do not pass on the unchanged stack"
MATRIX = "Number of mutants of each kind (rows) that each requirement (columns{}) detected."
MISSED_COLUMN = "Missed: no requirement detected the mutant, and one should have."
_COMMAND = "planproof mutants --mutant"
_AROUND = 30  # characters before and after a difference


def explanation(mutation: MutationResult) -> str:
    """What was done, and what the result means."""
    if not mutation.trials:
        return NO_MUTANT
    if mutation.of_checks:
        return (
            f"The examples of custom checks were changed in {_ways(len(mutation.trials))}, one at "
            "a time, and the check of the example judged each of these mutants. A mutant that the "
            "check does not pass is killed: the mistake would be detected, or what is wrong in an "
            "example of a mistake is still detected. Any other mutant survives."
        )
    return (
        f"The stack was changed in {_ways(len(mutation.trials))}, one at a time, and every "
        "requirement that reads what was changed was judged again. Such a changed stack is called "
        "a mutant. A mutant that makes a requirement fail is killed: the mistake would be "
        "detected. A mutant that no requirement detects survives: the mistake could be made "
        "tomorrow, and every requirement would still pass."
    )


def worded(mutation: MutationResult, text: str) -> str:
    """A phrase of this module for what was tested: requirements, or custom checks."""
    return text.replace("requirement", "check") if mutation.of_checks else text


def is_sample(mutation: MutationResult) -> bool:
    """Whether only some of all mutants were tested."""
    return mutation.made > len(mutation.trials)


def sample_note(mutation: MutationResult) -> str:
    """How many of all mutants were tested, or "" if all were."""
    if not is_sample(mutation):
        return ""
    return f"{len(mutation.trials):,} of {mutation.made:,} possible mutants were tested."


def tally(mutation: MutationResult) -> str:
    """``412 of 415 killed (99.3 %), 2 survived, 1 undecided, 9 equivalent``."""
    if not mutation.trials:
        return "no mutant was tested"
    counts = mutation.counts
    relevant = len(mutation.trials) - counts[MutantStatus.EQUIVALENT]
    killed = f"{counts[MutantStatus.KILLED]:,} of {relevant:,} killed ({percent(mutation)})"
    parts = [killed] if relevant else []
    parts += [f"{counts[s]:,} {s}" for s in (*MISSED, MutantStatus.EQUIVALENT) if counts[s]]
    sample = f"; {len(mutation.trials):,} of {mutation.made:,} tested"
    return ", ".join(parts) + (sample if is_sample(mutation) else "")


def percent(mutation: MutationResult) -> str:
    """The kill rate, ``99.3 %``; rounded to 100 % and 0 % only where that is exact."""
    if mutation.rate in (0, 1):
        return f"{mutation.rate:.0%}".replace("%", " %")
    return f"{min(max(mutation.rate * 100, 0.1), 99.9):.1f} %"


def run_conditions(mutation: MutationResult) -> str:
    """``in 38 s by 2 processes, seed 7``."""
    by = "1 process" if mutation.workers == 1 else f"{mutation.workers:,} processes"
    return f"in {phrases.duration(mutation.seconds)} by {by}, seed {mutation.seed}"


def requirement_sentence(mutation: MutationResult, requirement: str) -> str:
    """How many mutants tested a requirement and how many it detected, in full sentences."""
    counts = mutation.kill_counts(requirement)
    if counts is None:
        why = ", because it does not pass on the unchanged stack"
        return (
            "This requirement was not tested with mutants"
            f"{why if requirement in mutation.untested else ''}."
        )
    if not counts.relevant:
        which = "None of the tested mutants" if is_sample(mutation) else "No mutant of this stack"
        return f"{which} concerns this requirement."
    alone = ""
    if counts.killed_alone:
        alone = f" No other requirement detected {counts.killed_alone:,} of them."
    return (
        f"This requirement was tested against {_ways(counts.relevant)} of breaking it and detected "
        f"{counts.killed:,}.{alone}"
    )


def requirement_note(mutation: MutationResult, requirement: str) -> str:
    """The same, short: ``tested against 23 ways, detected 23 (4 detected by no other)``.

    Of a custom check: ``35 mutants: 23 killed (4 undetermined), 12 kept``.
    """
    if mutation.of_checks:
        trials = [trial for trial in mutation.trials if requirement in trial.seen]
        outcomes = Counter(t.outcome for t in trials if isinstance(t, SourceTrial))
        undetermined = sum(k.verdict is Verdict.UNDETERMINED for t in trials for k in t.kills)
        parts = [f"{outcomes[word]:,} {word}" for word in SourceTrial.OUTCOMES if outcomes[word]]
        if undetermined:
            parts[0] += f" ({undetermined:,} undetermined)"
        return f"{phrases.counted(len(trials), 'mutant')}: {', '.join(parts)}"
    counts = mutation.kill_counts(requirement)
    if counts is None:
        return "not tested"
    if not counts.relevant:
        which = "tested mutant" if is_sample(mutation) else "mutant of this stack"
        return f"no {which} concerns it"
    alone = f" ({counts.killed_alone:,} detected by no other)" if counts.killed_alone else ""
    return f"tested against {_ways(counts.relevant)}, detected {counts.killed:,}{alone}"


def readers(trial: Trial) -> str:
    """The requirements that read what was changed: ``read by REQ-03, REQ-11``.

    Of a custom check: where the change is, and what the check says about it.
    """
    if isinstance(trial, SourceTrial):
        said = f"{trial.conclusion}: {trial.detail}" if trial.detail else trial.conclusion
        return f"{trial.seen[0]}/{trial.file}:{trial.line} {said}"
    if not trial.seen:
        return "no requirement reads it"
    return f"read by {', '.join(trial.seen)}"


def killers(trial: Trial) -> str:
    """The requirements that detected it: ``REQ-03, REQ-11 (undetermined)``."""
    return ", ".join(
        kill.requirement + ("" if kill.verdict is Verdict.FAILED else f" ({kill.verdict})")
        for kill in trial.kills
    )


def rerun_command(mutation: MutationResult, trial: Trial) -> str:
    """The command that judges the mutant alone, with the same stack, scenarios and seed."""
    seed = ["--mutants-seed", str(mutation.seed)] if mutation.seed else []
    more = [shlex.quote(one_line(text)) for text in (*seed, *mutation.arguments)]
    return " ".join((_COMMAND, shlex.quote(one_line(trial.id)), *more))


def before_and_after(trial: Trial, room: int) -> tuple[str, str]:
    """The value before and after the change, each in about ``room`` characters.

    Of long values, the common start and the common end are left out.
    """
    before, after = (one_line(text) for text in (trial.before, trial.after))
    if max(len(before), len(after)) > room:
        head = len(_common_start((before, after)))
        rest = min(len(before), len(after)) - head
        tail = min(len(_common_start((before[::-1], after[::-1]))), rest)
        first, last = max(head - _AROUND, 0), max(tail - _AROUND, 0)
        before, after = (_without_ends(text, first, last) for text in (before, after))
    return clip(before, room) or "(nothing)", clip(after, room) or "(nothing)"


def _common_start(texts: Sequence[str]) -> str:
    alike = takewhile(lambda chars: len(set(chars)) == 1, zip(*texts, strict=False))
    return "".join(chars[0] for chars in alike)


def _without_ends(text: str, first: int, last: int) -> str:
    middle = text[first : len(text) - last]
    return f"{'…' if first else ''}{middle}{'…' if last else ''}"


def column_heads(ids: Sequence[str]) -> tuple[str, list[str]]:
    """The common start of all ids (``REQ-``), and the rest of each for a narrow column."""
    names = [one_line(name) for name in ids]
    common = re.match(r"(?:.*[^A-Za-z0-9])?", _common_start(names))
    shared = common[0] if common else ""
    if any(name == shared for name in names):
        shared = ""
    return shared, [name[len(shared) :] for name in names]


def missed_count(trials: Sequence[Trial]) -> int:
    """Number of mutants that a requirement should have detected and none is known to."""
    return sum(trial.status in MISSED for trial in trials)


def _ways(number: int) -> str:
    return phrases.counted(number, "way")
