"""What a check concludes about one resource, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from check_support.values import Value, options
from checkov.common.models.enums import CheckResult

DOES_NOT_APPLY = "does not apply: "
UNDETERMINED = "undetermined: "


class Weight(IntEnum):
    """The four conclusions; among several of one resource the greatest decides."""

    NOT_APPLICABLE = 0
    PASSED = 1
    UNDETERMINED = 2
    FAILED = 3


@dataclass(frozen=True)
class Finding:
    """A conclusion and its reason, one clause without a full stop."""

    weight: Weight
    reason: str

    @property
    def result(self) -> CheckResult:
        """Checkov knows no "does not apply"; it and "undetermined" are ``UNKNOWN``, told apart by
        the details.
        """
        if self.weight is Weight.PASSED:
            return CheckResult.PASSED
        return CheckResult.FAILED if self.weight is Weight.FAILED else CheckResult.UNKNOWN

    @property
    def details(self) -> str:
        """The reason, with the prefix that tells the two kinds of ``UNKNOWN`` apart."""
        prefixes = {Weight.NOT_APPLICABLE: DOES_NOT_APPLY, Weight.UNDETERMINED: UNDETERMINED}
        return prefixes.get(self.weight, "") + self.reason


def passed(reason: str) -> Finding:
    """The promise is kept."""
    return Finding(Weight.PASSED, reason)


def failed(reason: str) -> Finding:
    """The promise is broken."""
    return Finding(Weight.FAILED, reason)


def undetermined(reason: str) -> Finding:
    """The source does not decide it."""
    return Finding(Weight.UNDETERMINED, reason)


def not_applicable(reason: str) -> Finding:
    """The resource is none that the promise is about."""
    return Finding(Weight.NOT_APPLICABLE, reason)


def worst(findings: Iterable[Finding], otherwise: Finding) -> Finding:
    """The finding that decides among several, the first of its weight; ``otherwise`` if there is
    none.
    """
    return max(findings, key=lambda finding: finding.weight, default=otherwise)


def of_every_option(value: Value, rule: Callable[[Value], Finding]) -> Finding:
    """The rule applied to what the value can be. Branches that disagree leave it undetermined."""
    findings = [rule(option) for option in options(value)]
    if len({finding.weight for finding in findings}) > 1:
        reasons = "; or ".join(dict.fromkeys(finding.reason for finding in findings))
        return undetermined(f"a condition decides: {reasons}")
    return findings[0]
