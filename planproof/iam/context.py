"""The context keys of a request: each has values, is absent, or is unknown.

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
"""A value as an author may give it; None in its place means that the key is absent."""


class OtherValue:
    """An assumed value that equals no literal value of a policy; patterns may still match it.

    Args:
        results: the result of each comparison, by :attr:`Condition.comparison_key`.
    """

    __slots__ = ("results",)

    def __init__(self, results: Mapping[object, bool]) -> None:
        self.results = results


Values = tuple[str | Unknown | OtherValue, ...]
"""The values of a key that is in the request."""


class Missing(Enum):
    """Why there are no values to compare with."""

    ABSENT = "absent"
    """The key is not in the request."""
    PRESENT = "present"
    """The key is in the request; its values are not known."""
    UNKNOWN = "unknown"
    """It is not known whether the key is in the request."""


class Context:
    """The context keys of one request, by case-insensitive name.

    Args:
        layers: values by lower-case key; the first layer that has a key decides.
        unlisted: the result for a key in no layer.
        complete_prefixes: key prefixes, such as ``aws:principaltag/``, of which the layers have
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

    def replacing(self, entries: Mapping[str, Values | Missing]) -> Context:
        """The same context with these keys (in lower case) replaced."""
        return Context((entries, *self._layers), self._unlisted, self._complete_prefixes)

    def get(self, key: str) -> Values | Missing:
        """The values of a key (in lower case), or why there are none."""
        for layer in self._layers:
            values = layer.get(key)
            if values is not None:
                return values
        return Missing.ABSENT if key.startswith(self._complete_prefixes) else self._unlisted


def values_of(given: ContextValue | None) -> Values | Missing:
    """The values given for one key, as the strings that IAM compares."""
    if given is None:
        return Missing.ABSENT
    if isinstance(given, Unknown):
        return Missing.UNKNOWN
    if isinstance(given, str | bool | int | float | datetime):
        return (text_of(given),)
    return tuple(UNKNOWN if isinstance(item, Unknown) else text_of(item) for item in given)


def text_of(value: str | bool | int | float | datetime) -> str:
    """A JSON scalar or a time as the string that IAM compares."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
