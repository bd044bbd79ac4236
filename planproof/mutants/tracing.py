"""What does a scenario look at? Whatever it does not look at cannot change its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from planproof.mutants.model import DEPENDENCIES
from planproof.stack import Resource, Stack
from planproof.values import Value


@dataclass(slots=True)
class Reads:
    """All that was looked at in the stacks of one run, by the name of their variables.

    Attributes:
        values: (variant, address, top-level attribute).
        types: (variant, mode, type) of which all resources were asked for.
        addresses: (variant, address) that was asked for by its address.
        wholes: the variants of which every resource was asked for.
        orders: the variants that were asked what Terraform makes first.
    """

    values: set[tuple[str, str, str]] = field(default_factory=set)
    types: set[tuple[str, str, str]] = field(default_factory=set)
    addresses: set[tuple[str, str]] = field(default_factory=set)
    wholes: set[str] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)

    def sees(self, before: Stack, changes: Iterable[tuple[str, str]], after: Stack) -> bool:
        """Whether any of the changes between a stack and a mutant of it was looked at.

        Args:
            changes: as :func:`planproof.mutants.model.changed` tells them.
        """
        name = before.name
        for address, attribute in changes:
            if attribute == DEPENDENCIES:
                if name in self.orders:
                    return True
            elif attribute:
                if (name, address, attribute) in self.values:
                    return True
            else:
                resource = before.get(address) or after[address]
                if name in self.wholes or (name, address) in self.addresses:
                    return True
                if (name, resource.mode, resource.type) in self.types:
                    return True
        return False


class _Values(Mapping[str, Value]):
    """The values of a resource, which tell what is asked of them."""

    __slots__ = ("_key", "_reads", "_values")

    def __init__(self, values: Mapping[str, Value], key: tuple[str, str], reads: Reads) -> None:
        self._values, self._key, self._reads = values, key, reads

    def __getitem__(self, name: str) -> Value:
        self._reads.values.add((*self._key, name))
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        self._reads.values.add((*self._key, str(name)))
        return name in self._values

    def get(self, name: str, default: Any = None) -> Any:
        self._reads.values.add((*self._key, name))
        return self._values.get(name, default)

    def __iter__(self) -> Iterator[str]:
        self._reads.values.update((*self._key, name) for name in self._values)
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class _Resources(Mapping[str, Resource]):
    """The resources of a stack, which tell which are asked for."""

    __slots__ = ("_name", "_reads", "_resources")

    def __init__(self, resources: Mapping[str, Resource], name: str, reads: Reads) -> None:
        self._resources, self._name, self._reads = resources, name, reads

    def __getitem__(self, address: str) -> Resource:
        self._reads.addresses.add((self._name, address))
        return self._resources[address]

    def __iter__(self) -> Iterator[str]:
        self._reads.wholes.add(self._name)
        return iter(self._resources)

    def __len__(self) -> int:
        self._reads.wholes.add(self._name)
        return len(self._resources)


@dataclass(frozen=True, slots=True)
class _TracedStack(Stack):
    """A stack that tells what is asked of it."""

    reads: Reads = field(default_factory=Reads, repr=False, compare=False)

    def managed(self, *types: str) -> tuple[Resource, ...]:
        self._note("managed", types)
        return Stack.managed(self, *types)

    def data(self, *types: str) -> tuple[Resource, ...]:
        self._note("data", types)
        return Stack.data(self, *types)

    def types(self) -> frozenset[str]:
        self.reads.wholes.add(self.name)
        return Stack.types(self)

    def made_after(self, later: Resource, earlier: Resource) -> bool | None:
        self.reads.orders.add(self.name)
        return Stack.made_after(self, later, earlier)

    def _note(self, mode: str, types: tuple[str, ...]) -> None:
        if not types:
            self.reads.wholes.add(self.name)
        self.reads.types.update((self.name, mode, type_) for type_ in types)


def traced(stack: Stack, reads: Reads) -> Stack:
    """A fresh copy of a stack that writes down what is asked of it."""
    resources = {
        address: replace(item, values=_Values(item.values, (stack.name, address), reads))
        for address, item in stack.resources.items()
    }
    copy = _TracedStack(
        stack.name,
        resources,
        stack.variables,
        stack.configuration,
        stack.resolved,
        stack.places,
        stack.sources,
        stack.sensitive_variables,
        reads=reads,
    )
    # Last, for the stack itself has looked at all of them to index them by type.
    object.__setattr__(copy, "resources", _Resources(resources, stack.name, reads))
    return copy
