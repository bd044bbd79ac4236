"""Which resource is a call about, as its arguments or its object say?

The parameters are those of AWS's APIs, as botocore spells them.
https://docs.aws.amazon.com/boto3/latest/reference/services/
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from planproof.aws.api_actions import model_data
from planproof.aws.sdk_calls.abstract_values import (
    NAMES,
    PENDING,
    Atom,
    Atoms,
)
from planproof.aws.sdk_calls.calls import About
from planproof.aws.sdk_calls.contexts import Contexts
from planproof.aws.sdk_calls.flow import Flow
from planproof.aws.sdk_calls.scopes import Scope
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

_OTHER_ARGUMENTS = {
    "BatchGetItem": "RequestItems",
    "BatchWriteItem": "RequestItems",
    "ExecuteStatement": "Statement",
    "PutEvents": "Entries",
    "TransactGetItems": "TransactItems",
    "TransactWriteItems": "TransactItems",
}

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
_OF_INDEXES = ("Query", "Scan")
"""Operations on a table or on one of its indexes, which has an ARN of its own.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/using-identity-based-policies.html
"""


class Aspect(NamedTuple):
    """What one call does of what its operation may do.

    Attributes:
        only: the action; "" for all of them.
        about: see :class:`~planproof.aws.sdk_calls.calls.Call`.
        within: likewise.
    """

    only: str
    about: Told
    within: str = ""


class Abouts:
    """Says of calls what they are about."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._contexts = Contexts(flow)

    def of(
        self,
        service: str,
        operation: str,
        method: str,
        given: Collection[Given],
        owners: Atoms,
        scope: Scope,
    ) -> list[Aspect]:
        """What a call of an operation is about: each of these, whatever it may be.

        Args:
            method: of the object of boto3; "" where the operation is called by its own name.
            given: where the arguments are; empty if that is not known.
            owners: what names the resource that the object itself is; empty for a client.
        """
        if service != "dynamodb" or operation not in _OF_INDEXES:
            return self._of(service, operation, method, given, owners, scope)
        return [
            aspect._replace(within=_index(one))
            for one in given or (None,)
            for aspect in self._of(
                service, operation, method, () if one is None else (one,), owners, scope
            )
        ]

    def _of(
        self,
        service: str,
        operation: str,
        method: str,
        given: Collection[Given],
        owners: Atoms,
        scope: Scope,
    ) -> list[Aspect]:
        names = _naming(service, operation)
        is_otherwise = operation in _OTHERWISE.get(service, ())
        if service == "s3" and (operation in _COPYING or method == "copy"):
            return [
                aspect
                for one in given or (None,)
                for aspect in self._copied(operation, method, one, owners, scope)
            ]
        if not names and not is_otherwise:
            return [Aspect("", ())]
        if owners:
            return [Aspect("", told(owners))]
        if not given:
            return [Aspect("", None)]
        return [
            aspect
            for one in given
            for aspect in (
                self._otherwise(operation, one, scope)
                if is_otherwise
                else self._argued(names, one, scope, _BUCKET_AT.get(method))
            )
        ]

    def _argued(
        self, names: Iterable[str], given: Given, scope: Scope, at: int | None = None
    ) -> list[Aspect]:
        return [Aspect("", one) for one in self._arguments(names, given, scope, at)]

    def _arguments(
        self, names: Iterable[str], given: Given, scope: Scope, at: int | None = None
    ) -> list[Told]:
        """What the one argument that is there names."""
        for name in names:
            if (found := argument(name, given, at)) is not None:
                return self._values(found, scope)
        if _is_open(given):
            return [None]
        # A message to a phone needs no topic.
        return [() if argument("PhoneNumber", given) is not None else None]

    def _values(self, node: ast.expr, scope: Scope) -> list[Told]:
        """What an expression names, call by call."""
        if isinstance(node, ast.List | ast.Tuple) and node.elts:
            return [one for part in node.elts for one in self._values(part, scope)]
        return [told(one) for one in self._contexts.values(node, scope)]

    # What is copied ----------------------------------------------------------------------------

    def _copied(
        self, operation: str, method: str, given: Given | None, owners: Atoms, scope: Scope
    ) -> Iterator[Aspect]:
        """From where, and to where."""
        is_managed = method == "copy"
        sources: list[Told] = [None]
        targets = [told(owners)] if owners else sources
        if given is not None:
            found = argument("CopySource", given, 0 if is_managed else None)
            if isinstance(found, ast.Dict):
                sources = self._arguments(("Bucket",), found, scope)
            elif found is not None:
                sources = self._values(found, scope)
            if not owners:
                targets = self._arguments(("Bucket",), given, scope, 1 if is_managed else None)
        if operation in _COPYING:
            yield from (Aspect("s3:GetObject", one) for one in sources)
            yield from (Aspect("s3:PutObject", one) for one in targets)
        else:
            yield from (Aspect("", x) for x in (sources if operation == "HeadObject" else targets))

    # What is named in another way --------------------------------------------------------------

    def _otherwise(self, operation: str, given: Given, scope: Scope) -> list[Aspect]:
        found: list[Aspect] = []
        match operation, argument(_OTHER_ARGUMENTS.get(operation, ""), given):
            case "BatchGetItem" | "BatchWriteItem", ast.Dict(keys=keys):
                for key in keys:
                    values = [None] if key is None else self._values(key, scope)
                    found += [Aspect("", one) for one in values]
            case "TransactGetItems" | "TransactWriteItems", ast.List(elts=items):
                for item in items:
                    found += self._transacted(item, scope)
            case "PutEvents", ast.List(elts=entries):
                for entry in entries:
                    found += self._sent(entry, scope)
            case "ExecuteStatement", ast.Constant(value=str(text)):
                found = [Aspect(_PARTIQL.get(text.strip().partition(" ")[0].lower(), ""), None)]
        return found or [Aspect("", None)]

    def _transacted(self, item: ast.expr, scope: Scope) -> list[Aspect]:
        match item:
            case ast.Dict(keys=[ast.Constant(value=str(kind))], values=[ast.Dict() as inner]):
                if kind in _TRANSACTED:
                    tables = self._arguments(("TableName",), inner, scope)
                    return [Aspect(_TRANSACTED[kind], one) for one in tables]
        return [Aspect("", None)]

    def _sent(self, entry: ast.expr, scope: Scope) -> list[Aspect]:
        if not isinstance(entry, ast.Dict):
            return [Aspect("", None)]
        if argument("EventBusName", entry) is None and not _is_open(entry):
            return [Aspect("", (About("constant", "default"),))]
        return self._argued(("EventBusName",), entry, scope)


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


def _index(given: Given | None) -> str:
    """The index that is asked, as the ARN of its table goes on; "" for the table itself."""
    found = argument("IndexName", given) if given is not None else None
    if found is None:
        return ""
    known = isinstance(found, ast.Constant) and isinstance(found.value, str)
    return f"/index/{found.value}" if known else "/index/*"  # type: ignore[attr-defined]


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
