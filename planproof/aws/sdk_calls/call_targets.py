"""Finds the resources that a call targets, by its arguments or by the object it is a method of.

The parameters are those of AWS's APIs, as botocore spells them.
https://docs.aws.amazon.com/boto3/latest/reference/services/
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from planproof.aws.api_actions import actions_of, model_data
from planproof.aws.sdk_calls.abstract_values import (
    NAME_KINDS,
    PENDING,
    AbstractValue,
    AbstractValues,
)
from planproof.aws.sdk_calls.calls import TargetName, TargetNames
from planproof.aws.sdk_calls.flow import Flow
from planproof.aws.sdk_calls.scopes import positional
from planproof.service_facts import service_of_client
from planproof.values import UNKNOWN

ArgumentNode = ast.Call | ast.Dict
"""A node that holds arguments: a call, or a dictionary of them."""

_COPY_OPERATIONS = ("CopyObject", "UploadPartCopy")
_INDEX_OPERATIONS = ("Query", "Scan")
"""Operations on a table or on one of its indexes, which have ARNs of their own.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/using-identity-based-policies.html
"""


class CallTarget(NamedTuple):
    """One target of a call; for the attributes see :class:`~planproof.aws.sdk_calls.SdkCall`."""

    names: TargetNames
    only_action: str = ""
    arn_suffix: str = ""


class CallTargets:
    """Finds the targets of calls."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def of(
        self,
        service: str,
        operation: str,
        method: str,
        arguments: Collection[ArgumentNode],
        resource_names: AbstractValues,
    ) -> list[CallTarget]:
        """The targets of a call of an operation.

        Args:
            method: of the object of boto3; "" if the operation is called by its own name.
            arguments: the nodes that hold the arguments; empty if they are unknown.
            resource_names: of the resource that the object stands for; empty for a client.
        """
        names = _naming_parameters(service, operation)
        is_copy = service == "s3" and (operation in _COPY_OPERATIONS or method == "copy")
        facts = service_of_client(service)
        is_special = operation in facts.unnamed
        is_indexed = service == "dynamodb" and operation in _INDEX_OPERATIONS
        found: list[CallTarget] = []
        for one in arguments or (None,):
            suffix = _index_suffix(one) if is_indexed else ""
            if is_copy:
                found += self._copy_targets(operation, method, one, resource_names)
            elif not names and not is_special:
                found.append(CallTarget(()))
            elif resource_names:
                found.append(CallTarget(target_names(resource_names), arn_suffix=suffix))
            elif one is None:
                found.append(CallTarget(None))
            elif is_special:
                found += self._special_targets(one)
            else:
                named = self._names_in_arguments(names, one, facts.name_positions.get(method))
                found += [CallTarget(target, arn_suffix=suffix) for target in named]
        return found

    def _names_in_arguments(
        self,
        names: Iterable[str],
        arguments: ArgumentNode,
        at: int | None = None,
    ) -> list[TargetNames]:
        """The names in the first of some parameters that the call gives."""
        for name in names:
            if (found := argument(name, arguments, at)) is not None:
                return self._names_in(found)
        if _may_have_more(arguments):
            return [None]
        # A message to a phone number has no topic.
        return [() if argument("PhoneNumber", arguments) is not None else None]

    def _names_in(self, node: ast.expr) -> list[TargetNames]:
        """The names that an expression gives: one item for each target."""
        if isinstance(node, ast.List | ast.Tuple) and node.elts:
            return [one for part in node.elts for one in self._names_in(part)]
        return [target_names(one) for one in self._flow.values_by_call(node)]

    # Copies of S3 objects ----------------------------------------------------------------------

    def _copy_targets(
        self,
        operation: str,
        method: str,
        arguments: ArgumentNode | None,
        resource_names: AbstractValues,
    ) -> Iterator[CallTarget]:
        """The source and the destination of a copy."""
        is_managed = method == "copy"
        sources: list[TargetNames] = [None]
        targets = [target_names(resource_names)] if resource_names else sources
        if arguments is not None:
            found = argument("CopySource", arguments, 0 if is_managed else None)
            if isinstance(found, ast.Dict):
                sources = self._names_in_arguments(("Bucket",), found)
            elif found is not None:
                sources = self._names_in(found)
            if not resource_names:
                at = 1 if is_managed else None
                targets = self._names_in_arguments(("Bucket",), arguments, at)
        if operation in _COPY_OPERATIONS:
            yield from (CallTarget(one, "s3:GetObject") for one in sources)
            yield from (CallTarget(one, "s3:PutObject") for one in targets)
        else:
            yield from map(CallTarget, sources if operation == "HeadObject" else targets)

    # Operations that name their resources in another way ---------------------------------------

    def _special_targets(self, arguments: ArgumentNode) -> list[CallTarget]:
        found: list[CallTarget] = []
        for parameter in ("RequestItems", "TransactItems", "Entries", "Statement"):
            match parameter, argument(parameter, arguments):
                case "RequestItems", ast.Dict(keys=keys):
                    for key in keys:
                        found += map(CallTarget, [None] if key is None else self._names_in(key))
                case "TransactItems", ast.List(elts=items):
                    for item in items:
                        found += self._transaction_item_targets(item)
                case "Entries", ast.List(elts=entries):
                    for entry in entries:
                        found += map(CallTarget, self._event_buses(entry))
                case "Statement", ast.Constant(value=str(text)):
                    verb = text.strip().partition(" ")[0].capitalize()
                    action = f"dynamodb:PartiQL{verb}"
                    is_known = action in actions_of("dynamodb", "ExecuteStatement")
                    found.append(CallTarget(None, action if is_known else ""))
        return found or [CallTarget(None)]

    def _transaction_item_targets(self, item: ast.expr) -> list[CallTarget]:
        match item:
            case ast.Dict(keys=[ast.Constant(value=str(kind))], values=[ast.Dict() as inner]):
                action = f"dynamodb:{kind}Item"
                is_write = action in actions_of("dynamodb", "TransactWriteItems")
                if is_write or kind == "Get":
                    tables = self._names_in_arguments(("TableName",), inner)
                    return [CallTarget(one, action if is_write else "") for one in tables]
        return [CallTarget(None)]

    def _event_buses(self, entry: ast.expr) -> list[TargetNames]:
        if not isinstance(entry, ast.Dict):
            return [None]
        if argument("EventBusName", entry) is None and not _may_have_more(entry):
            return [(TargetName("constant", "default"),)]
        return self._names_in_arguments(("EventBusName",), entry)


def argument(name: str, arguments: ArgumentNode, at: int | None = None) -> ast.expr | None:
    """The expression of an argument, by name or by position; None if it is not given."""
    if isinstance(arguments, ast.Dict):
        pairs = zip(arguments.keys, arguments.values, strict=True)
        for key, value in pairs:
            if isinstance(key, ast.Constant) and key.value == name:
                return value
        return None
    for one in arguments.keywords:
        if one.arg == name:
            return one.value
        if one.arg is None and isinstance(one.value, ast.Dict):
            found = argument(name, one.value)
            if found is not None:
                return found
    return positional(arguments, at) if at is not None else None


def _index_suffix(arguments: ArgumentNode | None) -> str:
    """What follows the ARN of a table for the index in ``IndexName``; "" for the table itself."""
    match argument("IndexName", arguments) if arguments is not None else None:
        case None:
            return ""
        case ast.Constant(value=str(name)):
            return f"/index/{name}"
    return "/index/*"


def _may_have_more(arguments: ArgumentNode) -> bool:
    """Whether unpacked arguments may add others."""
    if isinstance(arguments, ast.Dict):
        return any(not isinstance(key, ast.Constant) for key in arguments.keys)
    return any(isinstance(one, ast.Starred) for one in arguments.args) or any(
        one.arg is None and (not isinstance(one.value, ast.Dict) or _may_have_more(one.value))
        for one in arguments.keywords
    )


def _naming_parameters(service: str, operation: str) -> list[str]:
    """The parameters of an operation that name a resource, in order of precedence."""
    if not (names := service_of_client(service).name_parameters):
        return []
    described = model_data(service, "service-2")
    shape = described["operations"].get(operation, {}).get("input", {}).get("shape", "")
    members = described["shapes"].get(shape, {}).get("members", {})
    return [one for one in names if one in members]


def target_names(values: AbstractValues) -> TargetNames:
    """The names among values; None if one is unknown."""
    names = [one for one in values if one.kind != "none" and one != PENDING]
    if not names or any(one.kind not in NAME_KINDS for one in names):
        return None
    return tuple(sorted({_target_name(one) for one in names}, key=repr))


def _target_name(value: AbstractValue) -> TargetName:
    if value.kind == "segment":
        return _target_name(value.what)._replace(is_segment=True)
    if value.kind == "text":
        return TargetName("constant", value.what)
    default = None if value.of is None else value.of.what if value.of.kind == "text" else UNKNOWN
    return TargetName("variable", value.what, default)
