"""The edges of the AWS calls in a function's code.

The code contains the operations, and the environment variables or constants that name their
resources. The environment resolves a variable by name, ARN or URL. A call whose target the code
does not name may address any resource of its service that the environment names. Calls in code that
could not be analyzed are unknown; an undetermined edge stands for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import Final

from planproof.aws.api_actions import required_actions
from planproof.aws.datapath.keys import caller_needs
from planproof.aws.datapath.locations import arn_of, location_of
from planproof.aws.datapath.model import Edge, Fact, Need
from planproof.aws.sdk_calls import SdkCall, SdkCalls, TargetName
from planproof.iam.actions import resource_types
from planproof.iam.arn import parse_arn
from planproof.service_facts import ResourceType, resource_type, service_of_client
from planproof.service_facts import types as described_types
from planproof.terraform.link_index import targets, with_value
from planproof.terraform.links import links, references
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, is_unknown, leaves

CALLS: Final = "calls"


_WHY: Final = "because its code calls it"


def code_edges(
    stack: Stack, function: Resource, role: Resource, calls: SdkCalls, handled: frozenset[str]
) -> Iterator[Edge]:
    """The edges from a function to what its code calls."""
    collector = _EdgeCollector(stack, function, role)
    for call in sorted(calls.calls, key=lambda one: (one.service, one.operation)):
        if call.service not in handled:
            collector.add(call)
    yield from collector.edges()
    if calls.unread:
        expected = "code in which every AWS call can be analyzed"
        fact = Fact(None, function, "filename", expected, "; ".join(calls.unread))
        yield Edge(function, "other calls of its code", CALLS, (), (fact,), declared_by=function)


def function_context(function: Resource) -> dict[str, str | Unknown]:
    """The condition keys that every request of a running function contains.

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    """
    return {"lambda:SourceFunctionArn": arn_of(function)}


@dataclass(frozen=True, slots=True)
class _Target:
    """What a call may address.

    Attributes:
        name: a resource's address, an ARN or name outside the stack, or the service.
        part: the resource of the stack, if it is one.
        unset: the variable that names it, if the environment does not set the variable.
    """

    name: str
    arn: str | Unknown = UNKNOWN
    part: Resource | None = None
    unset: str = ""
    outside: bool = False


_Groups = dict[str, tuple[tuple[bool, bool], list[Need]]]
"""Groups of needs by label, each with its precedence: whether it is certain, and required."""


class _EdgeCollector:
    """Collects the needs of a function's calls by their target."""

    def __init__(self, stack: Stack, function: Resource, role: Resource) -> None:
        self._stack = stack
        self._function = function
        self._role = role
        self._named_resources = named_in_environment(stack, function)
        self._context = function_context(function)
        self._targets: dict[tuple[str, int, str], tuple[_Target, _Groups]] = {}

    def edges(self) -> Iterator[Edge]:
        """One for each target, by service and in the order of the stack."""
        order = {address: at for at, address in enumerate(self._stack.resources)}
        function = self._function
        for key in sorted(self._targets, key=lambda key: (key[:2], order.get(key[2], -1), key)):
            target, groups = self._targets[key]
            labels = sorted(groups, key=lambda label: (label.startswith("kms:"), label))
            needs = tuple(need for label in labels for need in groups[label][1])
            facts: tuple[Fact, ...] = ()
            if target.unset:
                path = f"environment.variables.{target.unset}"
                expected = f"a value of the environment variable {target.unset}"
                facts = (Fact(False, function, path, expected, "not set"),)
            end = target.part if target.part is not None else target.name
            yield Edge(function, end, CALLS, needs, facts, target.outside, function)

    def _record(
        self, call: SdkCall, target: _Target, needs: Iterable[Need], *, certain: bool
    ) -> None:
        """Group the needs of one edge by label. Calls on this target replace those that may address
        another target instead, and a required group replaces an optional one."""
        rank = 0 if target.part is not None else 2 if target.name == call.service else 1
        # A name outside the stack is one target for the calls of all services.
        service = call.service if rank != 1 else ""
        key = (service, rank, target.part.address if target.part else target.name)
        _, groups = self._targets.setdefault(key, (target, {}))
        found: dict[str, list[Need]] = {}
        for need in needs:
            # An index needs the same action as its table on another ARN; both have the same key.
            suffix = "" if need.action.startswith("kms:") else call.arn_suffix
            found.setdefault(f"{need.group or need.action}{suffix}", []).append(need)
        for label, group in found.items():
            precedence = (certain, group[0].required)
            if label not in groups or precedence > groups[label][0]:
                groups[label] = (precedence, group)

    def add(self, call: SdkCall) -> None:
        """Record the needs of one call on each of its targets."""
        groups = required_actions(call.service, call.operation)
        if call.only_action:
            groups = (frozenset({call.only_action}),)
        prefix = service_of_client(call.service).prefix
        kinds = {one: resource_type(one) for one in _called_types(prefix)}
        for group in map(sorted, groups):
            covered = any(
                resource_types(a) & set(k.checked()) for a in group for k in kinds.values()
            )
            candidates = self._targets_of(call, kinds) if covered else []
            all_needs = [(one, self._needs(call, one, group, kinds)) for one in candidates]
            found = [(target, needs) for target, needs in all_needs if needs]
            if not found:
                target = _Target(call.service)
                self._record(call, target, self._needs_without_target(call, group), certain=True)
            for target, needs in found:
                others = [other for one, other in found if one is not target]
                if others:
                    needs = [each for need in needs for each in _with_alternatives(need, others)]
                self._record(call, target, needs, certain=not others)

    # The targets -------------------------------------------------------------------------------

    def _targets_of(self, call: SdkCall, kinds: Mapping[str, ResourceType]) -> list[_Target]:
        """What a call may address; empty if that is unknown."""
        found: dict[str, _Target] = {}
        for name in call.target_names or ():
            named = self._named(name, kinds)
            if named is None:
                break
            found.update((target.name, target) for target in named)
        else:
            if call.target_names is not None:
                return list(found.values())
        return [_target(part) for part in self._named_resources if part.type in kinds]

    def _named(self, name: TargetName, kinds: Mapping[str, ResourceType]) -> list[_Target] | None:
        """The targets that a constant or a variable names; None where they are unknown."""
        if name.kind == "constant":
            return self._by_text(name.text, name, kinds)
        variables = self._function.get("environment.variables")
        value = variables.get(name.text) if isinstance(variables, Mapping) else variables
        if is_unknown(value):
            return self._by_reference(name, kinds)
        if value:
            return self._by_text(str(value), name, kinds)
        if name.text == "AWS_LAMBDA_FUNCTION_NAME":
            return [_target(self._function)]
        if isinstance(name.default, str):
            return self._by_text(name.default, name, kinds)
        if isinstance(name.default, Unknown) or name.text.startswith("AWS_"):
            return None
        return [_Target(f"the resource that {name.text} names", unset=name.text)]

    def _by_text(
        self, text: str, name: TargetName, kinds: Mapping[str, ResourceType]
    ) -> list[_Target] | None:
        parts = _resources_named(self._stack, [text], tuple(kinds))
        if parts:
            return [_target(part) for part in parts]
        if name.is_segment:
            return None
        return [_Target(text, self._arn(text, kinds), outside=True)]

    def _by_reference(
        self, name: TargetName, kinds: Mapping[str, ResourceType]
    ) -> list[_Target] | None:
        """The targets that a variable names whose value is unknown before apply."""
        path = f"environment.0.variables.{name.text}"
        named, undetermined = [], False
        for type_, kind in kinds.items():
            names = kind.called.names
            for part in targets(self._stack, self._function, path, (type_,), names):
                linked = links(self._stack, self._function, path, part, names)
                named += [_target(part)] if linked else []
                undetermined = undetermined or linked is None
        return named or (None if undetermined else [])

    def _arn(self, text: str, kinds: Mapping[str, ResourceType]) -> str | Unknown:
        """The ARN of a name outside the stack; UNKNOWN where the name does not determine it."""
        if parse_arn(text) is not None:
            return text.split("/")[0] if text.startswith("arn:aws:s3:::") else text
        name = text.removeprefix("s3://").split("/")[0] if "aws_s3_bucket" in kinds else text
        location = location_of(self._stack, self._function)
        facts = next(iter(kinds.values()))
        if location is None or not facts.called.arn_follows or "://" in name:
            return UNKNOWN
        return Template(facts.arn()).substitute(
            name=name.lstrip("/") if "aws_ssm_parameter" in kinds else name,
            p=location.partition,
            r=location.region,
            a=location.account,
        )

    # The needs ---------------------------------------------------------------------------------

    def _needs(
        self,
        call: SdkCall,
        target: _Target,
        actions: Sequence[str],
        kinds: Mapping[str, ResourceType],
    ) -> list[Need]:
        """The needs of a group of actions on a target; empty if AWS checks none on its type."""
        if target.part is not None:
            kinds = {target.part.type: resource_type(target.part.type)}
        found: list[Need] = []
        key_actions: dict[str, None] = {}
        for action in actions:
            types = resource_types(action)
            for kind in kinds.values():
                suffixes = (suffix for type_, suffix in kind.checked().items() if type_ in types)
                if (suffix := next(suffixes, None)) is None:
                    continue
                found.append(self._need(call, action, target, suffix, actions))
                more = kind.called.more_key_actions.get(action, ())
                key_actions |= dict.fromkeys((*kind.called.key_actions, *more))
                break
        if found and target.part is not None:
            why = f"because {target.part} is encrypted"
            of_key = caller_needs(self._stack, target.part, self._role, tuple(key_actions), why)
            found += [replace(need, required=not call.is_cleanup) for need in of_key]
        return found

    def _need(
        self, call: SdkCall, action: str, target: _Target, suffix: str, actions: Sequence[str]
    ) -> Need:
        arn = target.arn
        suffix = f"{suffix}{call.arn_suffix}"
        known = isinstance(arn, str) and "*" not in call.arn_suffix
        return Need(
            action,
            self._role,
            f"{arn}{suffix.replace('*', 'planproof/an object')}" if known else UNKNOWN,
            target.part,
            self._context,
            (f"{arn}{suffix}",) if isinstance(arn, str) else (),
            _WHY,
            _label(actions),
            not call.is_cleanup and not target.unset,
        )

    def _needs_without_target(self, call: SdkCall, actions: Sequence[str]) -> Iterator[Need]:
        """The needs of a call without a known target: on ``*``, or on an unknown ARN."""
        whole = replace(call, arn_suffix="")
        for action in actions:
            target = _Target(call.service, UNKNOWN if resource_types(action) else "*")
            yield self._need(whole, action, target, "", actions)


def _target(part: Resource) -> _Target:
    return _Target(part.address, arn_of(part), part)


def _label(actions: Iterable[str]) -> str:
    """The name of a group of actions; "" for a single action."""
    *names, last = sorted(actions)
    return f"{', '.join(names)} or {last}" if names else ""


def _with_alternatives(need: Need, others: list[list[Need]]) -> Iterator[Need]:
    """A need, and the needs of the same call on each other target, as one group."""
    label = need.group or need.action
    yield replace(need, group=label)
    for needs in others:
        same = [one for one in needs if (one.group or one.action) == label]
        for one in same or needs[:1]:
            yield replace(one, group=label, alternative=True)


def named_in_environment(stack: Stack, function: Resource) -> tuple[Resource, ...]:
    """The resources that a function's environment names, in the stack's order."""
    environment = function.get("environment.variables")
    values = [leaf for _, leaf in leaves(environment)]
    texts = [value for value in values if isinstance(value, str)]
    found = {part.address for part in _resources_named(stack, texts, _called_types())}
    if any(isinstance(value, Unknown) for value in values):
        named = references(stack, function, "environment.0.variables")
        found |= {
            part.address for part in stack.managed(*_called_types()) if part.declared in named
        }
    return tuple(stack[address] for address in stack.resources if address in found)


def _called_types(service: str = "") -> tuple[str, ...]:
    """The types of resources, of a service or of all, that code may call."""
    return described_types(lambda facts: facts.called.names and service in ("", facts.service))


def _resources_named(stack: Stack, texts: Iterable[str], kinds: Iterable[str]) -> list[Resource]:
    """The resources of some types that texts name, each once."""
    names = {name: None for text in texts for name in _names_in(text)}
    found = {
        part.address: part
        for type_ in kinds
        for attribute in resource_type(type_).called.names
        for name in names
        for part in with_value(stack, (type_,), attribute, name)
    }
    return list(found.values())


def _names_in(text: str) -> Iterator[str]:
    """The names in a text: the text itself, and the bucket of an object."""
    if not text:
        return
    yield text
    if text.startswith("s3://"):
        yield text.removeprefix("s3://").split("/")[0]
    elif (parts := parse_arn(text)) is not None and parts.service == "s3":
        yield parts.resource.split("/")[0]
