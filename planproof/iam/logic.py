"""What is true when not everything is known: Kleene's three-valued logic.

A verdict is True, False, or None for "nobody knows". None spreads only where the unknown could
change the outcome: ``any_of`` is True as soon as one part is, ``all_of`` False as soon as one is.
"""

from __future__ import annotations

from collections.abc import Iterable

Verdict = bool | None
"""True, False, or None: it depends on something that is not known."""


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """The three-valued "or"; False for no parts."""
    result: Verdict = False
    for verdict in verdicts:
        if verdict is True:
            return True
        if verdict is None:
            result = None
    return result


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """The three-valued "and"; True for no parts."""
    result: Verdict = True
    for verdict in verdicts:
        if verdict is False:
            return False
        if verdict is None:
            result = None
    return result


def negate(verdict: Verdict) -> Verdict:
    """The three-valued "not"."""
    return None if verdict is None else not verdict
