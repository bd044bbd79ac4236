"""The functions of the Terraform language that are evaluated.

https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from check_support.values import Template, Value, decided


def _argument(arguments: list[Value]) -> Any:
    return arguments[0] if len(arguments) == 1 else NotImplemented


def _concat(arguments: list[Value]) -> Any:
    """A list of all items; an argument that does not evaluate to a list is one item."""
    items: list[Any] = []
    for argument in arguments:
        items.extend(argument if isinstance(argument, list) else [argument])
    return items


def _flatten(arguments: list[Value]) -> Any:
    value = arguments[0]
    if not isinstance(value, list):
        return NotImplemented
    return [
        leaf for item in value for leaf in (_flatten([item]) if isinstance(item, list) else [item])
    ]


def _merge(arguments: list[Value]) -> Any:
    merged: dict[str, Any] = {}
    for argument in arguments:
        if not isinstance(argument, dict):
            return NotImplemented
        merged.update(argument)
    return merged


def _compact(arguments: list[Value]) -> Any:
    value = arguments[0]
    return (
        [item for item in value if item not in ("", None)]
        if isinstance(value, list)
        else NotImplemented
    )


def _distinct(arguments: list[Value]) -> Any:
    value = arguments[0]
    if not isinstance(value, list):
        return NotImplemented
    return [item for number, item in enumerate(value) if item not in value[:number]]


def _keys(arguments: list[Value]) -> Any:
    return sorted(arguments[0]) if isinstance(arguments[0], dict) else NotImplemented


def _values(arguments: list[Value]) -> Any:
    value = arguments[0]
    return [value[key] for key in sorted(value)] if isinstance(value, dict) else NotImplemented


def _join(arguments: list[Value]) -> Any:
    separator, items = arguments
    if not isinstance(separator, str) or not isinstance(items, list):
        return NotImplemented
    parts = [part for item in items for part in (separator, item)][1:]
    return "".join(map(str, parts)) if decided(parts) else Template(tuple(parts))


FUNCTIONS: dict[str, Callable[[list[Value]], Any]] = {
    "compact": _compact,
    "concat": _concat,
    "distinct": _distinct,
    "flatten": _flatten,
    "join": _join,
    "jsondecode": _argument,
    "jsonencode": _argument,
    "keys": _keys,
    "merge": _merge,
    "nonsensitive": _argument,
    "sensitive": _argument,
    "sort": _argument,
    "tolist": _argument,
    "tomap": _argument,
    "toset": _distinct,
    "tostring": _argument,
    "values": _values,
}
"""Functions by name; they return ``NotImplemented`` if the arguments are not decided enough."""
