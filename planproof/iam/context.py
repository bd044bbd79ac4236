"""What does the request say about a context key: its values, nothing, or nobody knows?

Source: IAM User Guide, "IAM JSON policy elements: Condition": key names are not case-sensitive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum

from planproof.values import UNKNOWN, Unknown

ContextValue = (
    str | bool | int | float | datetime | Unknown | Sequence[str | bool | int | float | Unknown]
)
"""A value as a caller may give it; None beside it says that the key is not in the request."""


class Other:
    """A value that is assumed to equal none that a policy names; patterns may still match it.

    Args:
        truths: which comparisons of the policy come out true, by :attr:`Condition.atom`.
    """

    __slots__ = ("truths",)

    def __init__(self, truths: Mapping[object, bool]) -> None:
        self.truths = truths


Values = tuple[str | Unknown | Other, ...]
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
        layers: values by lower-case key; the first layer that knows a key decides.
        unlisted: what to answer for a key in no layer.
        complete_prefixes: key prefixes, such as ``aws:principaltag/``, of which the layers know
            every key, so that others are absent.
    """

    __slots__ = ("_complete_prefixes", "_layers", "_unlisted")

    def __init__(
        self,
        layers: Sequence[Mapping[str, Values | Missing]] = (),
        unlisted: Missing = Missing.ABSENT,
        complete_prefixes: tuple[str, ...] = (),
    ) -> None:
        self._layers = layers
        self._unlisted = unlisted
        self._complete_prefixes = complete_prefixes

    def assuming(self, entries: Mapping[str, Values | Missing]) -> Context:
        """The same context, but for these keys (in lower case)."""
        return Context((entries, *self._layers), self._unlisted, self._complete_prefixes)

    def get(self, key: str) -> Values | Missing:
        """The values of a key (in lower case), or why there are none."""
        for layer in self._layers:
            found = layer.get(key)
            if found is not None:
                return found
        return Missing.ABSENT if key.startswith(self._complete_prefixes) else self._unlisted


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
