"""What if a policy named something else of the same kind?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from planproof.iam.actions import expand_action
from planproof.mutation.stack.model import Mutant, Scene
from planproof.mutation.stack.operators.statements import (
    Edit,
    Place,
    Statement,
    edited,
    places,
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


def swap_action(scene: Scene) -> Iterator[Mutant]:
    """Another action of the same service in the place of each."""
    for place in places(scene):
        for number, action in enumerate(place.listed("Action")):
            service, named, _ = action.partition(":")
            if "*" in action or not named:
                continue
            known = sorted(set(expand_action(f"{service}:*")) - set(place.listed("Action")))
            if not known:
                continue
            other = scene.chance("swap-action", *_key(place), action).choice(known)
            edit = _changing("Action", number, _always(other))
            yield edited("swap-action", place, action, other, edit, action)


def _always(other: str) -> Callable[[Stack, str], str]:
    return lambda _stack, _text: other


def swap_resource(scene: Scene) -> Iterator[Mutant]:
    """The ARN of another resource of the stack in the place of each."""
    for place in places(scene):
        for number, text in enumerate(place.listed("Resource")):
            if text.startswith("arn:"):
                change = _to_other(scene, place, text)
                edit = _changing("Resource", number, change)
                after = change(scene.stack, text)
                yield edited("swap-resource", place, text, after, edit, str(number))


def _to_other(scene: Scene, place: Place, text: str) -> Callable[[Stack, str], str]:
    """Turns an ARN into that of another resource of the type that it names, or of nothing."""
    named = _named(scene.stack, text)
    others = []
    if named is not None:
        others = [r for r in scene.stack.managed(named.type) if r.address != named.address]
        others = [other for other in others if isinstance(other.values.get("arn"), str)]
    chosen = scene.chance("swap-resource", *_key(place), text).choice(others) if others else None

    def change(stack: Stack, here: str) -> str:
        old, new = _arn(stack, named), _arn(stack, chosen)
        if old is None or new is None:
            return f"{here.rstrip('*')}-planproof"
        return here.replace(old, new, 1)

    return change


def _arn(stack: Stack, resource: Resource | None) -> str | None:
    """The ARN that a resource has in this stack, if it is there and known."""
    here = stack.get(resource.address) if resource is not None else None
    arn = here.values.get("arn") if here is not None else None
    return arn if isinstance(arn, str) else None


def _named(stack: Stack, text: str) -> Resource | None:
    """The resource whose ARN a text begins with, the longest one."""
    found = [
        resource
        for resource in stack.managed()
        if isinstance(arn := resource.values.get("arn"), str) and arn and text.startswith(arn)
    ]
    return max(found, key=lambda resource: len(str(resource.values["arn"])), default=None)


def swap_principal(scene: Scene) -> Iterator[Mutant]:
    """Another service, or another account, in the place of who is named."""
    for place in places(scene):
        principal = place.statement.get("Principal")
        for kind, value in principal.items() if isinstance(principal, dict) else ():
            other = _other_principal(kind, value)
            if other != value:

                def edit(_: Stack, statement: Statement, kind: str = kind) -> None:
                    here = statement["Principal"]
                    statement["Principal"] = here | {kind: _other_principal(kind, here[kind])}

                yield edited("swap-principal", place, value, other, edit, kind)


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


def drop_condition(scene: Scene) -> Iterator[Mutant]:
    """Without one of its conditions."""
    for place, operator, key, value in _conditions(scene):

        def edit(_: Stack, statement: Statement, operator: str = operator, key: str = key) -> None:
            statement["Condition"][operator].pop(key)
            if not statement["Condition"][operator]:
                del statement["Condition"][operator]
            if not statement["Condition"]:
                del statement["Condition"]

        before = f"{operator} {key} {value}"
        yield edited("drop-condition", place, before, "nothing", edit, _which(place, operator, key))


def negate_condition(scene: Scene) -> Iterator[Mutant]:
    """Where a condition holds, it does not, and the other way round."""
    for place, operator, key, value in _conditions(scene):
        base = operator.removesuffix("IfExists")
        if base in ("Bool", "Null"):
            opposite, after = operator, _turned(value)
        elif base in _NEGATED:
            opposite, after = operator.replace(base, _NEGATED[base]), value
        else:
            continue
        edit = _condition(operator, key, opposite, _turned if opposite == operator else _same)
        before, after = f"{operator} {key} {value}", f"{opposite} {key} {after}"
        yield edited("negate-condition", place, before, after, edit, _which(place, operator, key))


def _same(value: Any) -> Any:
    return value


def widen_condition(scene: Scene) -> Iterator[Mutant]:
    """Any value will do, as long as there is one."""
    for place, operator, key, value in _conditions(scene):
        if operator in _LIKE and value not in ("*", ["*"]):
            like = _LIKE[operator]
            edit = _condition(operator, key, like, lambda _: "*")
            before, after = f"{operator} {key} {value}", f"{like} {key} *"
            yield edited(
                "widen-condition", place, before, after, edit, _which(place, operator, key)
            )


def swap_condition(scene: Scene) -> Iterator[Mutant]:
    """Another value in a condition: of another account, or of nobody."""
    for place, operator, key, value in _conditions(scene):
        if operator.removesuffix("IfExists") in ("Bool", "Null"):
            continue  # there is but one other value, which is the opposite

        def edit(_: Stack, statement: Statement, operator: str = operator, key: str = key) -> None:
            here = statement["Condition"][operator]
            here[key] = _others(here[key])

        after = f"{key} {_others(value)}"
        yield edited(
            "swap-condition", place, f"{key} {value}", after, edit, _which(place, operator, key)
        )


def _others(value: Any) -> Any:
    if isinstance(value, list):
        return [_another(str(item)) for item in value]
    return _another(str(value))


def _another(text: str) -> str:
    if _ACCOUNT.search(text):
        return _ACCOUNT.sub(OTHER_ACCOUNT, text)
    head, dot, rest = text.partition(".")
    return f"{head}-planproof{dot}{rest}"


def _turned(value: Any) -> Any:
    texts = {"true": "false", "false": "true"}
    if isinstance(value, bool):
        return not value
    return texts.get(value, value) if isinstance(value, str) else value


def _conditions(scene: Scene) -> Iterator[tuple[Place, str, str, Any]]:
    for place in places(scene):
        for operator, keys in _members(place.statement.get("Condition")):
            for key, value in _members(keys):
                yield place, operator, key, value


def _members(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _which(place: Place, operator: str, key: str) -> str:
    """A key, and its operator where others ask for the same key."""
    asked = [key in dict(_members(keys)) for _, keys in _members(place.statement["Condition"])]
    return key if sum(asked) == 1 else f"{operator} {key}"


def _condition(operator: str, key: str, new_operator: str, new: Callable[[Any], Any]) -> Edit:
    def edit(_: Stack, statement: Statement) -> None:
        condition = statement["Condition"]
        value = condition[operator].pop(key)
        if not condition[operator]:
            del condition[operator]
        condition.setdefault(new_operator, {})[key] = new(value)

    return edit


def _changing(element: str, number: int, change: Callable[[Stack, str], str]) -> Edit:
    def edit(stack: Stack, statement: Statement) -> None:
        value = statement.get(element)
        if isinstance(value, list) and number < len(value):
            value[number] = change(stack, str(value[number]))
        elif isinstance(value, str):
            statement[element] = change(stack, value)

    return edit


def _key(place: Place) -> tuple[str, str, str]:
    return place.resource.address, str(place.path), str(place.number)
