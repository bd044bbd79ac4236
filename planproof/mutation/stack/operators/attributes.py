"""What if an attribute that a requirement speaks of had another value?

A requirement speaks of an attribute where the evidence for it names that attribute.
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.mutation.stack.model import Mutant, Scene, mutant
from planproof.mutation.stack.near import IDENTITIES
from planproof.mutation.stack.operators.references import own_names
from planproof.mutation.stack.operators.statements import policy
from planproof.mutation.stack.rewriting import GONE, Path, at, path_of, put
from planproof.terraform.stack import Resource
from planproof.values import Value, contains_unknown

FACTOR = 1_000
"""By how much a number is raised: enough to cross any limit that has a meaning."""


def _spoken(scene: Scene) -> Iterator[tuple[Resource, str, Path, Value]]:
    """Each attribute that is spoken of and set, with the steps that lead to it."""
    own = own_names(scene.stack)
    for address, attribute in sorted(scene.spoken):
        resource = scene.stack.get(address)
        if resource is None or resource.mode != "managed":
            continue
        path = path_of(resource.values, attribute)
        value = at(resource.values, path)
        named = attribute in IDENTITIES or attribute == own.get(address)
        if value is not None and not contains_unknown(value) and not named:
            yield resource, attribute, path, value


def flip(scene: Scene) -> Iterator[Mutant]:
    """False for true, and true for false."""
    for resource, attribute, path, value in _spoken(scene):
        if isinstance(value, bool):
            rewrite = put(resource.address, path, not value)
            yield mutant("flip", resource, attribute, value, not value, rewrite)


def raise_number(scene: Scene) -> Iterator[Mutant]:
    """A number beyond any limit."""
    for resource, attribute, path, value in _spoken(scene):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            after = value * FACTOR if value > 0 else FACTOR
            rewrite = put(resource.address, path, after)
            yield mutant("raise", resource, attribute, value, after, rewrite)


def lower_number(scene: Scene) -> Iterator[Mutant]:
    """A number below any limit."""
    for resource, attribute, path, value in _spoken(scene):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            after = 0 if value > 0 else value - 1
            rewrite = put(resource.address, path, after)
            yield mutant("lower", resource, attribute, value, after, rewrite)


def unset(scene: Scene) -> Iterator[Mutant]:
    """No value: a block that is not there, an attribute that is left to AWS."""
    for resource, attribute, path, value in _spoken(scene):
        if value not in ("", [], {}) and value is not False and policy(value) is None:
            rewrite = put(resource.address, path, GONE)
            yield mutant("unset", resource, attribute, value, None, rewrite)


def misspell(scene: Scene) -> Iterator[Mutant]:
    """Another text where one is given: no such runtime, handler, status."""
    for resource, attribute, path, value in _spoken(scene):
        if isinstance(value, str) and value and policy(value) is None and value[0] not in "{[":
            after = f"{value}-planproof"
            rewrite = put(resource.address, path, after)
            yield mutant("misspell", resource, attribute, value, after, rewrite)
