"""An index of the pairs of resources that may be linked.

:func:`planproof.terraform.links.links` decides one pair. In a large stack nearly all pairs have
different known values. The index leaves those out; it returns the pairs with equal values and those
with an unknown value, in the order of the stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, is_unknown


def targets(
    stack: Stack, holder: Resource, path: str, types: Sequence[str], attributes: Sequence[str]
) -> tuple[Resource, ...]:
    """Managed resources of these types that the value at ``path`` of ``holder`` may identify."""
    values = list(_items(holder.get(path)))
    if any(is_unknown(value) for value in values):
        return stack.managed(*types)
    known, unknown = _index(stack, tuple(types), tuple(attributes))
    return _in_order((known.get(value, ()) for value in values if isinstance(value, str)), unknown)


def holders(
    stack: Stack, types: Sequence[str], path: str, target: Resource, attributes: Sequence[str]
) -> tuple[Resource, ...]:
    """Managed resources of these types whose value at ``path`` may identify ``target``."""
    own = [target.get(name) for name in attributes]
    if any(is_unknown(value) for value in own):
        return stack.managed(*types)
    known, unknown = _index(stack, tuple(types), (path,))
    return _in_order((known.get(value, ()) for value in own if isinstance(value, str)), unknown)


def with_value(stack: Stack, types: Sequence[str], path: str, value: str) -> tuple[Resource, ...]:
    """Managed resources of these types with this value at ``path``."""
    known, _ = _index(stack, tuple(types), (path,))
    return tuple(resource for _, resource in known.get(value, ()))


Positioned = tuple[int, Resource]
Index = tuple[dict[str, list[Positioned]], list[Positioned]]


def _index(stack: Stack, types: tuple[str, ...], paths: tuple[str, ...]) -> Index:
    """Value → resources that have it at one of the paths, and the resources with an unknown one."""

    def compute() -> Index:
        known: dict[str, list[Positioned]] = {}
        unknown: list[Positioned] = []
        for entry in enumerate(stack.managed(*types)):
            values = [item for path in paths for item in _items(entry[1].get(path))]
            if any(is_unknown(value) for value in values):
                unknown.append(entry)
            for value in dict.fromkeys(v for v in values if isinstance(v, str)):
                known.setdefault(value, []).append(entry)
        return known, unknown

    return stack.resources.derived((types, paths), compute)


def _items(value: Value) -> Iterator[Value]:
    if isinstance(value, (list, tuple)):
        yield from value
    else:
        yield value


def _in_order(
    found: Iterable[Iterable[Positioned]], unknown: list[Positioned]
) -> tuple[Resource, ...]:
    together = {position: resource for entries in found for position, resource in entries}
    together.update(unknown)
    return tuple(together[position] for position in sorted(together))
