"""A mutant: the stack with one thing changed, the same in every set of variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from planproof.terraform.stack import DEFAULT, Resource, Stack
from planproof.values import Value, leaves

Rewrite = Callable[[Stack], Stack]
"""Makes a mutant of a stack; returns the very stack where there is nothing to change in it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to break a stack.

    Attributes:
        id: tells it from all others of its stack, and says what it is: operator, address, path,
            and what is put there where several things could be.
        operator: the way in which it breaks the stack ("drop-statement").
        address: the resource that is changed.
        path: dotted path of what is changed in it, "" for the resource as a whole.
        before: what was there, for a reader.
        after: what is there now.
        rewrite: makes it of the stack with any set of variables.
    """

    id: str
    operator: str
    address: str
    path: str
    before: str
    after: str
    rewrite: Rewrite = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class Scene:
    """What operators make their mutants from.

    Attributes:
        stacks: the stack with each set of variables, by name, the user's own among them.
        spoken: (address, dotted path) of all that the requirements' evidence speaks of.
        seed: what the choice among several possibilities follows from.
    """

    stacks: Mapping[str, Stack]
    spoken: frozenset[tuple[str, str]] = frozenset()
    seed: int = 0

    @property
    def stack(self) -> Stack:
        """The stack with the user's own variables."""
        return self.stacks[DEFAULT]

    @property
    def others(self) -> tuple[Stack, ...]:
        """The stack with each other set of variables."""
        return tuple(stack for name, stack in self.stacks.items() if name != DEFAULT)

    def chance(self, *key: str) -> Random:
        """Chance for one mutant: the same for the same seed, whatever else there is."""
        return Random("/".join((str(self.seed), *key)))  # noqa: S311 - nothing is kept secret by it


class Operator(Protocol):
    """Makes mutants of one kind, or of a few that are alike."""

    def __call__(self, scene: Scene) -> Iterable[Mutant]:
        """All its mutants of a stack, in the order of the stack."""
        ...


def mutant(
    operator: str,
    resource: Resource,
    path: str,
    before: Value,
    after: Value,
    rewrite: Rewrite,
    *,
    which: str = "",
) -> Mutant:
    """A mutant with its id.

    Args:
        which: tells apart what one operator does to one path, where it does several things.
    """
    place = f"{resource.address}.{path}" if path else resource.address
    name = f"{operator} {place}" + (f" {which}" if which else "")
    return Mutant(
        id=name,
        operator=operator,
        address=resource.address,
        path=path,
        before=shown(before),
        after=shown(after),
        rewrite=rewrite,
    )


def shown(value: Value) -> str:
    """A value for a reader, on one line."""
    from planproof.evidence import render

    return " ".join(render(value).split())


def changed(before: Stack, after: Stack) -> frozenset[tuple[str, str]]:
    """(address, top-level attribute) of all that differs between a stack and a mutant of it.

    The attribute is "" where the resource itself is gone, new or another one, and both are ""
    where something else than resources differs, or their order.
    """
    found: set[tuple[str, str]] = set()
    if any(getattr(before, name) is not getattr(after, name) for name in _BESIDE_RESOURCES):
        found.add(("", ""))
    if _common(before, after) != _common(after, before):
        found.add(("", ""))
    for address in before.resources.keys() | after.resources.keys():
        old, new = before.get(address), after.get(address)
        if old is new:
            continue
        if old is None or new is None or _kind(old) != _kind(new):
            found.add((address, ""))
            continue
        if old.dependencies != new.dependencies:
            found.add((address, DEPENDENCIES))
        for name in old.values.keys() | new.values.keys():
            if old.values.get(name, _ABSENT) is not new.values.get(name, _ABSENT):
                found.add((address, name))
    return frozenset(found)


_BESIDE_RESOURCES = (
    "name",
    "variables",
    "configuration",
    "resolved",
    "provider_locations",
    "sources",
    "sensitive_variables",
)
_ABSENT = object()


def _common(one: Stack, other: Stack) -> list[str]:
    """The addresses of a stack that another one has as well, in its order."""
    return [address for address in one.resources if address in other.resources]


def _kind(resource: Resource) -> tuple[object, ...]:
    """All of a resource but what it is set to and what is made before it."""
    r = resource
    return r.address, r.mode, r.type, r.name, r.index, r.module, r.sensitive


DEPENDENCIES = "depends_on"
"""Stands for what Terraform makes before a resource, in :func:`changed`."""


def texts(resource: Resource) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text of a resource with its path."""
    for path, leaf in leaves(resource.values):
        if isinstance(leaf, str) and leaf:
            yield path, leaf
