"""Operators on references to other resources.

A string of a managed resource that equals the ARN, id, name or URL of another one refers to it, as
an attribute or within a map, a list or a JSON document. Policies have their own operators.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from planproof.mutation.stack.model import Mutant, MutationInput, mutant
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
    """A string that refers to another resource.

    Attributes:
        path: of the string, or of the JSON document that contains it.
        inner: path within that document; empty for a plain string.
        target: the resource that it refers to.
        attribute: the attribute of the target that it equals ("arn").
    """

    holder: Resource
    path: Path
    inner: Path
    text: str
    target: Resource
    attribute: str

    @property
    def dotted(self) -> str:
        """The dotted path; the path within a document is in brackets."""
        return dotted(self.path) + (f"[{dotted(self.inner)}]" if self.inner else "")


def references(inputs: MutationInput) -> Iterator[Reference]:
    """Every reference between managed resources that the sources contain."""
    stack = inputs.stack
    named: dict[str, list[tuple[Resource, str]]] = {}
    for resource in stack.managed():
        for attribute, text in identities(resource).items():
            named.setdefault(text, []).append((resource, attribute))
    own = own_names(stack)
    for holder in stack.managed():
        for path, inner, text in _texts(stack, holder):
            if path == (own.get(holder.address),):
                continue  # an equal name of another resource is a coincidence
            if found := _target(stack, holder, path, named.get(text, ())):
                yield Reference(holder, path, inner, text, *found)


def own_names(stack: Stack) -> dict[str, str]:
    """Address → the attribute in which the sources set the physical name of a resource."""
    return {name.resource.address: name.attribute for name in physical_names(stack)}


def _target(
    stack: Stack, holder: Resource, path: Path, named: Sequence[tuple[Resource, str]]
) -> tuple[Resource, str] | None:
    """The resource and attribute that a string refers to, of those with this value."""
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
    """The string decoded as a JSON object or array, or None."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def dangle(inputs: MutationInput) -> Iterator[Mutant]:
    """Refer to a resource that does not exist."""
    for reference in references(inputs):
        yield _mutant("dangle", reference, f"{reference.text}-planproof", _dangling)


def _dangling(_: Stack, text: str) -> str:
    return f"{text}-planproof"


def redirect(inputs: MutationInput) -> Iterator[Mutant]:
    """Refer to another resource of the same type."""
    for reference in references(inputs):
        target, attribute = reference.target, reference.attribute
        others = [
            other
            for other in inputs.stack.managed(target.type)
            if other.address != target.address and attribute in identities(other)
        ]
        if others:
            key = (reference.holder.address, reference.dotted)
            other = inputs.random_for("redirect", *key).choice(others)
            after = identities(other)[attribute]
            yield _mutant("redirect", reference, after, _identity(other, attribute))


def swap_id_and_arn(inputs: MutationInput) -> Iterator[Mutant]:
    """Replace an id by the ARN, and an ARN by the id."""
    for reference in references(inputs):
        own = identities(reference.target)
        arn, id_ = own.get("arn"), own.get("id")
        if arn is None or id_ is None or arn == id_ or reference.text not in (arn, id_):
            continue
        other = "id" if reference.text == arn else "arn"
        change = _identity(reference.target, other)
        yield _mutant("swap-id-and-arn", reference, own[other], change)


def attach_administrator(inputs: MutationInput) -> Iterator[Mutant]:
    """Attach AdministratorAccess in place of a policy of the stack."""
    for reference in references(inputs):
        if reference.path[-1] != "policy_arn":
            continue
        location = inputs.stack.provider_location(reference.holder)
        arn = ADMINISTRATOR.format(partition=location.partition if location else "aws")

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
