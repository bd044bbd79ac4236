"""Operators that make a value independent of the variables.

A value that differs between sets of variables depends on one of them. These operators keep the
value of the user's own variables: a name without its suffix, a hard-coded region.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planproof.mutation.stack.model import Mutant, MutationInput, Rewrite, mutant
from planproof.mutation.stack.near import identities
from planproof.mutation.stack.operators.references import own_names
from planproof.mutation.stack.rewriting import put, replaced_everywhere
from planproof.terraform.links import configured
from planproof.terraform.stack import Resource
from planproof.values import Value, contains_unknown, leaves

_NOTHING: tuple[Value, ...] = (None, [], {}, "")


def keep_name(inputs: MutationInput) -> Iterator[Mutant]:
    """Keep a physical name, and with it every identity of the resource."""
    own = own_names(inputs.stack)
    for variant, resource, other in _pairs(inputs):
        attribute = own.get(resource.address)
        if attribute is None:
            continue
        before, after = other.values.get(attribute), resource.values.get(attribute)
        if not isinstance(before, str) or not isinstance(after, str) or before == after:
            continue
        old, new = identities(other), identities(resource)
        texts = {old[name]: new[name] for name in old.keys() & new.keys()}
        # In another region, for example, the ARN differs by more than the name.
        texts = {
            a: b if name_only(a, b, before, after) else a.replace(before, after)
            for a, b in texts.items()
        }
        texts = {a: b for a, b in texts.items() if a != b} | {before: after}
        rewrite = _renaming(variant, texts)
        yield mutant("keep-name", resource, attribute, before, after, rewrite, which=_in(variant))


def name_only(one: str, other: str, before: str, after: str) -> bool:
    """Whether two identities differ only by the name."""
    return one.replace(before, after) == other


def keep_value(inputs: MutationInput) -> Iterator[Mutant]:
    """Keep the whole value of an attribute."""
    own = own_names(inputs.stack)
    for variant, resource, other in _pairs(inputs):
        name = own.get(resource.address)
        for attribute, value in resource.values.items():
            other_value = other.values.get(attribute)
            if attribute == name or not configured(inputs.stack, resource, attribute):
                continue
            if value == other_value or (value in _NOTHING and other_value in _NOTHING):
                continue
            if contains_unknown(value) or contains_unknown(other_value):
                continue
            rewrite = _only(variant, put(resource.address, (attribute,), value))
            before, after = _difference(other_value, value)
            which = _in(variant)
            yield mutant("keep-value", resource, attribute, before, after, rewrite, which=which)


def set_value(inputs: MutationInput) -> Iterator[Mutant]:
    """Set an attribute that only other variables set."""
    for variant, resource, other in _pairs(inputs):
        for attribute, value in resource.values.items():
            other_value = other.values.get(attribute)
            if contains_unknown(other_value):
                continue
            if value in _NOTHING and other_value not in _NOTHING:
                default = inputs.stack.name
                rewrite = _only(default, put(resource.address, (attribute,), other_value))
                which = f"as {_in(variant)}"
                yield mutant(
                    "set-value", resource, attribute, value, other_value, rewrite, which=which
                )


def _in(variant: str) -> str:
    return f"with {variant}"


def _pairs(inputs: MutationInput) -> Iterator[tuple[str, Resource, Resource]]:
    """(variant, resource with the user's variables, the same resource with the variant's)."""
    for stack in inputs.other_stacks:
        for resource in inputs.stack.managed():
            if (other := stack.get(resource.address)) is not None:
                yield stack.name, resource, other


def _only(variant: str, rewrite: Rewrite) -> Rewrite:
    return lambda stack: rewrite(stack) if stack.name == variant else stack


def _renaming(variant: str, texts: Mapping[str, str]) -> Rewrite:
    return lambda stack: replaced_everywhere(stack, texts) if stack.name == variant else stack


def _difference(before: Value, after: Value) -> tuple[Value, Value]:
    """The first leaf that differs in both values, else the whole values."""
    old, new = dict(leaves(before)), dict(leaves(after))
    for path in old:
        if path in new and old[path] != new[path]:
            return old[path], new[path]
    return before, after
