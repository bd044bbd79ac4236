"""What does a function's code call, and on which parts of the stack?

The code says which operations, and by which variable or constant it names the resource of each;
the environment says what a variable names, by name, ARN or URL. Where the code does not tell, a
call may be about any part of its service that the environment names. Where the code cannot be
read to the end, the list of its calls is open, and so is every edge that rests on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from planproof.aws.api_actions import required_of
from planproof.aws.datapath.keys import caller_needs
from planproof.aws.datapath.model import Edge, Fact, Need
from planproof.aws.datapath.places import arn_of, place_of
from planproof.aws.sdk_calls import About, Call, Calls
from planproof.iam.actions import resource_types
from planproof.iam.arn import parse_arn
from planproof.terraform.link_index import targets, with_value
from planproof.terraform.links import links, references
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, is_unknown, leaves

CALLS: Final = "calls"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a type of resource is named in an environment, and what its calls need of a key.

    Attributes:
        names: attributes whose values name it.
        below: what is in it → what its ARN goes on with, by AWS's names of resource types.
        key_actions: what any call needs of the key that encrypts it.
        writing: further actions on the key by action.
        arn: the ARN of one that is known by name alone, for a :class:`str.format` with the name
            and the place of the function; "" where a name does not tell it.
    """

    service: str
    names: tuple[str, ...]
    below: Mapping[str, str]
    key_actions: tuple[str, ...] = ()
    writing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    arn: str = ""


_DATA: Final = ("kms:GenerateDataKey", "kms:Decrypt")
_HERE: Final = "{place.region}:{place.account}"
_KINDS: Final[Mapping[str, _Kind]] = {
    "aws_dynamodb_table": _Kind(
        "dynamodb",
        ("name", "id", "arn"),
        {"table": ""},
        ("kms:Decrypt",),
        arn=f"dynamodb:{_HERE}:table/{{name}}",
    ),
    "aws_s3_bucket": _Kind(
        "s3",
        ("bucket", "id", "arn"),
        {"object": "/*", "bucket": ""},
        (),
        {"s3:PutObject": _DATA, "s3:GetObject": ("kms:Decrypt",)},
        "s3:::{name}",
    ),
    "aws_sqs_queue": _Kind(
        "sqs",
        ("url", "id", "arn", "name"),
        {"queue": ""},
        (),
        {"sqs:SendMessage": _DATA, "sqs:ReceiveMessage": ("kms:Decrypt",)},
        f"sqs:{_HERE}:{{name}}",
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
        "lambda",
        ("arn", "function_name", "qualified_arn"),
        {"function": ""},
        arn=f"lambda:{_HERE}:function:{{name}}",
    ),
    "aws_cloudwatch_event_bus": _Kind(
        "events", ("arn", "name"), {"event-bus": ""}, arn=f"events:{_HERE}:event-bus/{{name}}"
    ),
    "aws_sfn_state_machine": _Kind("stepfunctions", ("arn", "id", "name"), {"statemachine": ""}),
    "aws_kms_key": _Kind("kms", ("arn", "key_id", "id"), {"key": ""}),
    "aws_ssm_parameter": _Kind(
        "ssm", ("arn", "name", "id"), {"parameter": ""}, arn=f"ssm:{_HERE}:parameter/{{name}}"
    ),
    "aws_cloudwatch_log_group": _Kind(
        "logs",
        ("arn", "name", "id"),
        {"log-stream": ":*", "log-group": ":*"},
        arn=f"logs:{_HERE}:log-group:{{name}}",
    ),
}
"""The parts that code may call, by type."""

_WHY: Final = "since its code calls it"


def code_edges(
    stack: Stack, function: Resource, role: Resource, calls: Calls, handled: frozenset[str]
) -> Iterator[Edge]:
    """The edges from a function to what its code calls."""
    drawing = _Drawing(stack, function, role)
    for call in sorted(calls.made, key=lambda one: (one.service, one.operation)):
        if call.service not in handled:
            drawing.add(call)
    yield from drawing.edges()
    if calls.unread:
        expected = "code whose calls can be read to the end"
        fact = Fact(None, function, "filename", expected, "; ".join(calls.unread))
        yield Edge(function, "what else it may call", CALLS, (), (fact,), declared_by=function)


@dataclass(frozen=True, slots=True)
class _End:
    """What a call may be about.

    Attributes:
        name: a part, an ARN or a name from outside the stack, or the service.
        arn: UNKNOWN where it is not known.
        part: None for what is no part of the stack.
        unset: the variable that names it, if the environment does not set that.
    """

    name: str
    arn: str | Unknown = UNKNOWN
    part: Resource | None = None
    unset: str = ""
    outside: bool = False


@dataclass(slots=True)
class _Needed:
    """The needs of one edge by what they are for: those that are sure, and those that may be."""

    end: _End
    sure: dict[str, list[Need]] = field(default_factory=dict)
    maybe: dict[str, list[Need]] = field(default_factory=dict)

    def add(self, needs: Iterable[Need], within: str, *, is_sure: bool) -> None:
        """Put needs of one group together; what is required stays so."""
        found: dict[str, list[Need]] = {}
        for need in needs:
            # An index is another resource than its table, asked by the same action; both have one
            # key.
            apart = "" if need.action.startswith("kms:") else within
            found.setdefault(f"{need.group or need.action}{apart}", []).append(need)
        kept = self.sure if is_sure else self.maybe
        for label, group in found.items():
            if label not in kept or (group[0].required and not kept[label][0].required):
                kept[label] = group

    def needs(self) -> tuple[Need, ...]:
        """All of them; the use of keys comes last."""
        found = {**self.maybe, **self.sure}
        labels = sorted(found, key=lambda label: (label.startswith("kms:"), label))
        return tuple(need for label in labels for need in found[label])


class _Drawing:
    """Collects, call by call, what a function needs on each part and elsewhere."""

    def __init__(self, stack: Stack, function: Resource, role: Resource) -> None:
        self._stack = stack
        self._function = function
        self._role = role
        self._told = told_of(stack, function)
        self._context = {"lambda:SourceFunctionArn": arn_of(function)}
        self._needed: dict[tuple[str, int, str], _Needed] = {}

    def edges(self) -> Iterator[Edge]:
        """One for each end, by service and in the order of the stack."""
        order = {address: at for at, address in enumerate(self._stack.resources)}
        function = self._function
        for _, needed in sorted(
            self._needed.items(), key=lambda item: (item[0][:2], order.get(item[0][2], -1), item[0])
        ):
            end = needed.end
            facts: tuple[Fact, ...] = ()
            if end.unset:
                path, expected = f"environment.variables.{end.unset}", "the environment sets"
                facts = (Fact(False, function, path, f"{expected} {end.unset}", "it does not"),)
            target = end.part if end.part is not None else end.name
            yield Edge(function, target, CALLS, needed.needs(), facts, end.outside, function)

    def _take(self, call: Call, end: _End, needs: Iterable[Need], *, is_sure: bool) -> None:
        service = call.service
        rank = 0 if end.part is not None else 2 if end.name == service else 1
        # What is named alike is one end, whichever services it is called by.
        key = (service if rank != 1 else "", rank, end.part.address if end.part else end.name)
        self._needed.setdefault(key, _Needed(end)).add(needs, call.within, is_sure=is_sure)

    def add(self, call: Call) -> None:
        """Find out what one call needs, and of whom."""
        groups = (
            [frozenset({call.only})] if call.only else required_of(call.service, call.operation)
        )
        kinds = {type_: kind for type_, kind in _KINDS.items() if kind.service == call.service}
        for group in groups:
            covered = any(resource_types(a) & set(k.below) for a in group for k in kinds.values())
            ends = self._ends(call, kinds) if covered else []
            asked = [(end, self._needs(call, end, sorted(group), kinds)) for end in ends]
            found = [(end, needs) for end, needs in asked if needs]
            if not found:
                end = _End(call.service)
                self._take(call, end, self._elsewhere(call, group), is_sure=True)
            for end, needs in found:
                rest = [other for one, other in found if one is not end]
                several = [two for one in needs for two in _or_instead(one, rest)]
                self._take(call, end, several if rest else needs, is_sure=not rest)

    # What it is about --------------------------------------------------------------------------

    def _ends(self, call: Call, kinds: Mapping[str, _Kind]) -> list[_End]:
        """What a call may be about; nothing if that is not known at all."""
        found: dict[str, _End] = {}
        for about in call.about or ():
            ends = self._named(about, kinds)
            if ends is None:
                break
            found.update((end.name, end) for end in ends)
        else:
            if call.about is not None:
                return list(found.values())
        return [_of_part(part) for part in self._told if part.type in kinds]

    def _named(self, about: About, kinds: Mapping[str, _Kind]) -> list[_End] | None:
        """What a constant or a variable names; None where it cannot be told."""
        if about.kind == "constant":
            return self._by_text(about.text, about, kinds)
        variables = self._function.get("environment.variables")
        value = variables.get(about.text) if isinstance(variables, Mapping) else variables
        if is_unknown(value):
            return self._by_reference(about, kinds)
        if value:
            return self._by_text(str(value), about, kinds)
        if about.text == "AWS_LAMBDA_FUNCTION_NAME":
            return [_of_part(self._function)]
        if isinstance(about.default, str):
            return self._by_text(about.default, about, kinds)
        if isinstance(about.default, Unknown) or about.text.startswith("AWS_"):
            return None
        return [_End(f"what {about.text} names", unset=about.text)]

    def _by_text(self, text: str, about: About, kinds: Mapping[str, _Kind]) -> list[_End] | None:
        parts = _parts_named(self._stack, [text], tuple(kinds))
        if parts:
            return [_of_part(part) for part in parts]
        if about.is_segment:
            return None
        return [_End(text, self._arn(text, kinds), outside=True)]

    def _by_reference(self, about: About, kinds: Mapping[str, _Kind]) -> list[_End] | None:
        """What a variable names whose value is not known before it is built."""
        path = f"environment.0.variables.{about.text}"
        sure, is_open = [], False
        for type_, kind in kinds.items():
            for part in targets(self._stack, self._function, path, (type_,), kind.names):
                verdict = links(self._stack, self._function, path, part, kind.names)
                sure += [_of_part(part)] if verdict else []
                is_open = is_open or verdict is None
        return sure or (None if is_open else [])

    def _arn(self, text: str, kinds: Mapping[str, _Kind]) -> str | Unknown:
        """The ARN of what is no part of the stack; UNKNOWN where its name does not tell."""
        if parse_arn(text) is not None:
            return text.split("/")[0] if text.startswith("arn:aws:s3:::") else text
        name = text.removeprefix("s3://").split("/")[0] if "aws_s3_bucket" in kinds else text
        place = place_of(self._stack, self._function)
        known = next((kind.arn for kind in kinds.values() if kind.arn), "")
        if place is None or not known or "://" in name or name.startswith("alias/"):
            return UNKNOWN
        rest = known.format(
            name=name.lstrip("/") if "aws_ssm_parameter" in kinds else name, place=place
        )
        return f"arn:{place.partition}:{rest}"

    # What it needs -----------------------------------------------------------------------------

    def _needs(
        self, call: Call, end: _End, actions: Sequence[str], kinds: Mapping[str, _Kind]
    ) -> list[Need]:
        """What one of some actions needs on an end; nothing if none is about such a thing."""
        if end.part is not None:
            kinds = {end.part.type: _KINDS[end.part.type]}
        found: list[Need] = []
        key_actions: dict[str, None] = {}
        for action in actions:
            types = resource_types(action)
            for kind in kinds.values():
                rest = next((rest for type_, rest in kind.below.items() if type_ in types), None)
                if rest is None:
                    continue
                found.append(self._need(call, action, end, rest, actions))
                key_actions |= dict.fromkeys((*kind.key_actions, *kind.writing.get(action, ())))
                break
        if found and end.part is not None:
            why = f"since {end.part} is encrypted"
            used = caller_needs(self._stack, end.part, self._role, tuple(key_actions), why)
            found += [replace(need, required=not call.is_spare) for need in used]
        return found

    def _need(self, call: Call, action: str, end: _End, rest: str, actions: Sequence[str]) -> Need:
        arn = end.arn
        rest = f"{rest}{call.within}"
        known = isinstance(arn, str) and "*" not in call.within
        return Need(
            action,
            self._role,
            f"{arn}{rest.replace('*', 'planproof/an object')}" if known else UNKNOWN,
            end.part,
            self._context,
            (f"{arn}{rest}",) if isinstance(arn, str) else (),
            _WHY,
            _label(actions),
            not call.is_spare and not end.unset,
        )

    def _elsewhere(self, call: Call, actions: Iterable[str]) -> Iterator[Need]:
        """A call on nothing that is known: on any resource, or on one that nobody knows."""
        label = _label(actions)
        for action in sorted(actions):
            known = not resource_types(action)
            resource: str | Unknown = "*" if known else UNKNOWN
            scope = ("*",) if known else ()
            required = not call.is_spare
            yield Need(
                action, self._role, resource, None, self._context, scope, _WHY, label, required
            )


def _of_part(part: Resource) -> _End:
    return _End(part.address, arn_of(part), part)


def _label(actions: Iterable[str]) -> str:
    """What a group of actions is called; "" for one alone."""
    *names, last = sorted(actions)
    return f"{', '.join(names)} or {last}" if names else ""


def _or_instead(need: Need, rest: list[list[Need]]) -> Iterator[Need]:
    """A need together with what would be needed in its place on other ends."""
    label = need.group or need.action
    yield replace(need, group=label)
    for others in rest:
        same = [one for one in others if (one.group or one.action) == label]
        for one in same or others[:1]:
            yield replace(one, group=label, instead=True)


def told_of(stack: Stack, function: Resource) -> tuple[Resource, ...]:
    """The parts that a function's environment names, in the stack's order."""
    environment = function.get("environment.variables")
    values = [leaf for _, leaf in leaves(environment)]
    texts = [value for value in values if isinstance(value, str)]
    found = {part.address for part in _parts_named(stack, texts, tuple(_KINDS))}
    if any(isinstance(value, Unknown) for value in values):
        named = references(stack, function, "environment.0.variables")
        found |= {part.address for part in stack.managed(*_KINDS) if part.declared in named}
    return tuple(stack[address] for address in stack.resources if address in found)


def _parts_named(stack: Stack, texts: Iterable[str], types: Iterable[str]) -> list[Resource]:
    """The parts of some types that texts name, each once."""
    names = {name: None for text in texts for name in _names_in(text)}
    found = {
        part.address: part
        for type_ in types
        for attribute in _KINDS[type_].names
        for name in names
        for part in with_value(stack, (type_,), attribute, name)
    }
    return list(found.values())


def _names_in(text: str) -> Iterator[str]:
    """What a text may name: something by itself, or the bucket of an object."""
    if not text:
        return
    yield text
    if text.startswith("s3://"):
        yield text.removeprefix("s3://").split("/")[0]
    elif (parts := parse_arn(text)) is not None and parts.service == "s3":
        yield parts.resource.split("/")[0]
