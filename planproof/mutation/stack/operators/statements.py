"""Operators on the statements of policies.

They apply to every string of a managed resource that is a policy document: identity policies,
resource policies, key policies and trust policies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.mutation.stack.model import Mutant, MutationInput, mutant
from planproof.mutation.stack.rewriting import GONE, Path, dotted, put
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, leaves

Statement = dict[str, Any]
Edit = Callable[[Stack, Statement], Any]
"""Changes a statement in place; returning :data:`GONE` removes it from its policy."""


@dataclass(frozen=True, slots=True)
class StatementLocation:
    """The location of a statement in a policy of a resource.

    Attributes:
        path: of the policy in the resource.
        number: of the statement in the policy, from 0.
        statement: the original statement.
    """

    resource: Resource
    path: Path
    number: int
    statement: Statement

    @property
    def name(self) -> str:
        """The Sid of the statement, else its number."""
        sid = self.statement.get("Sid")
        return sid if isinstance(sid, str) and sid else f"statement {self.number}"

    @property
    def has_principal(self) -> bool:
        """Whether the statement is part of a resource policy or trust policy."""
        return "Principal" in self.statement or "NotPrincipal" in self.statement

    def listed(self, element: str) -> list[str]:
        """The strings of an element; empty if not all are strings."""
        value = self.statement.get(element)
        items = value if isinstance(value, list) else [value]
        texts = [item for item in items if isinstance(item, str)]
        return texts if len(texts) == len(items) else []

    def number_in(self, statements: list[Statement]) -> int | None:
        """Its number in the policy with other variables, found by its Sid if it has one."""
        sid = self.statement.get("Sid")
        if sid:
            found = [n for n, other in enumerate(statements) if other.get("Sid") == sid]
            return found[0] if len(found) == 1 else None
        return self.number if self.number < len(statements) else None


def policy(text: Value) -> dict[str, Any] | None:
    """The policy document in a string, with its statements as a list, or None."""
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


def statement_locations(inputs: MutationInput) -> Iterator[StatementLocation]:
    """Every statement of every policy in the stack."""
    for resource in inputs.stack.managed():
        for path, leaf in leaves(resource.values):
            if (document := policy(leaf)) is not None:
                for number, statement in enumerate(document["Statement"]):
                    yield StatementLocation(resource, path, number, statement)


def edited(
    operator: str,
    location: StatementLocation,
    before: Value,
    after: Value,
    edit: Edit,
    which: str = "",
) -> Mutant:
    """A mutant in which one statement is changed."""

    def value(stack: Stack, text: Value) -> Value:
        document = policy(text)
        statements = document["Statement"] if document is not None else []
        number = location.number_in(statements)
        if number is None:
            return text
        statement = copy.deepcopy(statements[number])
        try:
            gone = edit(stack, statement) is GONE
        except (LookupError, TypeError, AttributeError):
            return text  # with these variables the statement lacks the changed element
        if gone:
            del statements[number]
        elif statement == statements[number]:
            return text
        else:
            statements[number] = statement
        return json.dumps(document)

    path = f"{dotted(location.path)}[{location.name}]"
    rewrite = put(location.resource.address, location.path, value)
    return mutant(operator, location.resource, path, before, after, rewrite, which=which)


def setting(element: str, value: Value) -> Edit:
    """Sets an element of a statement, or removes it if the value is :data:`GONE`."""

    def edit(_: Stack, statement: Statement) -> None:
        if value is GONE:
            statement.pop(element, None)
        else:
            statement[element] = value

    return edit


def removing(element: str, number: int) -> Edit:
    """Removes an item by its number from an element that lists several."""

    def edit(_: Stack, statement: Statement) -> None:
        value = statement.get(element)
        if isinstance(value, list) and len(value) > 1:
            del value[number]

    return edit


def renaming(element: str, other: str) -> Edit:
    """Renames an element, such as Action to NotAction."""

    def edit(_: Stack, statement: Statement) -> None:
        if element in statement:
            statement[other] = statement.pop(element)

    return edit


# The operators ---------------------------------------------------------------------------------


def drop_statement(inputs: MutationInput) -> Iterator[Mutant]:
    """Drop a statement."""
    for location in statement_locations(inputs):
        before = summary(location.statement)
        yield edited("drop-statement", location, before, "nothing", lambda *_: GONE)


def flip_effect(inputs: MutationInput) -> Iterator[Mutant]:
    """Replace Allow by Deny, and Deny by Allow."""
    for location in statement_locations(inputs):
        effect = location.statement.get("Effect")
        other = "Deny" if effect == "Allow" else "Allow"
        yield edited("flip-effect", location, effect, other, setting("Effect", other))


def negate(inputs: MutationInput) -> Iterator[Mutant]:
    """Turn an element into NotAction, NotResource or NotPrincipal."""
    for location in statement_locations(inputs):
        for element in ("Action", "Resource", "Principal"):
            value = location.statement.get(element)
            if value is None or value == "*" or value == ["*"]:
                continue  # the negation would match nothing
            other = f"Not{element}"
            edit = renaming(element, other)
            yield edited(f"negate-{element.lower()}", location, element, other, edit)


def widen_action(inputs: MutationInput) -> Iterator[Mutant]:
    """Allow every action; in a resource policy, every action of the service."""
    for location in statement_locations(inputs):
        actions = location.listed("Action")
        if not actions or "*" in actions:
            continue
        wide = f"{actions[0].partition(':')[0]}:*" if location.has_principal else "*"
        if actions != [wide]:
            yield edited("widen-action", location, actions, wide, setting("Action", wide))


def widen_resource(inputs: MutationInput) -> Iterator[Mutant]:
    """Apply to every resource; not in a resource policy, where that is only its own resource."""
    for location in statement_locations(inputs):
        resources = location.listed("Resource")
        if resources and "*" not in resources and not location.has_principal:
            yield edited("widen-resource", location, resources, "*", setting("Resource", "*"))


def widen_principal(inputs: MutationInput) -> Iterator[Mutant]:
    """Apply to every principal."""
    for location in statement_locations(inputs):
        value = location.statement.get("Principal")
        if value is not None and value not in ("*", {"AWS": "*"}):
            edit = setting("Principal", "*")
            yield edited("widen-principal", location, value, "*", edit)


def narrow(inputs: MutationInput) -> Iterator[Mutant]:
    """Drop one of several actions or resources, or narrow a wildcard."""
    for location in statement_locations(inputs):
        for element in ("Action", "Resource"):
            items = location.listed(element)
            operator = f"narrow-{element.lower()}"
            if len(items) > 1:
                for number, item in enumerate(items):
                    edit = removing(element, number)
                    which = item if element == "Action" else str(number)
                    yield edited(operator, location, item, "nothing", edit, which)
            elif items and (narrowed := _narrowed(element, items[0])):
                yield edited(operator, location, items[0], narrowed, _narrowing(element))


def _narrowing(element: str) -> Edit:
    def edit(_: Stack, statement: Statement) -> None:
        value = statement.get(element)
        text = value[0] if isinstance(value, list) and value else value
        if narrowed := _narrowed(element, str(text)):
            statement[element] = narrowed

    return edit


def _narrowed(element: str, item: str) -> str:
    """A narrower pattern for an action or ARN that ends with a wildcard, or ""."""
    if element == "Action":
        service, _, name = item.partition(":")
        return f"{service}:Get*" if name == "*" else ""
    if item.startswith("arn:") and item.endswith("*"):
        return f"{item[:-1]}planproof/*"
    return ""


def summary(statement: Mapping[str, Any]) -> str:
    """A statement on one line."""
    parts = [str(statement.get("Effect", ""))]
    for element in ("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"):
        if element in statement:
            parts.append(f"{element} {json.dumps(statement[element])}")
    if "Condition" in statement:
        parts.append("with conditions")
    return ", ".join(parts)
