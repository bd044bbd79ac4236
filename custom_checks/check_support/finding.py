"""The verdict of a check on one resource, and the reason for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from check_support.values import Value, options
from checkov.common.models.enums import CheckResult

DOES_NOT_APPLY = "does not apply: "
UNDETERMINED = "undetermined: "


class Verdict(StrEnum):
    """The verdict on a resource; among several verdicts on one resource, the last here decides."""

    NOT_APPLICABLE = "not applicable"
    PASSED = "passed"
    UNDETERMINED = "undetermined"
    FAILED = "failed"


_PRECEDENCE = list(Verdict)


@dataclass(frozen=True)
class Finding:
    """A verdict and its reason, one clause without a full stop."""

    verdict: Verdict
    reason: str

    @property
    def result(self) -> CheckResult:
        """The verdict as Checkov's result: not applicable and undetermined are both ``UNKNOWN``,
        distinguished by the details.
        """
        if self.verdict is Verdict.PASSED:
            return CheckResult.PASSED
        return CheckResult.FAILED if self.verdict is Verdict.FAILED else CheckResult.UNKNOWN

    @property
    def details(self) -> str:
        """The reason, with the prefix that distinguishes the two kinds of ``UNKNOWN``."""
        prefixes = {Verdict.NOT_APPLICABLE: DOES_NOT_APPLY, Verdict.UNDETERMINED: UNDETERMINED}
        return prefixes.get(self.verdict, "") + self.reason


def passed(reason: str) -> Finding:
    """The resource satisfies the rule."""
    return Finding(Verdict.PASSED, reason)


def failed(reason: str) -> Finding:
    """The resource violates the rule."""
    return Finding(Verdict.FAILED, reason)


def undetermined(reason: str) -> Finding:
    """The source does not decide."""
    return Finding(Verdict.UNDETERMINED, reason)


def not_applicable(reason: str) -> Finding:
    """The rule does not apply to the resource."""
    return Finding(Verdict.NOT_APPLICABLE, reason)


def worst(findings: Iterable[Finding], default: Finding) -> Finding:
    """The first finding with the verdict that decides; ``default`` if there are no findings."""
    return max(findings, key=lambda found: _PRECEDENCE.index(found.verdict), default=default)


def judge_options(value: Value, rule: Callable[[Value], Finding]) -> Finding:
    """The rule applied to every possible value. Different verdicts leave it undetermined."""
    findings = [rule(option) for option in options(value)]
    if len({finding.verdict for finding in findings}) > 1:
        reasons = "; or ".join(dict.fromkeys(finding.reason for finding in findings))
        return undetermined(f"depends on a condition: {reasons}")
    return findings[0]
