"""Which resource is a call about, as its arguments or its object say?

The parameters are those of AWS's APIs, as botocore spells them.
https://docs.aws.amazon.com/boto3/latest/reference/services/
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from planproof.api_actions import model_data
from planproof.function_calls.atoms import (
    NAMES,
    NOBODY_KNOWS,
    NONE,
    PENDING,
    Atom,
    Atoms,
    union,
)
from planproof.function_calls.calls import About
from planproof.function_calls.flow import Flow
from planproof.function_calls.scopes import Scope
from planproof.values import UNKNOWN

Told = tuple[About, ...] | None
Given = ast.Call | ast.Dict
"""Where arguments are: a call, or a dictionary of them."""

_NAMING = {
    "dynamodb": ("TableName",),
    "events": ("EventBusName",),
    "kms": ("KeyId",),
    "lambda": ("FunctionName",),
    "logs": ("logGroupName",),
    "s3": ("Bucket",),
    "secretsmanager": ("SecretId",),
    "sns": ("TopicArn", "TargetArn"),
    "sqs": ("QueueUrl", "QueueName"),
    "ssm": ("Name", "Names"),
    "stepfunctions": ("stateMachineArn",),
}
"""Parameters that name a resource, by service."""

_PARTIQL_OPERATIONS = ("BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction")
_OTHERWISE = {
    "dynamodb": (
        *(*_PARTIQL_OPERATIONS, "BatchGetItem", "BatchWriteItem"),
        *("TransactGetItems", "TransactWriteItems"),
    ),
    "events": ("PutEvents",),
    "kms": ("ReEncrypt",),
    "secretsmanager": ("BatchGetSecretValue",),
    "sqs": ("StartMessageMoveTask",),
    "ssm": ("GetParametersByPath",),
}
"""Operations that name it in another way."""

_TRANSACTED = {
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Get": "",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}
_PARTIQL = {
    "delete": "dynamodb:PartiQLDelete",
    "insert": "dynamodb:PartiQLInsert",
    "select": "dynamodb:PartiQLSelect",
    "update": "dynamodb:PartiQLUpdate",
}

_BUCKET_AT = {
    "copy": 1,
    "download_file": 0,
    "download_fileobj": 0,
    "generate_presigned_post": 0,
    "upload_file": 1,
    "upload_fileobj": 1,
}
"""Methods that boto3 adds to the client of S3, and where among the arguments the bucket is.
https://docs.aws.amazon.com/boto3/latest/guide/s3-uploading-files.html
"""

_COPYING = ("CopyObject", "UploadPartCopy")


class Aspect(NamedTuple):
    """What one call does of what its operation may do.

    Attributes:
        only: the action; "" for all of them.
        about: see :class:`~planproof.function_calls.calls.Call`.
    """

    only: str
    about: Told


class Abouts:
    """Says of calls what they are about."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def of(
        self,
        service: str,
        operation: str,
        method: str,
        given: Collection[Given],
        owners: Atoms,
        scope: Scope,
    ) -> list[Aspect]:
        """What a call of an operation is about; once for each action where those differ.

        Args:
            method: of the object of boto3; "" where the operation is called by its own name.
            given: where the arguments are; empty if that is not known.
            owners: what names the resource that the object itself is; empty for a client.
        """
        if service == "s3" and (operation in _COPYING or method == "copy"):
            return self._copied(operation, method, given, owners, scope)
        if owners:
            return [Aspect("", self._owned(service, operation, owners))]
        if service == "s3" and method in _BUCKET_AT:
            return [Aspect("", self._bucket(method, given, scope))]
        if operation in _OTHERWISE.get(service, ()):
            found = [part for one in given for part in self._otherwise(operation, one, scope)]
            return found or [Aspect("", None)]
        names = _naming(service, operation)
        if not names:
            return [Aspect("", ())]
        if not given:
            return [Aspect("", None)]
        return [Aspect("", joined(self._argument(names, one, scope) for one in given))]

    def _owned(self, service: str, operation: str, owners: Atoms) -> Told:
        if operation in _OTHERWISE.get(service, ()) or _naming(service, operation):
            return told(owners)
        return ()

    def _bucket(self, method: str, given: Collection[Given], scope: Scope) -> Told:
        values = [self._value("Bucket", one, scope, _BUCKET_AT[method]) for one in given]
        return joined(map(told, values)) if values else None

    def _argument(self, names: Iterable[str], given: Given, scope: Scope) -> Told:
        values = [self._value(name, given, scope) for name in names]
        if found := union(values):
            return told(frozenset(one.what if one.kind == "box" else one for one in found))
        # A message to a phone needs no topic.
        return () if self._value("PhoneNumber", given, scope) else None

    def _value(self, name: str, given: Given, scope: Scope, at: int | None = None) -> Atoms:
        """What an argument may be; nothing if it is not there."""
        found = argument(name, given, at)
        if found is None:
            return frozenset({NOBODY_KNOWS}) if _is_open(given) else NONE
        return self._flow.value(found, scope)

    # What is copied ----------------------------------------------------------------------------

    def _copied(
        self,
        operation: str,
        method: str,
        given: Collection[Given],
        owners: Atoms,
        scope: Scope,
    ) -> list[Aspect]:
        """From where, and to where."""
        is_managed = method == "copy"
        source = joined(self._source(one, is_managed, scope) for one in given) if given else None
        if owners:
            target = told(owners)
        elif is_managed:
            target = self._bucket(method, given, scope)
        else:
            target = joined(self._argument(("Bucket",), one, scope) for one in given)
            target = target if given else None
        if operation == "HeadObject":
            return [Aspect("", source)]
        if operation in _COPYING:
            return [Aspect("s3:GetObject", source), Aspect("s3:PutObject", target)]
        return [Aspect("", target)]

    def _source(self, given: Given, is_managed: bool, scope: Scope) -> Told:
        found = argument("CopySource", given, 0 if is_managed else None)
        if isinstance(found, ast.Dict):
            return self._argument(("Bucket",), found, scope)
        return told(self._flow.value(found, scope)) if found is not None else None

    # What is named in another way --------------------------------------------------------------

    def _otherwise(self, operation: str, given: Given, scope: Scope) -> Iterator[Aspect]:
        match operation:
            case "BatchGetItem" | "BatchWriteItem":
                yield Aspect("", self._keys(argument("RequestItems", given), scope))
            case "TransactGetItems" | "TransactWriteItems":
                yield from self._transacted(argument("TransactItems", given), scope)
            case "PutEvents":
                yield Aspect("", self._buses(argument("Entries", given), scope))
            case "ExecuteStatement":
                values = self._value("Statement", given, scope)
                verbs = {_verb(one) for one in values}
                only = verbs.pop() if len(verbs) == 1 else ""
                yield Aspect(only, None)
            case _:
                yield Aspect("", None)

    def _keys(self, items: ast.expr | None, scope: Scope) -> Told:
        if not isinstance(items, ast.Dict) or not items.keys:
            return None
        return joined(
            told(self._flow.value(one, scope)) if one is not None else None for one in items.keys
        )

    def _transacted(self, items: ast.expr | None, scope: Scope) -> list[Aspect]:
        found = []
        for one in items.elts if isinstance(items, ast.List | ast.Tuple) else ():
            match one:
                case ast.Dict(keys=[ast.Constant(value=str(kind))], values=[ast.Dict() as inner]):
                    if kind in _TRANSACTED:
                        about = self._argument(("TableName",), inner, scope)
                        found.append(Aspect(_TRANSACTED[kind], about))
                        continue
            return [Aspect("", None)]
        return found or [Aspect("", None)]

    def _buses(self, entries: ast.expr | None, scope: Scope) -> Told:
        if not isinstance(entries, ast.List | ast.Tuple) or not entries.elts:
            return None
        return joined(
            self._bus(one, scope) if isinstance(one, ast.Dict) else None for one in entries.elts
        )

    def _bus(self, entry: ast.Dict, scope: Scope) -> Told:
        found = self._value("EventBusName", entry, scope)
        return told(found) if found else (About("constant", "default"),)


def argument(name: str, given: Given, at: int | None = None) -> ast.expr | None:
    """The expression that an argument is given as."""
    if isinstance(given, ast.Dict):
        pairs = zip(given.keys, given.values, strict=True)
        for key, value in pairs:
            if isinstance(key, ast.Constant) and key.value == name:
                return value
        return None
    for one in given.keywords:
        if one.arg == name:
            return one.value
        if one.arg is None and isinstance(one.value, ast.Dict):
            found = argument(name, one.value)
            if found is not None:
                return found
    fixed = [*given.args]
    if at is None or at >= len(fixed) or any(isinstance(x, ast.Starred) for x in fixed[: at + 1]):
        return None
    return fixed[at]


def _is_open(given: Given) -> bool:
    """Whether there may be arguments that are not written there."""
    if isinstance(given, ast.Dict):
        return any(not isinstance(key, ast.Constant) for key in given.keys)
    return any(isinstance(one, ast.Starred) for one in given.args) or any(
        one.arg is None and (not isinstance(one.value, ast.Dict) or _is_open(one.value))
        for one in given.keywords
    )


def _naming(service: str, operation: str) -> list[str]:
    """The parameters of an operation that name a resource."""
    if service not in _NAMING:
        return []
    described = model_data(service, "service-2")
    shape = described["operations"].get(operation, {}).get("input", {}).get("shape", "")
    members = described["shapes"].get(shape, {}).get("members", {})
    return [one for one in _NAMING[service] if one in members]


def _verb(atom: Atom) -> str:
    words = str(atom.what).split() if atom.kind == "text" else []
    return _PARTIQL.get(words[0].lower(), "") if words else ""


def joined(many: Iterable[Told]) -> Told:
    """What any of several is about; None if one of them cannot be told."""
    found: set[About] = set()
    for one in many:
        if one is None:
            return None
        found.update(one)
    return tuple(sorted(found, key=repr))


def told(atoms: Atoms) -> Told:
    """The names that a value may be."""
    kept = [one for one in atoms if one.kind != "absent" and one != PENDING]
    if not kept or any(one.kind not in NAMES for one in kept):
        return None
    return tuple(sorted({_about(one) for one in kept}, key=repr))


def _about(atom: Atom) -> About:
    if atom.kind == "segment":
        return _about(atom.what)._replace(is_segment=True)
    if atom.kind == "text":
        return About("constant", atom.what)
    default = None if atom.of is None else atom.of.what if atom.of.kind == "text" else UNKNOWN
    return About("variable", atom.what, default)
