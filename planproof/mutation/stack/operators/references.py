"""What if something named another resource, or none?

A text of a managed resource that is the ARN, id, name or URL of another one refers to it, whether
it is an attribute or lies in a map, a list or a JSON document. Policies have operators of their
own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from planproof.mutation.stack.model import Mutant, Scene, mutant
from planproof.mutation.stack.near import identities
from planproof.mutation.stack.operators.statements import policy
from planproof.mutation.stack.rewriting import Path, at, dotted, placed, put
from planproof.terraform.links import configured
from planproof.terraform.links import references as written
from planproof.terraform.physical_names import physical_names
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, leaves

ADMINISTRATOR = "arn:{partition}:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True, slots=True)
class Reference:
    """A text that names another resource.

    Attributes:
        path: of the text, or of the JSON document that it lies in.
        inner: path within that document; empty for a plain text.
        target: the resource that it names.
        attribute: by which of its attributes ("arn").
    """

    holder: Resource
    path: Path
    inner: Path
    text: str
    target: Resource
    attribute: str

    @property
    def dotted(self) -> str:
        """The path as evidence has it, that within a document in brackets."""
        return dotted(self.path) + (f"[{dotted(self.inner)}]" if self.inner else "")


def references(scene: Scene) -> Iterator[Reference]:
    """Every reference between managed resources that the sources set."""
    stack = scene.stack
    named: dict[str, list[tuple[Resource, str]]] = {}
    for resource in stack.managed():
        for attribute, text in identities(resource).items():
            named.setdefault(text, []).append((resource, attribute))
    own = own_names(stack)
    for holder in stack.managed():
        for path, inner, text in _texts(stack, holder):
            if path == (own.get(holder.address),):
                continue  # that something else has the same name is chance
            if found := _target(stack, holder, path, named.get(text, ())):
                yield Reference(holder, path, inner, text, *found)


def own_names(stack: Stack) -> dict[str, str]:
    """Address → the attribute by which the sources give a resource a name of its own."""
    return {name.resource.address: name.attribute for name in physical_names(stack)}


def _target(
    stack: Stack, holder: Resource, path: Path, named: Sequence[tuple[Resource, str]]
) -> tuple[Resource, str] | None:
    """What a text names, of all that have a name like it."""
    others = [found for found in named if found[0].address != holder.address]
    referred = written(stack, holder, dotted(path))
    for resource, attribute in others:
        if resource.declared in referred:
            return resource, attribute
    words = set(re.split(r"[._]", dotted(path)))
    alike = [found for found in others if found[0].type.rpartition("_")[2] in words]
    return next(iter(alike or others), None)


def _texts(stack: Stack, holder: Resource) -> Iterator[tuple[Path, Path, str]]:
    for path, leaf in leaves(holder.values):
        if not isinstance(leaf, str) or not configured(stack, holder, str(path[0])):
            continue
        document = _document(leaf)
        if document is None:
            yield path, (), leaf
        elif policy(leaf) is None:
            for inner, text in leaves(document):
                if isinstance(text, str):
                    yield path, inner, text


def _document(text: str) -> Any:
    """The JSON document that a text is, or None."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def dangle(scene: Scene) -> Iterator[Mutant]:
    """The name of something that the stack does not have."""
    for reference in references(scene):
        yield _mutant("dangle", reference, f"{reference.text}-planproof", _dangling)


def _dangling(_: Stack, text: str) -> str:
    return f"{text}-planproof"


def redirect(scene: Scene) -> Iterator[Mutant]:
    """Another resource of the same type: another role, another queue."""
    for reference in references(scene):
        target, attribute = reference.target, reference.attribute
        others = [
            other
            for other in scene.stack.managed(target.type)
            if other.address != target.address and attribute in identities(other)
        ]
        if others:
            key = (reference.holder.address, reference.dotted)
            other = scene.chance("redirect", *key).choice(others)
            after = identities(other)[attribute]
            yield _mutant("redirect", reference, after, _identity(other, attribute))


def swap_id_and_arn(scene: Scene) -> Iterator[Mutant]:
    """The ARN where the id is expected, and the other way round."""
    for reference in references(scene):
        own = identities(reference.target)
        arn, id_ = own.get("arn"), own.get("id")
        if arn is None or id_ is None or arn == id_ or reference.text not in (arn, id_):
            continue
        other = "id" if reference.text == arn else "arn"
        change = _identity(reference.target, other)
        yield _mutant("swap-id-and-arn", reference, own[other], change)


def attach_administrator(scene: Scene) -> Iterator[Mutant]:
    """AWS's policy that allows everything, where a policy of the stack is attached."""
    for reference in references(scene):
        if reference.path[-1] != "policy_arn":
            continue
        place = scene.stack.provider_location(reference.holder)
        arn = ADMINISTRATOR.format(partition=place.partition if place else "aws")

        def change(_: Stack, _text: str, arn: str = arn) -> str:
            return arn

        yield _mutant("attach-administrator", reference, arn, change)


def _identity(resource: Resource, attribute: str) -> Callable[[Stack, str], str]:
    def change(stack: Stack, text: str) -> str:
        here = stack.get(resource.address)
        return identities(here).get(attribute, text) if here is not None else text

    return change


def _mutant(
    operator: str, reference: Reference, after: str, change: Callable[[Stack, str], str]
) -> Mutant:
    def value(stack: Stack, here: Value) -> Value:
        if not isinstance(here, str):
            return here
        if not reference.inner:
            return change(stack, here)
        document = _document(here)
        text = at(document, reference.inner)
        if not isinstance(text, str):
            return here
        return json.dumps(placed(document, reference.inner, change(stack, text)))

    rewrite = put(reference.holder.address, reference.path, value)
    return mutant(operator, reference.holder, reference.dotted, reference.text, after, rewrite)
