"""What an expression of the Terraform language is worth without running Terraform.

A value is a Python literal (``str``, ``int``, ``float``, ``bool``, ``None``, ``list``, ``dict``
with ``str`` keys) wherever the source alone decides it, and one of the classes below wherever it
does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from check_support.scope import Scope


@dataclass(frozen=True)
class Reference:
    """A reference that leads out of the source, like ``aws_kms_key.media.arn`` or ``var.suffix``.

    ``root`` is the address it starts with (``aws_kms_key.media``, ``data.aws_region.current``,
    ``var.suffix``), ``path`` the attributes after it, ``key`` the literal instance key if one is
    given, ``scope`` the module instance in which ``root`` is an address. ``after`` is what else has
    to be there first, since an output that the reference came through says so.
    """

    root: str
    path: tuple[str, ...] = ()
    key: str | int | None = None
    scope: Scope | None = None
    after: tuple[Reference, ...] = field(default=(), compare=False, repr=False)

    @property
    def kind(self) -> str:
        """The first word: a resource type, or ``data``, ``var``, ``module``, ``path`` …"""
        return self.root.split(".", 1)[0]

    @property
    def resource_type(self) -> str:
        """The resource type, with ``data.`` before it for a data source; else empty."""
        words = self.root.split(".")
        if words[0] == "data" and len(words) == 3:
            return f"data.{words[1]}"
        return words[0] if len(words) == 2 and "_" in words[0] else ""

    def __str__(self) -> str:
        index = "" if self.key is None else f"[{self.key!r}]".replace("'", '"')
        return ".".join((self.root + index, *self.path))


@dataclass(frozen=True)
class Template:
    """A string with parts that the source does not decide: ``"queue-${var.suffix}"``."""

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
    """One of several values; which of them is not decided in the source."""

    options: tuple[Value, ...]


@dataclass(frozen=True)
class Unknown:
    """An expression that is not evaluated; what it refers to, what literal text it holds."""

    text: str
    references: tuple[Reference, ...] = ()
    literals: tuple[str, ...] = field(default=())


Value: TypeAlias = (
    "str | int | float | bool | list[Any] | dict[str, Any] | "
    "Reference | Template | Choice | Unknown | None"
)


def walk(value: Value) -> Iterator[Value]:
    """The value and every value inside it, mapping keys included."""
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


def waiting(value: Value, after: tuple[Reference, ...]) -> Value:
    """The value with every reference in it waiting for ``after`` too."""
    if isinstance(value, Reference):
        return replace(value, after=(*value.after, *after))
    if isinstance(value, list):
        return [waiting(part, after) for part in value]
    if isinstance(value, dict):
        return {key: waiting(part, after) for key, part in value.items()}
    if isinstance(value, Template):
        return Template(tuple(waiting(part, after) for part in value.parts))
    if isinstance(value, Choice):
        return Choice(tuple(waiting(option, after) for option in value.options))
    if isinstance(value, Unknown):
        own = tuple(replace(r, after=(*r.after, *after)) for r in value.references)
        return replace(value, references=own)
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
    """The values that the value can have: the branches of a condition, or the value itself."""
    if isinstance(value, Choice):
        return [leaf for option in value.options for leaf in options(option)]
    return [value]


def shown(value: Value) -> str:
    """The value in a sentence, close to how the source spells it."""
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
