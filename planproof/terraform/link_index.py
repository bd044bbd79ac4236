"""Which resources are worth asking whether one names the other?

:func:`planproof.terraform.links.links` looks at one pair. In a large stack nearly all pairs differ
in plain values, so those are sorted out by an index: what is left are the pairs whose values are
equal, and those in which one of them is not known. The order is that of the stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, is_unknown


def targets(
    stack: Stack, holder: Resource, path: str, types: Sequence[str], attributes: Sequence[str]
) -> tuple[Resource, ...]:
    """The managed resources of some types that the value at ``path`` of ``holder`` may name."""
    values = list(_items(holder.get(path)))
    if any(is_unknown(value) for value in values):
        return stack.managed(*types)
    known, open_ = _index(stack, tuple(types), tuple(attributes))
    return _in_order((known.get(value, ()) for value in values if isinstance(value, str)), open_)


def holders(
    stack: Stack, types: Sequence[str], path: str, target: Resource, attributes: Sequence[str]
) -> tuple[Resource, ...]:
    """The managed resources of some types whose value at ``path`` may name ``target``."""
    own = [target.get(name) for name in attributes]
    if any(is_unknown(value) for value in own):
        return stack.managed(*types)
    known, open_ = _index(stack, tuple(types), (path,))
    return _in_order((known.get(value, ()) for value in own if isinstance(value, str)), open_)


def with_value(stack: Stack, types: Sequence[str], path: str, value: str) -> tuple[Resource, ...]:
    """The managed resources of some types that have a value at ``path``."""
    known, _ = _index(stack, tuple(types), (path,))
    return tuple(resource for _, resource in known.get(value, ()))


Positioned = tuple[int, Resource]
Index = tuple[dict[str, list[Positioned]], list[Positioned]]


def _index(stack: Stack, types: tuple[str, ...], paths: tuple[str, ...]) -> Index:
    """Value → the resources that have it at one of the paths, and those of which one is unknown."""

    def compute() -> Index:
        known: dict[str, list[Positioned]] = {}
        open_: list[Positioned] = []
        for entry in enumerate(stack.managed(*types)):
            values = [item for path in paths for item in _items(entry[1].get(path))]
            if any(is_unknown(value) for value in values):
                open_.append(entry)
            for value in dict.fromkeys(v for v in values if isinstance(v, str)):
                known.setdefault(value, []).append(entry)
        return known, open_

    return stack.resources.derived((types, paths), compute)


def _items(value: Value) -> Iterator[Value]:
    if isinstance(value, (list, tuple)):
        yield from value
    else:
        yield value


def _in_order(
    found: Iterable[Iterable[Positioned]], open_: list[Positioned]
) -> tuple[Resource, ...]:
    together = {position: resource for entries in found for position, resource in entries}
    together.update(open_)
    return tuple(together[position] for position in sorted(together))
