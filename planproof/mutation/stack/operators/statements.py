"""What if a policy said something else?

Every text of a managed resource that is a policy is taken apart: identity policies, resource
policies, key policies and trust policies alike.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.mutation.stack.model import Mutant, Scene, mutant
from planproof.mutation.stack.rewriting import GONE, Path, dotted, put
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, leaves

Statement = dict[str, Any]
Edit = Callable[[Stack, Statement], Any]
"""Changes a statement in place; :data:`GONE` takes it out of its policy."""


@dataclass(frozen=True, slots=True)
class Place:
    """A statement of a policy.

    Attributes:
        path: of the policy in the resource.
        number: of the statement in the policy, from 0.
        statement: as it stands there.
    """

    resource: Resource
    path: Path
    number: int
    statement: Statement

    @property
    def name(self) -> str:
        """What the statement goes by: its Sid, else its number."""
        sid = self.statement.get("Sid")
        return sid if isinstance(sid, str) and sid else f"statement {self.number}"

    @property
    def has_principal(self) -> bool:
        """Whether it stands in a policy of a resource, which names who may."""
        return "Principal" in self.statement or "NotPrincipal" in self.statement

    def listed(self, element: str) -> list[str]:
        """An element that is one text or a list of them, as a list."""
        value = self.statement.get(element)
        items = value if isinstance(value, list) else [value]
        texts = [item for item in items if isinstance(item, str)]
        return texts if len(texts) == len(items) else []

    def number_in(self, statements: list[Statement]) -> int | None:
        """Which one it is where other variables may have put others before it, by its Sid."""
        sid = self.statement.get("Sid")
        if sid:
            found = [n for n, other in enumerate(statements) if other.get("Sid") == sid]
            return found[0] if len(found) == 1 else None
        return self.number if self.number < len(statements) else None


def policy(text: Value) -> dict[str, Any] | None:
    """The policy that a text is, with its statements in a list, or None."""
    if not isinstance(text, str) or '"Statement"' not in text:
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return None
    if not isinstance(document, dict) or "Statement" not in document:
        return None
    statements = document["Statement"]
    if isinstance(statements, dict):
        document["Statement"] = [statements]
    listed = document["Statement"]
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        return None
    return document


def places(scene: Scene) -> Iterator[Place]:
    """Every statement of every policy that the stack makes."""
    for resource in scene.stack.managed():
        for path, leaf in leaves(resource.values):
            if (document := policy(leaf)) is not None:
                for number, statement in enumerate(document["Statement"]):
                    yield Place(resource, path, number, statement)


def edited(
    operator: str,
    place: Place,
    before: Value,
    after: Value,
    edit: Edit,
    which: str = "",
) -> Mutant:
    """A mutant in which one statement is another."""

    def value(stack: Stack, text: Value) -> Value:
        document = policy(text)
        statements = document["Statement"] if document is not None else []
        number = place.number_in(statements)
        if number is None:
            return text
        statement = copy.deepcopy(statements[number])
        try:
            gone = edit(stack, statement) is GONE
        except (LookupError, TypeError, AttributeError):
            return text  # with these variables the statement does not have what is changed
        if gone:
            del statements[number]
        elif statement == statements[number]:
            return text
        else:
            statements[number] = statement
        return json.dumps(document)

    path = f"{dotted(place.path)}[{place.name}]"
    rewrite = put(place.resource.address, place.path, value)
    return mutant(operator, place.resource, path, before, after, rewrite, which=which)


def setting(element: str, value: Value) -> Edit:
    """Puts an element into a statement, or takes it out where the value is :data:`GONE`."""

    def edit(_: Stack, statement: Statement) -> None:
        if value is GONE:
            statement.pop(element, None)
        else:
            statement[element] = value

    return edit


def removing(element: str, item: str) -> Edit:
    """Takes an item out of an element that lists several, found by where it stands in them."""

    def edit(_: Stack, statement: Statement) -> None:
        value = statement.get(element)
        if isinstance(value, list) and len(value) > 1:
            number = int(item)
            del value[number]

    return edit


def renaming(element: str, other: str) -> Edit:
    """Turns an element into its opposite: Action into NotAction."""

    def edit(_: Stack, statement: Statement) -> None:
        if element in statement:
            statement[other] = statement.pop(element)

    return edit


# The operators ---------------------------------------------------------------------------------


def drop_statement(scene: Scene) -> Iterator[Mutant]:
    """Without one of its statements."""
    for place in places(scene):
        what = summary(place.statement)
        yield edited("drop-statement", place, what, "nothing", lambda *_: GONE)


def flip_effect(scene: Scene) -> Iterator[Mutant]:
    """Allow for Deny, and Deny for Allow."""
    for place in places(scene):
        effect = place.statement.get("Effect")
        other = "Deny" if effect == "Allow" else "Allow"
        yield edited("flip-effect", place, effect, other, setting("Effect", other))


def negate(scene: Scene) -> Iterator[Mutant]:
    """Everything but what an element names: NotAction, NotResource, NotPrincipal."""
    for place in places(scene):
        for element in ("Action", "Resource", "Principal"):
            value = place.statement.get(element)
            if value is None or value == "*" or value == ["*"]:
                continue  # there is nothing but that
            other = f"Not{element}"
            edit = renaming(element, other)
            yield edited(f"negate-{element.lower()}", place, element, other, edit)


def widen_action(scene: Scene) -> Iterator[Mutant]:
    """Every action there is, or of the service where the policy is that of one resource."""
    for place in places(scene):
        actions = place.listed("Action")
        if not actions or "*" in actions:
            continue
        wide = f"{actions[0].partition(':')[0]}:*" if place.has_principal else "*"
        if actions != [wide]:
            yield edited("widen-action", place, actions, wide, setting("Action", wide))


def widen_resource(scene: Scene) -> Iterator[Mutant]:
    """Every resource there is. In the policy of one resource that is the resource itself."""
    for place in places(scene):
        resources = place.listed("Resource")
        if resources and "*" not in resources and not place.has_principal:
            yield edited("widen-resource", place, resources, "*", setting("Resource", "*"))


def widen_principal(scene: Scene) -> Iterator[Mutant]:
    """Everybody."""
    for place in places(scene):
        value = place.statement.get("Principal")
        if value is not None and value not in ("*", {"AWS": "*"}):
            edit = setting("Principal", "*")
            yield edited("widen-principal", place, value, "*", edit)


def narrow(scene: Scene) -> Iterator[Mutant]:
    """One action or resource of several less; for a wildcard, a part of what it stands for."""
    for place in places(scene):
        for element in ("Action", "Resource"):
            items = place.listed(element)
            operator = f"narrow-{element.lower()}"
            if len(items) > 1:
                for number, item in enumerate(items):
                    edit = removing(element, str(number))
                    which = item if element == "Action" else str(number)
                    yield edited(operator, place, item, "nothing", edit, which)
            elif items and (less := _less(element, items[0])):
                yield edited(operator, place, items[0], less, _lessening(element))


def _lessening(element: str) -> Edit:
    def edit(_: Stack, statement: Statement) -> None:
        value = statement.get(element)
        text = value[0] if isinstance(value, list) and value else value
        if less := _less(element, str(text)):
            statement[element] = less

    return edit


def _less(element: str, item: str) -> str:
    """A part of what a text with a wildcard at its end stands for, or ""."""
    if element == "Action":
        service, _, name = item.partition(":")
        return f"{service}:Get*" if name == "*" else ""
    if item.startswith("arn:") and item.endswith("*"):
        return f"{item[:-1]}planproof/*"
    return ""


def summary(statement: Mapping[str, Any]) -> str:
    """A statement in a few words."""
    parts = [str(statement.get("Effect", ""))]
    for element in ("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"):
        if element in statement:
            parts.append(f"{element} {json.dumps(statement[element])}")
    if "Condition" in statement:
        parts.append("with conditions")
    return ", ".join(parts)
