"""Terraform values with :data:`UNKNOWN` among them, three-valued truth, and verdicts.

:data:`Truth` follows Kleene's three-valued logic. None spreads only where the unknown could change
the result: ``any_of`` is True as soon as one part is, ``all_of`` is False as soon as one is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, final

Value = Any
"""A Terraform value: None, bool, int, float, str, a sequence, a mapping, or :data:`UNKNOWN`."""


@final
class Unknown:
    """The type of :data:`UNKNOWN`: it equals nothing, not even itself, and is neither true nor
    false."""

    _instance: Unknown | None = None

    def __new__(cls) -> Unknown:
        """The one there is."""
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        raise TypeError("UNKNOWN is neither true nor false: ask is_unknown() first")

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Unknown:
        return self

    def __reduce__(self) -> tuple[type[Unknown], tuple[()]]:
        return (Unknown, ())


UNKNOWN: Final = Unknown()
"""A value that the evidence does not decide."""


class _ReadOnly:
    """Refuses every change. A copy of it is a plain collection, which may be changed."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("values of a stack are read-only: change a copy")

    __setitem__ = __delitem__ = __iadd__ = __ior__ = __imul__ = _refuse
    append = clear = extend = insert = pop = popitem = remove = reverse = setdefault = _refuse
    sort = update = _refuse


class ReadOnlyDict(_ReadOnly, dict[str, Any]):
    """A mapping that cannot be changed."""

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class ReadOnlyList(_ReadOnly, list[Any]):
    """A list that cannot be changed."""

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


def read_only(value: Value) -> Value:
    """The same value with every mapping and list in it read-only, at any depth."""
    if type(value) is dict:
        return ReadOnlyDict({key: read_only(item) for key, item in value.items()})
    if type(value) is list:
        return ReadOnlyList([read_only(item) for item in value])
    return value


def is_unknown(value: Value) -> bool:
    """Whether ``value`` itself is :data:`UNKNOWN` (a list with an unknown inside is not)."""
    return value is UNKNOWN


def contains_unknown(value: Value) -> bool:
    """Whether ``value`` is or holds an :data:`UNKNOWN`, at any depth."""
    return any(is_unknown(leaf) for _, leaf in leaves(value))


_SCALARS = (str, int, float, type(None))


def leaves(
    value: Value, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Value]]:
    """Every leaf of a value with the path that leads to it; an empty collection is a leaf."""
    stack: list[tuple[tuple[str | int, ...], Value]] = [(path, value)]
    while stack:
        here, item = stack.pop()
        if isinstance(item, _SCALARS):  # most are, and the tests of abstract classes take long
            yield here, item
        elif isinstance(item, Mapping) and item:
            stack.extend(((*here, str(key)), item[key]) for key in reversed(list(item)))
        elif isinstance(item, Sequence) and item:
            stack.extend(((*here, i), item[i]) for i in range(len(item) - 1, -1, -1))
        else:
            yield here, item


def dig(value: Value, path: str) -> Value:
    """Follow a dotted path (``rule.0.bucket_key_enabled``) into a value.

    A single nested block is a list of one in Terraform's JSON, so a name step looks into such a
    list by itself: ``environment.variables.X`` and ``environment.0.variables.X`` are the same.

    Returns None where the path leads nowhere, :data:`UNKNOWN` where it meets one.
    """
    for step in path.split("."):
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            if step.isdigit():
                value = value[int(step)] if int(step) < len(value) else None
            elif len(value) == 1 and isinstance(value[0], Mapping):
                value = value[0].get(step)
            elif len(value) == 1 and value[0] is UNKNOWN:
                return UNKNOWN
            else:
                return None
        else:
            return None
    return value


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
