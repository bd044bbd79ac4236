"""Operators that replace an action, resource, principal or condition of a policy statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from planproof.iam.actions import expand_action
from planproof.mutation.stack.model import Mutant, MutationInput
from planproof.mutation.stack.operators.statements import (
    Edit,
    Statement,
    StatementLocation,
    edited,
    statement_locations,
)
from planproof.terraform.stack import Resource, Stack

OTHER_ACCOUNT: Final = "999999999999"
_SERVICES: Final = ("sns.amazonaws.com", "ec2.amazonaws.com", "glue.amazonaws.com")
_ACCOUNT: Final = re.compile(r"(?<=:)\d{12}(?=:)|^\d{12}$")
_NEGATED: Final = {
    "StringEquals": "StringNotEquals",
    "StringLike": "StringNotLike",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "NumericLessThan": "NumericGreaterThanEquals",
    "NumericGreaterThan": "NumericLessThanEquals",
    "NumericEquals": "NumericNotEquals",
    "DateLessThan": "DateGreaterThanEquals",
    "DateGreaterThan": "DateLessThanEquals",
    "IpAddress": "NotIpAddress",
}
_LIKE: Final = {"StringEquals": "StringLike", "ArnEquals": "ArnLike", "StringLike": "StringLike"}


def swap_action(inputs: MutationInput) -> Iterator[Mutant]:
    """Replace each action by another one of the same service."""
    for location in statement_locations(inputs):
        for number, action in enumerate(location.listed("Action")):
            service, named, _ = action.partition(":")
            if "*" in action or not named:
                continue
            known = sorted(set(expand_action(f"{service}:*")) - set(location.listed("Action")))
            if not known:
                continue
            other = inputs.random_for("swap-action", *_key(location), action).choice(known)
            edit = _changing("Action", number, _always(other))
            yield edited("swap-action", location, action, other, edit, action)


def _always(other: str) -> Callable[[Stack, str], str]:
    return lambda _stack, _text: other


def swap_resource(inputs: MutationInput) -> Iterator[Mutant]:
    """Replace each ARN by that of another resource of the same type."""
    for location in statement_locations(inputs):
        for number, text in enumerate(location.listed("Resource")):
            if text.startswith("arn:"):
                change = _to_other(inputs, location, text)
                edit = _changing("Resource", number, change)
                after = change(inputs.stack, text)
                yield edited("swap-resource", location, text, after, edit, str(number))


def _to_other(
    inputs: MutationInput, location: StatementLocation, text: str
) -> Callable[[Stack, str], str]:
    """Replaces an ARN by that of another resource of the same type, or of none."""
    named = _named(inputs.stack, text)
    others = []
    if named is not None:
        others = [r for r in inputs.stack.managed(named.type) if r.address != named.address]
        others = [other for other in others if isinstance(other.values.get("arn"), str)]
    random = inputs.random_for("swap-resource", *_key(location), text)
    chosen = random.choice(others) if others else None

    def change(stack: Stack, here: str) -> str:
        old, new = _arn(stack, named), _arn(stack, chosen)
        if old is None or new is None:
            return f"{here.rstrip('*')}-planproof"
        return here.replace(old, new, 1)

    return change


def _arn(stack: Stack, resource: Resource | None) -> str | None:
    """The ARN of a resource in this stack, if it exists and is known."""
    here = stack.get(resource.address) if resource is not None else None
    arn = here.values.get("arn") if here is not None else None
    return arn if isinstance(arn, str) else None


def _named(stack: Stack, text: str) -> Resource | None:
    """The resource with the longest ARN that is a prefix of a text."""
    found = [
        resource
        for resource in stack.managed()
        if isinstance(arn := resource.values.get("arn"), str) and arn and text.startswith(arn)
    ]
    return max(found, key=lambda resource: len(str(resource.values["arn"])), default=None)


def swap_principal(inputs: MutationInput) -> Iterator[Mutant]:
    """Replace a principal by another service or another account."""
    for location in statement_locations(inputs):
        principal = location.statement.get("Principal")
        for kind, value in principal.items() if isinstance(principal, dict) else ():
            other = _other_principal(kind, value)
            if other != value:

                def edit(_: Stack, statement: Statement, kind: str = kind) -> None:
                    here = statement["Principal"]
                    statement["Principal"] = here | {kind: _other_principal(kind, here[kind])}

                yield edited("swap-principal", location, value, other, edit, kind)


def _other_principal(kind: str, value: Any) -> Any:
    if not isinstance(value, (str, list)):
        return value
    if kind == "Service":
        return next(name for name in _SERVICES if name != value and name not in value)
    if kind == "AWS":
        if isinstance(value, str):
            return _ACCOUNT.sub(OTHER_ACCOUNT, value)
        return [_ACCOUNT.sub(OTHER_ACCOUNT, str(item)) for item in value]
    return value


# Conditions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Condition:
    """A condition key of a statement."""

    location: StatementLocation
    operator: str
    key: str
    value: Any

    def __str__(self) -> str:
        return f"{self.operator} {self.key} {self.value}"

    def mutant(self, name: str, before: str, after: str, edit: Edit) -> Mutant:
        """A mutant; its id has the condition operator if several operators have the key."""
        operators = _members(self.location.statement["Condition"])
        ambiguous = sum(self.key in dict(_members(keys)) for _, keys in operators) > 1
        which = f"{self.operator} {self.key}" if ambiguous else self.key
        return edited(name, self.location, before, after, edit, which)

    def replaced(self, new_operator: str, new_value: Callable[[Any], Any]) -> Edit:
        """Moves the key to another operator with another value."""

        def edit(_: Stack, statement: Statement) -> None:
            condition = statement["Condition"]
            value = condition[self.operator].pop(self.key)
            if not condition[self.operator]:
                del condition[self.operator]
            condition.setdefault(new_operator, {})[self.key] = new_value(value)

        return edit


def drop_condition(inputs: MutationInput) -> Iterator[Mutant]:
    """Drop a condition key."""
    for item in _conditions(inputs):

        def edit(_: Stack, statement: Statement, item: _Condition = item) -> None:
            statement["Condition"][item.operator].pop(item.key)
            if not statement["Condition"][item.operator]:
                del statement["Condition"][item.operator]
            if not statement["Condition"]:
                del statement["Condition"]

        yield item.mutant("drop-condition", str(item), "nothing", edit)


def negate_condition(inputs: MutationInput) -> Iterator[Mutant]:
    """Negate a condition."""
    for item in _conditions(inputs):
        base = item.operator.removesuffix("IfExists")
        if base in ("Bool", "Null"):
            after = f"{item.operator} {item.key} {_opposite(item.value)}"
            edit = item.replaced(item.operator, _opposite)
        elif base in _NEGATED:
            opposite = item.operator.replace(base, _NEGATED[base])
            after = f"{opposite} {item.key} {item.value}"
            edit = item.replaced(opposite, lambda value: value)
        else:
            continue
        yield item.mutant("negate-condition", str(item), after, edit)


def widen_condition(inputs: MutationInput) -> Iterator[Mutant]:
    """Accept any value of a condition key, as long as it is present."""
    for item in _conditions(inputs):
        if item.operator in _LIKE and item.value not in ("*", ["*"]):
            like = _LIKE[item.operator]
            edit = item.replaced(like, lambda _: "*")
            yield item.mutant("widen-condition", str(item), f"{like} {item.key} *", edit)


def swap_condition(inputs: MutationInput) -> Iterator[Mutant]:
    """Replace the value of a condition by another account or a name that does not exist."""
    for item in _conditions(inputs):
        if item.operator.removesuffix("IfExists") in ("Bool", "Null"):
            continue  # the only other value is the opposite: negate-condition

        def edit(_: Stack, statement: Statement, item: _Condition = item) -> None:
            here = statement["Condition"][item.operator]
            here[item.key] = _other_values(here[item.key])

        before, after = f"{item.key} {item.value}", f"{item.key} {_other_values(item.value)}"
        yield item.mutant("swap-condition", before, after, edit)


def _other_values(value: Any) -> Any:
    if isinstance(value, list):
        return [_other_value(str(item)) for item in value]
    return _other_value(str(value))


def _other_value(text: str) -> str:
    if _ACCOUNT.search(text):
        return _ACCOUNT.sub(OTHER_ACCOUNT, text)
    head, dot, rest = text.partition(".")
    return f"{head}-planproof{dot}{rest}"


def _opposite(value: Any) -> Any:
    texts = {"true": "false", "false": "true"}
    if isinstance(value, bool):
        return not value
    return texts.get(value, value) if isinstance(value, str) else value


def _conditions(inputs: MutationInput) -> Iterator[_Condition]:
    for location in statement_locations(inputs):
        for operator, keys in _members(location.statement.get("Condition")):
            for key, value in _members(keys):
                yield _Condition(location, operator, key, value)


def _members(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _changing(element: str, number: int, change: Callable[[Stack, str], str]) -> Edit:
    def edit(stack: Stack, statement: Statement) -> None:
        value = statement.get(element)
        if isinstance(value, list) and number < len(value):
            value[number] = change(stack, str(value[number]))
        elif isinstance(value, str):
            statement[element] = change(stack, value)

    return edit


def _key(location: StatementLocation) -> tuple[str, str, str]:
    return location.resource.address, str(location.path), str(location.number)
