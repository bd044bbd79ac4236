"""Records what a scenario reads from a stack: other changes cannot affect its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from planproof.mutation.stack.model import DEPENDENCIES
from planproof.terraform.plan_gaps import Gaps
from planproof.terraform.stack import Resource, Resources, Stack
from planproof.values import Value


@dataclass(slots=True)
class Reads:
    """Everything that was read from the stacks of one run.

    Attributes:
        values: (variant, address, top-level attribute); the attribute is :data:`DEPENDENCIES` for
            the dependencies of a resource. A variant is the name of a set of variables.
        names: (variant, address) of resources whose attributes were listed or counted.
        types: (variant, mode, type) of which all resources were read.
        addresses: (variant, address) that was looked up.
        wholes: the variants of which all resources were listed or counted.
    """

    values: set[tuple[str, str, str]] = field(default_factory=set)
    names: set[tuple[str, str]] = field(default_factory=set)
    types: set[tuple[str, str, str]] = field(default_factory=set)
    addresses: set[tuple[str, str]] = field(default_factory=set)
    wholes: set[str] = field(default_factory=set)

    def sees(self, before: Stack, changes: Iterable[tuple[str, str]], after: Stack) -> bool:
        """Whether any of the changes between a stack and a mutant of it was read.

        Args:
            changes: as :func:`planproof.mutation.stack.model.changed` returns them.
        """
        return any(self._sees(before, after, address, attribute) for address, attribute in changes)

    def _sees(self, before: Stack, after: Stack, address: str, attribute: str) -> bool:
        if not address:
            return True  # reads of anything but resources are not recorded
        key = (before.name, address)
        old, new = before.get(address), after.get(address)
        if attribute and old is not None and new is not None:
            listed = (attribute in old.values) != (attribute in new.values)
            return (*key, attribute) in self.values or (listed and key in self.names)
        return (
            before.name in self.wholes
            or key in self.addresses
            or any(r and (before.name, r.mode, r.type) in self.types for r in (old, new))
        )


class _Values(Mapping[str, Value]):
    """The values of a resource, which record their reads."""

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
        self._reads.names.add(self._key)
        return iter(self._values)

    def __len__(self) -> int:
        self._reads.names.add(self._key)
        return len(self._values)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[type[dict[str, Value]], tuple[dict[str, Value]]]:
        # A copy must not record reads of other code.
        return (dict, (dict(self),))


class _Resource(Resource):
    """A resource that records reads of its dependencies."""

    __slots__ = ("_reads",)

    @property
    def dependencies(self) -> frozenset[str] | None:
        if (reads := getattr(self, "_reads", None)) is not None:
            reads[1].values.add((reads[0], self.address, DEPENDENCIES))
        found: frozenset[str] | None = _DEPENDENCIES.__get__(self)
        return found

    @dependencies.setter
    def dependencies(self, value: frozenset[str] | None) -> None:
        _DEPENDENCIES.__set__(self, value)


_DEPENDENCIES: Any = Resource.__dict__["dependencies"]


class _Resources(Resources):
    """The resources of a stack, which record which of them are read."""

    __slots__ = ("_name", "_reads")

    def __init__(self, by_address: Mapping[str, Resource], name: str, reads: Reads) -> None:
        super().__init__(by_address)
        self._name, self._reads = name, reads

    def __getitem__(self, address: str) -> Resource:
        self._reads.addresses.add((self._name, address))
        return super().__getitem__(address)

    def __iter__(self) -> Iterator[str]:
        self._reads.wholes.add(self._name)
        return super().__iter__()

    def __len__(self) -> int:
        self._reads.wholes.add(self._name)
        return super().__len__()

    def of_type(self, mode: str, type_: str) -> tuple[Resource, ...]:
        self._reads.types.add((self._name, mode, type_))
        return super().of_type(mode, type_)

    def types(self, mode: str) -> frozenset[str]:
        self._reads.wholes.add(self._name)
        return super().types(mode)


def traced(stack: Stack, reads: Reads) -> Stack:
    """A fresh copy of a stack that records what is read from it."""
    resources = {}
    for address, item in stack.resources.items():
        given = {part.name: getattr(item, part.name) for part in fields(item)}
        values = _Values(item.values, (stack.name, address), reads)
        resources[address] = _Resource(**given | {"values": values})
        object.__setattr__(resources[address], "_reads", (stack.name, reads))
    # What a plan lacks is no matter here: it is the same in every mutant.
    return replace(stack, resources=_Resources(resources, stack.name, reads), gaps=Gaps())
