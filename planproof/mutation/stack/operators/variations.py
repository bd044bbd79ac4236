"""What if something did not change with the variables that it should change with?

Where the stack was resolved with other variables, whatever differs there does so because an
expression says so. Here it stays as it is with the user's own: a name without its suffix, a region
written out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planproof.mutation.stack.model import Mutant, Rewrite, Scene, mutant
from planproof.mutation.stack.near import identities
from planproof.mutation.stack.operators.references import own_names
from planproof.mutation.stack.rewriting import put, replaced_everywhere
from planproof.terraform.links import configured
from planproof.terraform.stack import Resource
from planproof.values import Value, contains_unknown, leaves

_NOTHING: tuple[Value, ...] = (None, [], {}, "")


def keep_name(scene: Scene) -> Iterator[Mutant]:
    """A physical name that stays, and with it all by which others know the resource."""
    own = own_names(scene.stack)
    for variant, resource, other in _pairs(scene):
        attribute = own.get(resource.address)
        if attribute is None:
            continue
        before, after = other.values.get(attribute), resource.values.get(attribute)
        if not isinstance(before, str) or not isinstance(after, str) or before == after:
            continue
        old, new = identities(other), identities(resource)
        texts = {old[name]: new[name] for name in old.keys() & new.keys()}
        # In another region, say, an ARN differs by more than the name.
        texts = {
            a: b if name_only(a, b, before, after) else a.replace(before, after)
            for a, b in texts.items()
        }
        texts = {a: b for a, b in texts.items() if a != b} | {before: after}
        rewrite = _renaming(variant, texts)
        yield mutant("keep-name", resource, attribute, before, after, rewrite, which=_in(variant))


def name_only(one: str, other: str, before: str, after: str) -> bool:
    """Whether two identities differ by the name alone."""
    return one.replace(before, after) == other


def keep_value(scene: Scene) -> Iterator[Mutant]:
    """An attribute that stays, all of it."""
    own = own_names(scene.stack)
    for variant, resource, other in _pairs(scene):
        name = own.get(resource.address)
        for attribute, value in resource.values.items():
            theirs = other.values.get(attribute)
            if attribute == name or not configured(scene.stack, resource, attribute):
                continue
            if value == theirs or (value in _NOTHING and theirs in _NOTHING):
                continue
            if contains_unknown(value) or contains_unknown(theirs):
                continue
            rewrite = _only(variant, put(resource.address, (attribute,), value))
            before, after = _difference(theirs, value)
            which = _in(variant)
            yield mutant("keep-value", resource, attribute, before, after, rewrite, which=which)


def set_value(scene: Scene) -> Iterator[Mutant]:
    """What only other variables set is set with the user's own."""
    for variant, resource, other in _pairs(scene):
        for attribute, value in resource.values.items():
            theirs = other.values.get(attribute)
            if contains_unknown(theirs):
                continue
            if value in _NOTHING and theirs not in _NOTHING:
                default = scene.stack.name
                rewrite = _only(default, put(resource.address, (attribute,), theirs))
                which = f"as {_in(variant)}"
                yield mutant("set-value", resource, attribute, value, theirs, rewrite, which=which)


def _in(variant: str) -> str:
    return f"with {variant}"


def _pairs(scene: Scene) -> Iterator[tuple[str, Resource, Resource]]:
    """Every managed resource as the user's variables make it, and as others do."""
    for stack in scene.others:
        for resource in scene.stack.managed():
            if (other := stack.get(resource.address)) is not None:
                yield stack.name, resource, other


def _only(variant: str, rewrite: Rewrite) -> Rewrite:
    return lambda stack: rewrite(stack) if stack.name == variant else stack


def _renaming(variant: str, texts: Mapping[str, str]) -> Rewrite:
    return lambda stack: replaced_everywhere(stack, texts) if stack.name == variant else stack


def _difference(before: Value, after: Value) -> tuple[Value, Value]:
    """Two values, or the first text in which they differ, where they are alike else."""
    old, new = dict(leaves(before)), dict(leaves(after))
    for path in old:
        if path in new and old[path] != new[path]:
            return old[path], new[path]
    return before, after
