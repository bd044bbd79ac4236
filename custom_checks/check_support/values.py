"""Values of expressions of the Terraform language, without running Terraform.

A value is a Python literal (``str``, ``int``, ``float``, ``bool``, ``None``, ``list``, ``dict``
with ``str`` keys) where the source alone decides it, and one of the classes below where it does
not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeAlias


class Scope(Protocol):
    """A module instance: see :class:`check_support.scope.ModuleScope`."""

    path: Path
    root: Scope
    block: Callable[[str], Any]
    local: Callable[[str], Value]
    variable: Callable[[str], Value]
    output: Callable[[str, str | int | None, str], Value]


@dataclass(frozen=True)
class Reference:
    """A reference whose value is not in the source, like ``aws_kms_key.media.arn``, ``var.suffix``.

    ``root`` is the address it starts with (``aws_kms_key.media``, ``data.aws_region.current``,
    ``var.suffix``), ``path`` the attributes after it, ``key`` the literal instance key if one is
    given, ``scope`` the module instance in which ``root`` is an address. ``depends_on`` is the
    ``depends_on`` of an output that the reference came through.
    """

    root: str
    path: tuple[str, ...] = ()
    key: str | int | None = None
    scope: Scope | None = None
    depends_on: tuple[Reference, ...] = field(default=(), compare=False, repr=False)

    @property
    def kind(self) -> str:
        """The first part: a resource type, or ``data``, ``var``, ``module``, ``path`` …"""
        return self.root.split(".", 1)[0]

    @property
    def resource_type(self) -> str:
        """The resource type, with ``data.`` before it for a data source; else empty."""
        parts = self.root.split(".")
        if parts[0] == "data" and len(parts) == 3:
            return f"data.{parts[1]}"
        return parts[0] if len(parts) == 2 and "_" in parts[0] else ""

    def __str__(self) -> str:
        index = "" if self.key is None else f"[{self.key!r}]".replace("'", '"')
        return ".".join((self.root + index, *self.path))


@dataclass(frozen=True)
class Template:
    """A string with undecided parts: ``"queue-${var.suffix}"``."""

    parts: tuple[Value, ...]

    @property
    def beginning(self) -> str:
        """The literal text before the first undecided part."""
        first = self.parts[0]
        return first if isinstance(first, str) else ""

    def __str__(self) -> str:
        return "".join(p if isinstance(p, str) else f"${{{shown(p)}}}" for p in self.parts)


@dataclass(frozen=True)
class Choice:
    """One of several values; the source does not decide which."""

    options: tuple[Value, ...]


@dataclass(frozen=True)
class Unknown:
    """An expression that is not evaluated, with its references and its literal text."""

    text: str
    references: tuple[Reference, ...] = ()
    literals: tuple[str, ...] = field(default=())


Value: TypeAlias = (
    "str | int | float | bool | list[Any] | dict[str, Any] | "
    "Reference | Template | Choice | Unknown | None"
)


def walk(value: Value) -> Iterator[Value]:
    """The value and every value inside it, including mapping keys."""
    yield value
    parts: list[Any] = []
    if isinstance(value, list):
        parts = value
    elif isinstance(value, dict):
        parts = [part for item in value.items() for part in item]
    elif isinstance(value, Template):
        parts = list(value.parts)
    elif isinstance(value, Choice):
        parts = list(value.options)
    for part in parts:
        yield from walk(part)


def references(value: Value) -> list[Reference]:
    """Every reference in the value, in order of appearance."""
    found: list[Reference] = []
    for part in walk(value):
        if isinstance(part, Reference):
            found.append(part)
        elif isinstance(part, Unknown):
            found.extend(part.references)
    return found


def depending(value: Value, depends_on: tuple[Reference, ...]) -> Value:
    """The value with ``depends_on`` added to every reference in it."""
    if isinstance(value, Reference):
        return replace(value, depends_on=(*value.depends_on, *depends_on))
    if isinstance(value, list):
        return [depending(part, depends_on) for part in value]
    if isinstance(value, dict):
        return {key: depending(part, depends_on) for key, part in value.items()}
    if isinstance(value, Template):
        return Template(tuple(depending(part, depends_on) for part in value.parts))
    if isinstance(value, Choice):
        return Choice(tuple(depending(option, depends_on) for option in value.options))
    if isinstance(value, Unknown):
        extended = (replace(r, depends_on=(*r.depends_on, *depends_on)) for r in value.references)
        return replace(value, references=tuple(extended))
    return value


def literals(value: Value) -> list[str]:
    """Every piece of literal text in the value, in order of appearance."""
    found: list[str] = []
    for part in walk(value):
        if isinstance(part, str):
            found.append(part)
        elif isinstance(part, Unknown):
            found.extend(part.literals)
    return found


def decided(value: Value) -> bool:
    """Whether the source alone decides the whole value."""
    return not any(
        isinstance(part, Reference | Template | Choice | Unknown) for part in walk(value)
    )


def options(value: Value) -> list[Value]:
    """The possible values: the branches of a condition, or the value itself."""
    if isinstance(value, Choice):
        return [leaf for option in value.options for leaf in options(option)]
    return [value]


def shown(value: Value) -> str:
    """The value as text for a message, close to its source."""
    if isinstance(value, Unknown):
        return value.text
    if isinstance(value, Choice):
        return " or ".join(shown(option) for option in value.options)
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if isinstance(value, list):
        return f"[{', '.join(shown(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {shown(item)}' for key, item in value.items())}}}"
    return f'"{value}"' if isinstance(value, str | Template) else str(value)
