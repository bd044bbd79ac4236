"""What does the request say about a context key: its values, nothing, or nobody knows?

Source: IAM User Guide, "IAM JSON policy elements: Condition": key names are not case-sensitive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum

from planproof.values import UNKNOWN, Unknown

ContextValue = (
    str | bool | int | float | datetime | Unknown | Sequence[str | bool | int | float | Unknown]
)
"""A value as a caller may give it; None beside it says that the key is not in the request."""

Values = tuple[str | Unknown, ...]
"""The values of a key that is in the request."""


class Missing(Enum):
    """Why there are no values to compare with."""

    ABSENT = "absent"
    """The key is not in the request."""
    PRESENT = "present"
    """The key is in the request, its values are not known."""
    UNKNOWN = "unknown"
    """Nobody knows whether the key is in the request."""


class Context:
    """The context keys of one request, by name without regard to case.

    Args:
        entries: values by lower-case key.
        unlisted: what to answer for a key that is not among ``entries``, from its lower-case name.
    """

    __slots__ = ("_entries", "_unlisted")

    def __init__(
        self, entries: Mapping[str, Values | Missing], unlisted: Callable[[str], Missing]
    ) -> None:
        self._entries = entries
        self._unlisted = unlisted

    def get(self, key: str) -> Values | Missing:
        """The values of a key, or why there are none."""
        key = key.lower()
        found = self._entries.get(key)
        return self._unlisted(key) if found is None else found


def values_of(given: ContextValue | None) -> Values | Missing:
    """The values that a caller gave for one key, as IAM compares them: as strings."""
    if given is None:
        return Missing.ABSENT
    if isinstance(given, Unknown):
        return Missing.UNKNOWN
    if isinstance(given, str | bool | int | float | datetime):
        return (text_of(given),)
    return tuple(UNKNOWN if isinstance(one, Unknown) else text_of(one) for one in given)


def text_of(value: str | bool | int | float | datetime) -> str:
    """A JSON scalar or a time as the string that policies compare."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
