"""Operators that change the value of an attribute that the evidence of a requirement names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from planproof.mutation.stack.model import Mutant, MutationInput, mutant
from planproof.mutation.stack.near import IDENTITIES
from planproof.mutation.stack.operators.references import own_names
from planproof.mutation.stack.operators.statements import policy
from planproof.mutation.stack.rewriting import GONE, Path, at, path_of, put
from planproof.terraform.stack import Resource
from planproof.values import Value, contains_unknown

FACTOR = 1_000
"""Factor by which a number is raised: enough to exceed any meaningful limit."""


def _evidence_attributes(inputs: MutationInput) -> Iterator[tuple[Resource, str, Path, Value]]:
    """Each attribute that evidence names and that has a known value, with its path."""
    own = own_names(inputs.stack)
    for address, attribute in sorted(inputs.evidence_paths):
        resource = inputs.stack.get(address)
        if resource is None or resource.mode != "managed":
            continue
        path = path_of(resource.values, attribute)
        value = at(resource.values, path)
        named = attribute in IDENTITIES or attribute == own.get(address)
        if value is not None and not contains_unknown(value) and not named:
            yield resource, attribute, path, value


def flip(inputs: MutationInput) -> Iterator[Mutant]:
    """Replace true by false, and false by true."""
    for resource, attribute, path, value in _evidence_attributes(inputs):
        if isinstance(value, bool):
            rewrite = put(resource.address, path, not value)
            yield mutant("flip", resource, attribute, value, not value, rewrite)


def raise_number(inputs: MutationInput) -> Iterator[Mutant]:
    """Raise a number above any limit."""
    return _numbers("raise", inputs, lambda value: value * FACTOR if value > 0 else FACTOR)


def lower_number(inputs: MutationInput) -> Iterator[Mutant]:
    """Lower a number below any limit."""
    return _numbers("lower", inputs, lambda value: 0 if value > 0 else value - 1)


def _numbers(
    operator: str, inputs: MutationInput, change: Callable[[float], float]
) -> Iterator[Mutant]:
    for resource, attribute, path, value in _evidence_attributes(inputs):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            after = change(value)
            rewrite = put(resource.address, path, after)
            yield mutant(operator, resource, attribute, value, after, rewrite)


def unset(inputs: MutationInput) -> Iterator[Mutant]:
    """Remove a block, or leave an attribute to the default of AWS."""
    for resource, attribute, path, value in _evidence_attributes(inputs):
        if value not in ("", [], {}) and value is not False and policy(value) is None:
            rewrite = put(resource.address, path, GONE)
            yield mutant("unset", resource, attribute, value, None, rewrite)


def misspell(inputs: MutationInput) -> Iterator[Mutant]:
    """Replace a string by one that names nothing: a runtime, a handler, a status."""
    for resource, attribute, path, value in _evidence_attributes(inputs):
        if isinstance(value, str) and value and policy(value) is None and value[0] not in "{[":
            after = f"{value}-planproof"
            rewrite = put(resource.address, path, after)
            yield mutant("misspell", resource, attribute, value, after, rewrite)
