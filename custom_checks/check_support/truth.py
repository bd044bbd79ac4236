"""Three-valued truth, as in planproof: the checks also run without planproof."""

from __future__ import annotations

from collections.abc import Iterable

Truth = bool | None
"""True, False, or None where the source does not decide."""


def any_of(parts: Iterable[Truth]) -> Truth:
    """The three-valued "or"; False for no parts."""
    answers = set(parts)
    return True if True in answers else None if None in answers else False


def all_of(parts: Iterable[Truth]) -> Truth:
    """The three-valued "and"; True for no parts."""
    answers = set(parts)
    return False if False in answers else None if None in answers else True
