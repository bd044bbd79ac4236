"""The resources that name a function by ``function_name``.

The attribute is a name, an ARN or a partial ARN, each with or without a version or alias.

Source: Lambda API Reference, "CreateEventSourceMapping" (FunctionName).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from planproof.aws.datapath.locations import arn_parts
from planproof.iam.arn import parse_arn
from planproof.terraform.link_index import holders
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, Value

_IDENTITIES: Final = ("arn", "function_name", "id", "qualified_arn", "invoke_arn")
_PATH: Final = "function_name"


def named_by(stack: Stack, type_: str, function: Resource) -> Iterator[tuple[Resource, bool]]:
    """The resources of a type that name, or may name, a function; and whether that is certain."""
    found = {r.address: r for r in holders(stack, (type_,), _PATH, function, _IDENTITIES)}
    name = function.get("function_name")
    if isinstance(name, str):
        found |= {r.address: r for r in _by_name(stack, type_).get(name, ())}
    for holder in found.values():
        named = _names(stack, holder, function)
        if named is not False:
            yield holder, named is True


def _names(stack: Stack, holder: Resource, function: Resource) -> Truth:
    value = holder.get(_PATH)
    if not isinstance(value, str):
        for alias in stack.managed("aws_lambda_alias"):
            if links(stack, holder, _PATH, alias, ("arn",)):
                return links(stack, alias, _PATH, function, _IDENTITIES)
    named = links(stack, holder, _PATH, function, _IDENTITIES)
    if named is not False or not isinstance(value, str):
        return named
    arn = function.get("arn")
    own = arn_parts(arn)
    other = parse_arn(value)
    if own is not None and other is not None:
        return other[:4] == own[:4] and _name_in(value) == _name_in(str(arn))
    account = value.partition(":")[0]
    if own is not None and account.isdigit() and account != own.account:
        return False
    return bool(_name_in(value) == function.get("function_name"))


def _name_in(text: str) -> str:
    """The plain name in a name, ARN or partial ARN of a function."""
    parts = parse_arn(text)
    rest = parts.resource if parts is not None else text
    before, marker, after = rest.partition("function:")
    return (after if marker and (not before or before[:-1].isdigit()) else rest).partition(":")[0]


def _by_name(stack: Stack, type_: str) -> dict[str, list[Resource]]:
    """Plain name → the resources of a type that name a function by it."""

    def compute() -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for holder in stack.managed(type_):
            value: Value = holder.get(_PATH)
            if isinstance(value, str):
                found.setdefault(_name_in(value), []).append(holder)
        return found

    return stack.resources.derived(("function names", type_), compute)
