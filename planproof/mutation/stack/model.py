"""A mutant: the stack with one change, the same with every set of variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from planproof.evidence import render
from planproof.terraform.stack import DEFAULT, Resource, Stack
from planproof.values import Value, leaves

Rewrite = Callable[[Stack], Stack]
"""Makes the change in a stack; returns the same object if there is nothing to change."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way to break a stack.

    Attributes:
        id: unique in its stack: operator, address, path, and a qualifier if there are several.
        operator: the kind of change ("drop-statement").
        address: the changed resource.
        path: the changed attribute path, "" for the resource as a whole.
        before: the previous value, for a reader.
        after: the new value, for a reader.
        rewrite: makes the change with any set of variables.
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
class MutationInput:
    """What operators make mutants from.

    Attributes:
        stacks: name of a set of variables → the stack with it; the user's own is :data:`DEFAULT`.
        evidence_paths: (address, attribute path) of all evidence of the requirements.
        seed: decides between several possible replacement values.
    """

    stacks: Mapping[str, Stack]
    evidence_paths: frozenset[tuple[str, str]] = frozenset()
    seed: int = 0

    @property
    def stack(self) -> Stack:
        """The stack with the user's own variables."""
        return self.stacks[DEFAULT]

    @property
    def other_stacks(self) -> tuple[Stack, ...]:
        """The stack with each other set of variables."""
        return tuple(stack for name, stack in self.stacks.items() if name != DEFAULT)

    def random_for(self, *key: str) -> Random:
        """Random numbers for one mutant, which depend only on the seed and the key."""
        return Random("/".join((str(self.seed), *key)))  # noqa: S311 - not used for secrets


class Operator(Protocol):
    """Makes mutants of one kind, or of a few similar ones."""

    def __call__(self, inputs: MutationInput) -> Iterable[Mutant]:
        """All its mutants, in the order of the stack."""
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
        which: qualifier of the id if the operator makes several mutants at one path.
    """
    location = f"{resource.address}.{path}" if path else resource.address
    name = f"{operator} {location}" + (f" {which}" if which else "")
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
    return " ".join(render(value).split())


def changed(before: Stack, after: Stack) -> frozenset[tuple[str, str]]:
    """(address, top-level attribute) of all differences between a stack and a mutant of it.

    The attribute is "" if the resource was added, removed, or changed in its type, mode or
    sensitivity. Both are "" if anything but resources differs, or the order of resources.
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
    """The addresses that both stacks have, in the order of the first."""
    return [address for address in one.resources if address in other.resources]


def _kind(resource: Resource) -> tuple[object, ...]:
    """A resource without its values and dependencies."""
    r = resource
    return r.address, r.mode, r.type, r.name, r.index, r.module, r.sensitive


DEPENDENCIES = "depends_on"
"""Stands for the dependencies of a resource in :func:`changed`."""


def texts(resource: Resource) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every non-empty string of a resource with its path."""
    for path, leaf in leaves(resource.values):
        if isinstance(leaf, str) and leaf:
            yield path, leaf
