"""Permissions of calls of DynamoDB.

Sources: DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control",
"Using identity-based policies with Amazon DynamoDB", "IAM security policies with PartiQL for
DynamoDB"; "DynamoDB encryption at rest: Usage notes".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from planproof.aws.authorization import ContextKeys
from planproof.emulation.account.decisions.checks import CheckedCall, PermissionCheck
from planproof.emulation.account.decisions.kms_checks import key_use_checks
from planproof.iam.context import ContextValue
from planproof.values import UNKNOWN, Unknown

_DATA: Final = frozenset(
    (
        "BatchExecuteStatement",
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "ExecuteStatement",
        "ExecuteTransaction",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    )
)
"""Operations that need kms:Decrypt on the key of an encrypted table."""
_PARTIQL: Final = re.compile(
    r"""\s*(?P<verb>SELECT|INSERT|UPDATE|DELETE)\b.*?
        (?:\bFROM\s+|\bINTO\s+|(?<=UPDATE)\s+)
        (?P<table>"[^"]+"|[\w.-]+)(?:\s*\.\s*(?P<index>"[^"]+"|[\w-]+))?""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_EXPRESSIONS: Final = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
_LEGACY: Final = ("AttributesToGet", "AttributeUpdates", "Expected", "QueryFilter", "ScanFilter")
_NAME: Final = re.compile(r"(?<![\w.:#])(#?[A-Za-z_]\w*)")
_RESERVED: Final = frozenset(
    (
        "add",
        "and",
        "attribute_exists",
        "attribute_not_exists",
        "attribute_type",
        "begins_with",
        "between",
        "contains",
        "delete",
        "if_not_exists",
        "in",
        "list_append",
        "not",
        "or",
        "remove",
        "set",
        "size",
    )
)


def checks(call: CheckedCall) -> Iterator[PermissionCheck]:
    """Permissions on each table or index, and on the key of each table."""
    checked = [*_table_checks(call)]
    yield from checked
    if call.operation in _DATA:
        tables = dict.fromkeys(
            check.resource for check in checked if isinstance(check.resource, str)
        )
        for table in dict.fromkeys(arn.split("/index/")[0] for arn in tables):
            yield from _key_checks(call, table)


def _table_checks(call: CheckedCall) -> Iterator[PermissionCheck]:
    parameters, operation = call.parameters, call.operation
    if operation in ("BatchGetItem", "BatchWriteItem"):
        for table, content in (parameters.get("RequestItems") or {}).items():
            yield from call.each(_arn(call, table), _of_batch(call, table, content))
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        for item in parameters.get("TransactItems") or ():
            for verb, content in item.items():
                action = "ConditionCheckItem" if verb == "ConditionCheck" else f"{verb}Item"
                keys = {**_of_item(call, content), "dynamodb:EnclosingOperation": operation}
                arn = _arn(call, content.get("TableName", ""))
                yield PermissionCheck(f"dynamodb:{action}", arn, keys)
    elif operation in ("BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"):
        several = parameters.get("Statements") or parameters.get("TransactStatements")
        for statement in several or (parameters,):
            yield _of_statement(call, str(statement.get("Statement", "")))
    elif table := call.text("TableName"):
        arn = _arn(call, table)
        index = call.text("IndexName")
        keys = _of_item(call, parameters)
        yield from call.each(f"{arn}/index/{index}" if index else arn, keys)
    elif operation == "GetRecords" and ":dynamodb:" in call.text("ShardIterator"):
        yield from call.each(call.text("ShardIterator").split("|")[0])
    elif arn := call.text("StreamArn", "ResourceArn", "TableArn", "BackupArn", "ExportArn"):
        yield from call.each(arn)
    else:
        from planproof.emulation.account.decisions.reference_checks import checks_by_reference

        yield from checks_by_reference(call)


def _arn(call: CheckedCall, table: str) -> str:
    return table if table.startswith("arn:") else call.arn("dynamodb", f"table/{table}")


def _table(call: CheckedCall, name: str) -> Any:
    region = name.split(":")[3] if name.startswith("arn:") else call.api_call.region
    backend = call.state.backend("dynamodb", region)
    return backend.tables.get(name.rpartition(":table/")[2].split("/")[0]) if backend else None


def _key_checks(call: CheckedCall, arn: str) -> Iterator[PermissionCheck]:
    table = _table(call, arn)
    sse = getattr(table, "sse_specification", None) or {}
    if not sse.get("Enabled"):
        return
    context = {
        "aws:dynamodb:tableName": str(table.name),
        "aws:dynamodb:subscriberId": call.state.account_id,
    }
    name = str(sse.get("KMSMasterKeyId") or "alias/aws/dynamodb")
    yield from key_use_checks(call, "dynamodb", name, ("kms:Decrypt",), context)


# Condition keys --------------------------------------------------------------------------------


def _of_item(call: CheckedCall, content: Mapping[str, Any]) -> dict[str, ContextValue | None]:
    """Condition keys of an operation on items."""
    keys: dict[str, ContextValue | None] = {
        f"dynamodb:{name}": str(content[name]) if content.get(name) else None
        for name in ("ReturnConsumedCapacity", "ReturnValues", "Select")
    }
    keys["dynamodb:EnclosingOperation"] = None
    leading = _leading(call, str(content.get("TableName", "")), _items(content))
    keys["dynamodb:LeadingKeys"] = leading
    keys["dynamodb:Attributes"] = _attributes(content)
    keys["dynamodb:FullTableScan"] = call.operation == "Scan"
    return keys


def _of_batch(call: CheckedCall, table: str, content: Any) -> ContextKeys:
    if isinstance(content, Mapping):  # BatchGetItem
        items = list(content.get("ContextKeys") or ())
        attributes = _attributes({**content, "Key": {k: 0 for item in items for k in item}})
    else:
        requests = [*(one for put in content or () for one in put.values())]
        items = [item for one in requests for item in _items(one)]
        attributes = sorted({name for item in items for name in item})
    leading = _leading(call, table, items)
    return {
        "dynamodb:LeadingKeys": leading,
        "dynamodb:Attributes": attributes,
        "dynamodb:EnclosingOperation": None,
    }


def _items(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [content[name] for name in ("Item", "Key") if isinstance(content.get(name), Mapping)]


def _leading(
    call: CheckedCall, name: str, items: Iterable[Mapping[str, Any]]
) -> list[str] | Unknown | None:
    """The partition keys; UNKNOWN for a query, a missing table or an invalid key."""
    items = list(items)
    if not items:
        return UNKNOWN if call.operation == "Query" else None
    table = _table(call, name)
    if table is None:
        return UNKNOWN
    values = [item.get(table.hash_key_attr) for item in items]
    if not all(isinstance(value, Mapping) and len(value) == 1 for value in values):
        return UNKNOWN
    return [str(one) for value in values if value is not None for one in value.values()]


def _attributes(content: Mapping[str, Any]) -> list[str] | Unknown | None:
    """The top-level attributes that an operation names; UNKNOWN with legacy parameters."""
    if any(content.get(name) for name in _LEGACY):
        return UNKNOWN
    names = content.get("ExpressionAttributeNames") or {}
    found = {name for item in _items(content) for name in item}
    for expression in (content.get(one) for one in _EXPRESSIONS):
        for word in _NAME.findall(expression or ""):
            if word.lower() not in _RESERVED:
                found.add(str(names.get(word, word)))
    return sorted(found) or None


def _of_statement(call: CheckedCall, statement: str) -> PermissionCheck:
    match = _PARTIQL.match(statement)
    if match is None:
        reason = f"cannot tell which table the statement {statement!r} is about"
        return call.unknown("dynamodb:PartiQLSelect", reason)
    arn = _arn(call, match["table"].strip('"'))
    if match["index"]:
        arn = f"{arn}/index/{match['index'].strip(chr(34))}"
    return PermissionCheck(f"dynamodb:PartiQL{match['verb'].capitalize()}", arn)
