"""Phrases, and the order of verdicts, that every report shares."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from planproof.results import Evidence, Kind, RequirementResult, RunResult, ScenarioResult
from planproof.values import Verdict

WORST_FIRST = (Verdict.FAILED, Verdict.UNDETERMINED, Verdict.WAIVED, Verdict.PASSED)
NOT_JUDGED = "not judged in this run"
KINDS = {
    Kind.DECLARED: "in the sources",
    Kind.PLANNED: "by Terraform",
    Kind.DEPLOYED: "to an emulated account",
}
"""What follows the name of each kind of evidence in a legend."""
NO_SCENARIO = "No scenario covers this requirement, so nothing is proven."
LEFT_OUT = "Not judged: only some scenarios were chosen."
UNFINISHED = "The run was stopped before all that was asked for was done."
NO_REQUIREMENT = "No requirement was judged, so nothing is proven."


def counted(number: int, noun: str) -> str:
    """``no facts``, ``1 fact``, ``2,000 facts``."""
    return f"{f'{number:,}' if number else 'no'} {noun}{'' if number == 1 else 's'}"


def fact_count(requirement: RequirementResult) -> int:
    """Number of pieces of evidence of a requirement."""
    return sum(len(scenario.evidence) for scenario in requirement.scenarios)


def verdict_text(verdict: Verdict | None) -> str:
    """A verdict on one kind of evidence: ``passed``, ``not judged in this run``."""
    return verdict.value if verdict else NOT_JUDGED


def kinds_text(requirement: RequirementResult) -> str:
    """``declared passed, planned failed, deployed not judged in this run``."""
    return ", ".join(
        f"{kind} {verdict_text(verdict)}" for kind, verdict in requirement.kinds.items()
    )


def headline(result: RunResult) -> str:
    """``11 of 13 requirements passed``: of all that there are, with all their scenarios."""
    if not result.requirements:
        return "No requirement was judged"
    total = len(result.requirements) + len(result.not_judged)
    noun = "requirement" if total == 1 else "requirements"
    passed = result.counts[Verdict.PASSED] - _passed_in_part(result)
    return f"{passed} of {total} {noun} passed"


def other_counts(result: RunResult) -> str:
    """All counts but that of passed: ``1 failed, 1 waived, 2 not judged``, or ""."""
    counts = {v.value: result.counts[v] for v in WORST_FIRST if v is not Verdict.PASSED}
    counts["passed in part"] = _passed_in_part(result)
    counts["not judged"] = len(result.not_judged)
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def _passed_in_part(result: RunResult) -> int:
    """Number of requirements of which a part of the scenarios was judged, and passed."""
    return sum(r.id in result.partial and r.verdict is Verdict.PASSED for r in result.requirements)


def worst_first(requirements: tuple[RequirementResult, ...]) -> list[RequirementResult]:
    """Failed, undetermined, waived, passed; the run's order within each."""
    return sorted(requirements, key=lambda requirement: WORST_FIRST.index(requirement.verdict))


def unmet(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence that does not hold, then the evidence that does not decide."""
    return [item for holds in (False, None) for item in evidence if item.holds is holds]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a requirement did not pass; ``evidence`` is None if there is none."""

    requirement: RequirementResult
    scenario: ScenarioResult | None
    evidence: Evidence | None

    @property
    def reason(self) -> str:
        """One sentence for use without evidence."""
        return (self.scenario.reason or "") if self.scenario else NO_SCENARIO


def first_problem(result: RunResult) -> Problem | None:
    """The problem of the first failed requirement, else of the first undetermined one."""
    for requirement in worst_first(result.requirements):
        return None if requirement.verdict.acceptable else problem_of(requirement)
    return None


def problem_of(requirement: RequirementResult) -> Problem:
    """The first scenario that decided the verdict of a requirement that did not pass."""
    for scenario in requirement.scenarios:
        if scenario.verdict is requirement.verdict:
            return Problem(requirement, scenario, next(iter(unmet(scenario.evidence)), None))
    return Problem(requirement, None, None)


def warnings_of(requirement: RequirementResult) -> list[str]:
    """The warnings of a requirement, each once."""
    return list(dict.fromkeys(text for s in requirement.scenarios for text in s.warnings))


def warnings(result: RunResult) -> list[tuple[RequirementResult, str]]:
    """Every warning with its requirement."""
    return [(item, text) for item in result.requirements for text in warnings_of(item)]


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``2 min 5 s``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def timestamp(when: dt.datetime) -> str:
    """``2025-11-23 09:30 UTC``."""
    return f"{when:%Y-%m-%d %H:%M %Z}".rstrip()


def waiver_sentence(requirement: RequirementResult) -> str:
    """``Waived until 2026-01-31 for aws_sqs_queue.jobs: reason``, or ""."""
    waiver = requirement.waiver
    if waiver is None:
        return ""
    about = f" for {waiver.address}" if waiver.address else ""
    return f"Waived until {waiver.until.isoformat()}{about}: {waiver.reason}"
