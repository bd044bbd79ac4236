"""What does a function's code call, and on which parts of the stack?

The code says which operations; the environment says on which resources: a function acts on what
it is told of by name, ARN or URL. Where the code cannot be read to the end, the list of its calls
is open, and so is every edge that rests on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from planproof.datapath.keys import caller_needs
from planproof.datapath.model import Edge, Fact, Need
from planproof.datapath.places import arn_of
from planproof.function_calls import Calls
from planproof.iam.actions import resource_types
from planproof.iam.arn import parse_arn
from planproof.link_index import with_value
from planproof.links import references
from planproof.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, leaves

CALLS: Final = "calls"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a type of resource is named in an environment, and what its calls need of a key.

    Attributes:
        names: attributes whose values name it.
        below: what is in it → what its ARN goes on with, by AWS's names of resource types.
        key_actions: what any call needs of the key that encrypts it.
        writing: further actions on the key by action.
    """

    service: str
    names: tuple[str, ...]
    below: Mapping[str, str]
    key_actions: tuple[str, ...] = ()
    writing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_DATA: Final = ("kms:GenerateDataKey", "kms:Decrypt")
_KINDS: Final[Mapping[str, _Kind]] = {
    "aws_dynamodb_table": _Kind("dynamodb", ("name", "id", "arn"), {"table": ""}, ("kms:Decrypt",)),
    "aws_s3_bucket": _Kind(
        "s3",
        ("bucket", "id", "arn"),
        {"object": "/*", "bucket": ""},
        (),
        {"s3:PutObject": _DATA, "s3:GetObject": ("kms:Decrypt",)},
    ),
    "aws_sqs_queue": _Kind(
        "sqs",
        ("url", "id", "arn", "name"),
        {"queue": ""},
        (),
        {"sqs:SendMessage": _DATA, "sqs:ReceiveMessage": ("kms:Decrypt",)},
    ),
    "aws_sns_topic": _Kind("sns", ("arn", "id"), {"topic": ""}, (), {"sns:Publish": _DATA}),
    "aws_secretsmanager_secret": _Kind(
        "secretsmanager",
        ("arn", "id", "name"),
        {"Secret": ""},
        (),
        {"secretsmanager:GetSecretValue": ("kms:Decrypt",)},
    ),
    "aws_lambda_function": _Kind(
        "lambda", ("arn", "function_name", "qualified_arn"), {"function": ""}, ()
    ),
    "aws_cloudwatch_event_bus": _Kind("events", ("arn", "name"), {"event-bus": ""}),
}


def code_edges(
    stack: Stack, function: Resource, role: Resource, calls: Calls, handled: frozenset[str]
) -> Iterator[Edge]:
    """The edges from a function to what its code calls."""
    told = told_of(stack, function)
    services = sorted({call.service for call in calls.made} - handled)
    for service in services:
        parts = [part for part in told if _KINDS[part.type].service == service]
        actions = sorted(calls.actions(service))
        for part in parts:
            needs = tuple(_needs_on(stack, function, role, part, actions))
            if not needs:
                continue  # what it calls is about no resource, or about none of this kind
            yield Edge(function, part, CALLS, needs, declared_by=function)
        covered = {t for part in parts for t in _KINDS[part.type].below}
        left = [a for a in actions if not resource_types(a) & covered]
        if left:
            needs = tuple(_needs_elsewhere(function, role, left))
            yield Edge(function, service, CALLS, needs, declared_by=function)
    if calls.unread:
        expected = "code whose calls can be read to the end"
        fact = Fact(None, function, "filename", expected, "; ".join(calls.unread))
        yield Edge(function, "what else it may call", CALLS, (), (fact,), declared_by=function)


def told_of(stack: Stack, function: Resource) -> tuple[Resource, ...]:
    """The parts that a function's environment names, in the stack's order."""
    environment = function.get("environment.variables")
    values = [leaf for _, leaf in leaves(environment)]
    names = {name for text in values if isinstance(text, str) for name in _names_in(text)}
    found = {
        part.address
        for type_, kind in _KINDS.items()
        for attribute in kind.names
        for name in names
        for part in with_value(stack, (type_,), attribute, name)
    }
    if any(isinstance(value, Unknown) for value in values):
        named = references(stack, function, "environment.0.variables")
        found |= {part.address for part in stack.managed(*_KINDS) if part.declared in named}
    return tuple(stack[address] for address in stack.resources if address in found)


def _names_in(text: str) -> Iterator[str]:
    """What a text may name: something by itself, or the bucket of an object."""
    if not text:
        return
    yield text
    if text.startswith("s3://"):
        yield text.removeprefix("s3://").split("/")[0]
    elif (parts := parse_arn(text)) is not None and parts.service == "s3":
        yield parts.resource.split("/")[0]


def _needs_on(
    stack: Stack, function: Resource, role: Resource, part: Resource, actions: list[str]
) -> Iterator[Need]:
    kind = _KINDS[part.type]
    context = {"lambda:SourceFunctionArn": arn_of(function)}
    arn = arn_of(part)
    key_actions = dict.fromkeys(kind.key_actions)
    used = False
    for action in actions:
        types = resource_types(action)
        for type_, rest in kind.below.items():
            if type_ not in types:
                continue
            used = True
            about = f"{arn}{rest.replace('*', 'planproof/an object')}"
            resource = about if isinstance(arn, str) else UNKNOWN
            scope = (f"{arn}{rest}",) if isinstance(arn, str) else ()
            yield Need(action, role, resource, part, context, scope, "since its code calls it")
            key_actions |= dict.fromkeys(kind.writing.get(action, ()))
            break
    if used:
        why = f"since {part} is encrypted"
        yield from caller_needs(stack, part, role, tuple(key_actions), why)


def _needs_elsewhere(function: Resource, role: Resource, actions: list[str]) -> Iterator[Need]:
    """Calls on nothing that the environment names: on any resource, or on none that is known."""
    context = {"lambda:SourceFunctionArn": arn_of(function)}
    for action in actions:
        known = not resource_types(action)
        resource: str | Unknown = "*" if known else UNKNOWN
        scope = ("*",) if known else ()
        yield Need(action, role, resource, None, context, scope, "since its code calls it")
