"""Abstract values: what an expression may be, as far as objects of boto3 are concerned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from planproof.aws.sdk_calls.boto3_objects import Boto3Object
from planproof.aws.sdk_calls.outside_names import SESSION_MAKERS


class AbstractValue(NamedTuple):
    """One possible value.

    Attributes:
        kind: ``sdk`` (a Boto3Object), ``member`` (of a Boto3Object, by name), ``maker`` (of a
            client or of a resource), ``Session`` (the class), ``session``, ``external`` (a dotted
            name outside of the package), ``module``, ``def``, ``bound`` (a method of an
            instance), ``class``, ``instance``, ``text``, ``container`` (of an abstract value),
            ``container method``, ``variable`` (of the environment, by name), ``segment`` (a text
            that holds another value between separators), ``none``, ``pager`` (a paginator or a
            waiter, by the call that made it), ``data`` (anything else that is no object of boto3)
            or ``unknown``.
        of: for an ``sdk`` and its ``member``, the name of the resource that it stands for, which
            may be ``pending``; for a ``variable``, its default.
    """

    kind: str
    what: Any = None
    name: str = ""
    of: Any = None


AbstractValues = frozenset[AbstractValue]
EMPTY: AbstractValues = frozenset()
DATA: AbstractValues = frozenset({AbstractValue("data")})
UNKNOWN: AbstractValues = frozenset({AbstractValue("unknown")})
SESSION: AbstractValues = frozenset({AbstractValue("session")})
PYTHON_NONE: AbstractValues = frozenset({AbstractValue("none")})

PENDING = AbstractValue("pending")
"""The name of a resource whose name has not arrived yet; the object is evaluated again then."""
UNKNOWN_NAME = AbstractValue("data")
"""The name of a resource about which nothing is known."""

NAME_KINDS = ("text", "variable", "segment")
"""Kinds of values that may name a resource."""

FUNCTION_KINDS = ("def", "bound")


def union(many: Iterable[AbstractValues]) -> AbstractValues:
    """The possible values of any of several expressions."""
    return EMPTY.union(*many)


def container_of(values: Iterable[AbstractValue]) -> AbstractValues:
    """A container of values, of one level: nesting, order and keys are not modelled."""
    items = (AbstractValue("data") if one.kind == "none" else one for one in values)
    flat = ("container", "data", "unknown")
    return frozenset(one if one.kind in flat else AbstractValue("container", one) for one in items)


def sdk_objects(found: Iterable[Boto3Object], of: AbstractValue | None = None) -> AbstractValues:
    """Objects of boto3 for the resource that ``of`` names."""
    return frozenset(AbstractValue("sdk", one, of=of) for one in found)


def are_names(values: AbstractValues) -> bool:
    """Whether there are only known strings, variables and None, and at least one of the former."""
    return any(one.kind in NAME_KINDS for one in values) and all(
        one.kind in NAME_KINDS or one.kind == "none" for one in values
    )


def texts(values: AbstractValues) -> list[str]:
    """The known strings among values."""
    return [one.what for one in values if one.kind == "text"]


def all_texts(values: AbstractValues) -> bool:
    """Whether there are only known strings, and at least one."""
    return bool(values) and all(one.kind == "text" for one in values)


def external(name: str) -> AbstractValues:
    """The value of a dotted name from outside of the package."""
    if name in SESSION_MAKERS:
        return frozenset({AbstractValue("Session")})
    if name in ("boto3.client", "boto3.resource"):
        return frozenset({AbstractValue("maker", name.removeprefix("boto3."))})
    if name == "boto3.DEFAULT_SESSION":
        return SESSION
    return frozenset({AbstractValue("external", name)}) if name.count(".") < _MAX_DOTS else UNKNOWN


_MAX_DOTS = 6
"""Dots in a name from outside of the package, beyond which its value is unknown."""
