"""Changes of a stack from which operators are built."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from planproof.mutation.stack.model import Rewrite
from planproof.terraform.stack import Resource, Resources, Stack
from planproof.values import Value, leaves

Path = tuple[str | int, ...]


class _Gone:
    """The type of :data:`GONE`."""

    def __repr__(self) -> str:
        return "GONE"


GONE: Final = _Gone()
"""As a new value, removes the old one: an attribute becomes None, an item leaves its list."""


def dropped(address: str) -> Rewrite:
    """The stack without a resource."""

    def rewrite(stack: Stack) -> Stack:
        if address not in stack.resources:
            return stack
        left = {key: item for key, item in stack.resources.items() if key != address}
        return replace(stack, resources=Resources(left))

    return rewrite


def added(resource: Resource) -> Rewrite:
    """The stack with another resource."""

    def rewrite(stack: Stack) -> Stack:
        if resource.address in stack.resources:
            return stack
        return stack.with_resources([resource])

    return rewrite


def put(address: str, path: Path, value: Value | Callable[[Stack, Value], Value]) -> Rewrite:
    """The stack with another value at a path of a resource.

    Args:
        value: the value, :data:`GONE`, or a function of the stack and the old value.
    """

    def rewrite(stack: Stack) -> Stack:
        resource = stack.get(address)
        if resource is None:
            return stack
        if not _has_parent(resource.values, path):
            return stack
        old = at(resource.values, path)
        new = value(stack, old) if callable(value) else value
        if new is old or new == old:
            return stack
        values = placed(resource.values, path, new)
        return stack.with_resources([replace(resource, values=values)])

    return rewrite


def _has_parent(value: Value, path: Path) -> bool:
    """Whether the parent of a path exists, which another set of variables may leave out."""
    holder, last = at(value, path[:-1]), path[-1]
    if isinstance(holder, Mapping):
        return True
    listed = isinstance(holder, Sequence) and not isinstance(holder, str)
    return listed and isinstance(last, int) and last < len(holder)


def at(value: Value, path: Path) -> Value:
    """The value at a path, None if there is none."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, Sequence) and not isinstance(value, str) and isinstance(step, int):
            value = value[step] if step < len(value) else None
        else:
            return None
    return value


def placed(value: Value, path: Path, new: Value) -> Any:
    """A copy of a value with another value at a path; the rest is shared with the original."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        changed = dict(value)
        inner = placed(value.get(step), rest, new)
        if inner is GONE:
            changed[str(step)] = None
        else:
            changed[str(step)] = inner
        return changed
    if isinstance(value, Sequence) and not isinstance(value, str) and isinstance(step, int):
        items = list(value)
        inner = placed(items[step], rest, new)
        if inner is GONE:
            del items[step]
        else:
            items[step] = inner
        return items
    return value


def replaced_everywhere(stack: Stack, texts: Mapping[str, str]) -> Stack:
    """The stack with these whole words replaced everywhere, the longest first.

    ``jobs`` is replaced in ``:jobs`` and in ``jobs/*``, not in ``jobs-dead``.
    """
    if not texts:
        return stack
    one_of = "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))
    written = re.compile(rf"(?<![\w-])(?:{one_of})(?![\w-])")
    found: list[Resource] = []
    for resource in stack:
        values = dict(resource.values)
        for path, leaf in leaves(resource.values):
            if not isinstance(leaf, str):
                continue
            text = written.sub(lambda match: texts[match[0]], leaf)
            if text != leaf:
                values = placed(values, path, text)
        if any(values[key] is not resource.values[key] for key in values):
            found.append(replace(resource, values=values))
    return stack.with_resources(found) if found else stack


def dotted(path: Path) -> str:
    """The dotted form of a path, as in evidence."""
    return ".".join(map(str, path))


def path_of(values: Value, text: str) -> Path:
    """The steps of a dotted path, including the index of single nested blocks."""
    here = values
    found: list[str | int] = []
    for step in text.split("."):
        if isinstance(here, Sequence) and not isinstance(here, str) and not step.isdigit():
            found.append(0)
            here = here[0] if here else None
        key: str | int = int(step) if step.isdigit() and not isinstance(here, Mapping) else step
        found.append(key)
        here = at(here, (key,))
    return tuple(found)
