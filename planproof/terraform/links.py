"""Decides whether an attribute of one resource identifies another resource.

Known values are compared. Where one is unknown, as ARNs are in a plan, the references in the
configuration decide, if they are direct.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from planproof.terraform.references import listed_references, module_of, prefix_of
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, Value, is_unknown

IDENTITIES = ("arn", "id", "name")
_INDEX = re.compile(r"\[[^\]]*\]")
_INDIRECT = ("var.", "local.", "each.", "count.", "module.", "self.")


def links(
    stack: Stack,
    resource: Resource,
    path: str,
    target: Resource,
    attributes: Sequence[str] = IDENTITIES,
) -> Truth:
    """Whether the value at ``path`` is an identity of ``target``; None where undecided.

    Args:
        path: attribute path to a string, or to a list of strings of which one must match.
        attributes: the attributes of ``target`` to compare with.
    """
    value = resource.get(path)
    items: list[Value] = list(value) if isinstance(value, (list, tuple)) else [value]
    own = [target.get(name) for name in attributes]
    if any(isinstance(item, str) and item in _strings(own) for item in items):
        return True
    if value is None or not items:
        return False
    if not any(map(is_unknown, items)) and (
        not any(map(is_unknown, own)) or _refers_to_known(stack, resource, path, target)
    ):
        return False
    return _by_reference(stack, resource, path, target)


def linked(
    stack: Stack,
    resource: Resource,
    path: str,
    targets: Iterable[Resource],
    attributes: Sequence[str] = IDENTITIES,
) -> tuple[tuple[Resource, ...], bool]:
    """The ``targets`` that an attribute identifies.

    Returns:
        The resources that it certainly identifies, and, where there are none, whether it may
        identify one.
    """
    results = [(t, links(stack, resource, path, t, attributes)) for t in targets]
    certain = tuple(t for t, result in results if result is True)
    return certain, not certain and any(result is None for _, result in results)


def references(stack: Stack, resource: Resource, path: str) -> frozenset[str]:
    """Configuration addresses of the resources that the expression at ``path`` refers to."""
    prefix = prefix_of(module_of(resource.declared))
    found = set()
    for reference in _references_at(stack, resource, path):
        parts = _INDEX.sub("", reference).split(".")
        length = 3 if parts[0] == "data" else 2
        if len(parts) >= length and not reference.startswith(_INDIRECT):
            found.add(prefix + ".".join(parts[:length]))
    return frozenset(found)


def expression_at(stack: Stack, resource: Resource, path: str) -> Any:
    """The configuration's entry for the expression at ``path``, or for the longest part of the path
    that has an entry; None where it is not configured."""
    top, *steps = path.split(".")
    here = stack.configuration.expression(resource.declared, top)
    for step in steps:
        if isinstance(here, list) and step.isdigit() and int(step) < len(here):
            here = here[int(step)]
        elif isinstance(here, Mapping) and not here.keys() & {"references", "constant_value"}:
            here = here.get(step)
        else:
            break
    return here


def configured(stack: Stack, resource: Resource, attribute: str) -> bool:
    """Whether the sources set a top-level attribute."""
    if stack.configuration.expression(resource.declared, attribute) is not None:
        return True
    block = stack.block(resource)
    return block is not None and (
        attribute in block.attributes
        or any(b.kind == attribute or b.labels == (attribute,) for b in block.blocks)
    )


def _references_at(stack: Stack, resource: Resource, path: str) -> tuple[str, ...]:
    """The references of the expression at ``path``, as Terraform lists them."""
    found = listed_references(expression_at(stack, resource, path))
    return tuple(reference for listed in found for reference in listed)


def _by_reference(stack: Stack, resource: Resource, path: str, target: Resource) -> Truth:
    written = _references_at(stack, resource, path)
    if not written or any(reference.startswith(_INDIRECT) for reference in written):
        return None
    prefix = prefix_of(module_of(resource.declared))
    kind = f"data.{target.type}." if target.mode == "data" else f"{target.type}."
    named = {
        address
        for address in references(stack, resource, path)
        if address.removeprefix(prefix).startswith(kind)
    }
    if target.declared not in named:
        return False if named else None
    only_instance = len(stack.resources.declared_as(target.declared)) == 1
    return True if only_instance and len(named) == 1 else None


def _refers_to_known(stack: Stack, resource: Resource, path: str, target: Resource) -> bool:
    """Whether the expression at ``path`` refers only to known attributes of ``target``, so that an
    unknown attribute of it cannot be its value."""
    prefix = prefix_of(module_of(resource.declared))
    named = set()
    for reference in _references_at(stack, resource, path):
        own, _, attribute = (prefix + _INDEX.sub("", reference)).partition(f"{target.declared}.")
        if not own and attribute:
            named.add(attribute.partition(".")[0])
    return bool(named) and not any(is_unknown(target.get(name)) for name in named)


def _strings(values: Iterable[Value]) -> set[str]:
    return {value for value in values if isinstance(value, str) and value}
