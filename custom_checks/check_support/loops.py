"""``for`` expressions, as far as the source decides the collection.

https://developer.hashicorp.com/terraform/language/expressions/for
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from check_support.syntax import Node, identifier, node
from check_support.values import Unknown, Value
from lark import Tree

Evaluate = Callable[[Node, Mapping[str, Value]], Value]
"""The value of an expression with more names bound."""


def loop(tree: Node, evaluate: Evaluate) -> Any:
    """The list or the mapping of a ``for`` expression; ``NotImplemented`` if the source does not
    decide how many items it has, or their keys.
    """
    parts = [child for child in tree.children if isinstance(child, Tree)]
    intro, *results = [part for part in parts if part.data != "for_cond"]
    test = next((part.children[-1] for part in parts if part.data == "for_cond"), None)
    *names, collection = [child for child in intro.children if isinstance(child, Tree)]
    if any(str(child) == "..." for child in tree.children):
        return NotImplemented
    items: list[tuple[Value, ...]] = []
    for bound in _bindings([identifier(name) for name in names], evaluate(collection, {})):
        included = True if bound is None or test is None else evaluate(node(test), bound)
        if bound is None or not isinstance(included, bool):
            return NotImplemented
        if included:
            items.append(tuple(evaluate(result, bound) for result in results))
    if len(results) == 1:
        return [item for (item,) in items]
    if not all(isinstance(key, str) for key, _ in items):
        return NotImplemented
    return dict(items)


def _bindings(names: list[str], collection: Value) -> Iterator[dict[str, Value] | None]:
    """The names bound for each item; None if the source does not decide the items."""
    if isinstance(collection, dict):
        for key in sorted(collection):
            yield dict(zip(names, (key, collection[key])[-len(names) :], strict=True))
    elif isinstance(collection, list):
        for item in collection:
            # A set's key is the item itself, a list's key its index; here both are lists.
            yield dict(zip(names, (Unknown(names[0]), item)[-len(names) :], strict=True))
    else:
        yield None
