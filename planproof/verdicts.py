"""Three-valued truth, and the verdict that follows from it.

:data:`Truth` follows Kleene's three-valued logic. None spreads only where the unknown could change
the result: ``any_of`` is True as soon as one part is, ``all_of`` is False as soon as one is.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

Truth = bool | None
"""True, False, or None where what is known does not decide."""


def any_of(parts: Iterable[Truth]) -> Truth:
    """The three-valued "or"; False for no parts."""
    result: Truth = False
    for part in parts:
        if part is True:
            return True
        if part is None:
            result = None
    return result


def all_of(parts: Iterable[Truth]) -> Truth:
    """The three-valued "and"; True for no parts."""
    result: Truth = True
    for part in parts:
        if part is False:
            return False
        if part is None:
            result = None
    return result


def negate(part: Truth) -> Truth:
    """The three-valued "not"."""
    return None if part is None else not part


class Verdict(StrEnum):
    """What the evidence says of a scenario or a requirement."""

    PASSED = "passed"
    FAILED = "failed"
    UNDETERMINED = "undetermined"
    WAIVED = "waived"

    @property
    def acceptable(self) -> bool:
        """Whether a run may still end well with it: undetermined counts as failed."""
        return self in (Verdict.PASSED, Verdict.WAIVED)
