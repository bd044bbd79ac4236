"""What a call of DynamoDB asks of IAM.

Sources: DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control",
"Using identity-based policies with Amazon DynamoDB", "IAM security policies with PartiQL for
DynamoDB"; "DynamoDB encryption at rest: Usage notes".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from planproof.emulation.account.decisions.asks import Ask, Asking, Keys
from planproof.emulation.account.decisions.keys_used import key_asks
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
"""Operations for which DynamoDB decrypts the key of an encrypted table."""
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
_OLD_WAYS: Final = ("AttributesToGet", "AttributeUpdates", "Expected", "QueryFilter", "ScanFilter")
_NAME: Final = re.compile(r"(?<![\w.:#])(#?[A-Za-z_]\w*)")
_WORDS: Final = frozenset(
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


def asked(asking: Asking) -> Iterator[Ask]:
    """Each action on each table or index, and the use of each table's key."""
    found = [*_asks(asking)]
    yield from found
    if asking.operation in _DATA:
        tables = dict.fromkeys(one.resource for one in found if isinstance(one.resource, str))
        for table in dict.fromkeys(arn.split("/index/")[0] for arn in tables):
            yield from _key(asking, table)


def _asks(asking: Asking) -> Iterator[Ask]:
    parameters, operation = asking.parameters, asking.operation
    if operation in ("BatchGetItem", "BatchWriteItem"):
        for table, content in (parameters.get("RequestItems") or {}).items():
            yield from asking.each(_arn(asking, table), _of_batch(asking, table, content))
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        for item in parameters.get("TransactItems") or ():
            for verb, content in item.items():
                action = "ConditionCheckItem" if verb == "ConditionCheck" else f"{verb}Item"
                keys = {**_of_item(asking, content), "dynamodb:EnclosingOperation": operation}
                arn = _arn(asking, content.get("TableName", ""))
                yield Ask(f"dynamodb:{action}", arn, keys)
    elif operation in ("BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"):
        several = parameters.get("Statements") or parameters.get("TransactStatements")
        for statement in several or (parameters,):
            yield _of_statement(asking, str(statement.get("Statement", "")))
    elif table := asking.text("TableName"):
        arn = _arn(asking, table)
        index = asking.text("IndexName")
        keys = _of_item(asking, parameters)
        yield from asking.each(f"{arn}/index/{index}" if index else arn, keys)
    elif operation == "GetRecords" and ":dynamodb:" in asking.text("ShardIterator"):
        yield from asking.each(asking.text("ShardIterator").split("|")[0])
    elif arn := asking.text("StreamArn", "ResourceArn", "TableArn", "BackupArn", "ExportArn"):
        yield from asking.each(arn)
    else:
        from planproof.emulation.account.decisions.called_otherwise import asked as by_reference

        yield from by_reference(asking)


def _arn(asking: Asking, table: str) -> str:
    return table if table.startswith("arn:") else asking.arn("dynamodb", f"table/{table}")


def _table(asking: Asking, name: str) -> Any:
    region = name.split(":")[3] if name.startswith("arn:") else asking.call.region
    backend = asking.standing.backend("dynamodb", region)
    return backend.tables.get(name.rpartition(":table/")[2].split("/")[0]) if backend else None


def _key(asking: Asking, arn: str) -> Iterator[Ask]:
    table = _table(asking, arn)
    sse = getattr(table, "sse_specification", None) or {}
    if not sse.get("Enabled"):
        return
    context = {
        "aws:dynamodb:tableName": str(table.name),
        "aws:dynamodb:subscriberId": asking.standing.account_id,
    }
    name = str(sse.get("KMSMasterKeyId") or "alias/aws/dynamodb")
    yield from key_asks(asking, "dynamodb", name, ("kms:Decrypt",), context)


# Context keys --------------------------------------------------------------------------------


def _of_item(asking: Asking, content: Mapping[str, Any]) -> dict[str, ContextValue | None]:
    """What an operation on items says of them."""
    found: dict[str, ContextValue | None] = {
        f"dynamodb:{name}": str(content[name]) if content.get(name) else None
        for name in ("ReturnConsumedCapacity", "ReturnValues", "Select")
    }
    found["dynamodb:EnclosingOperation"] = None
    leading = _leading(asking, str(content.get("TableName", "")), _items(content))
    found["dynamodb:LeadingKeys"] = leading
    found["dynamodb:Attributes"] = _attributes(content)
    found["dynamodb:FullTableScan"] = asking.operation == "Scan"
    return found


def _of_batch(asking: Asking, table: str, content: Any) -> Keys:
    if isinstance(content, Mapping):  # BatchGetItem
        items = list(content.get("Keys") or ())
        attributes = _attributes({**content, "Key": {k: 0 for item in items for k in item}})
    else:
        requests = [*(one for put in content or () for one in put.values())]
        items = [item for one in requests for item in _items(one)]
        attributes = sorted({name for item in items for name in item})
    leading = _leading(asking, table, items)
    return {
        "dynamodb:LeadingKeys": leading,
        "dynamodb:Attributes": attributes,
        "dynamodb:EnclosingOperation": None,
    }


def _items(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [content[name] for name in ("Item", "Key") if isinstance(content.get(name), Mapping)]


def _leading(
    asking: Asking, name: str, items: Iterable[Mapping[str, Any]]
) -> list[str] | Unknown | None:
    """The partition keys; UNKNOWN where the table, or a query's expression, does not tell."""
    items = list(items)
    if not items:
        return UNKNOWN if asking.operation == "Query" else None
    table = _table(asking, name)
    if table is None:
        return UNKNOWN
    values = [item.get(table.hash_key_attr) for item in items]
    if not all(isinstance(value, Mapping) and len(value) == 1 for value in values):
        return UNKNOWN
    return [str(one) for value in values if value is not None for one in value.values()]


def _attributes(content: Mapping[str, Any]) -> list[str] | Unknown | None:
    """The top-level attributes that an operation names; UNKNOWN where it uses old parameters."""
    if any(content.get(name) for name in _OLD_WAYS):
        return UNKNOWN
    names = content.get("ExpressionAttributeNames") or {}
    found = {name for item in _items(content) for name in item}
    for expression in (content.get(one) for one in _EXPRESSIONS):
        for word in _NAME.findall(expression or ""):
            if word.lower() not in _WORDS:
                found.add(str(names.get(word, word)))
    return sorted(found) or None


def _of_statement(asking: Asking, statement: str) -> Ask:
    match = _PARTIQL.match(statement)
    if match is None:
        why = f"which table the statement {statement!r} is about cannot be told"
        return asking.unknown("dynamodb:PartiQLSelect", why)
    arn = _arn(asking, match["table"].strip('"'))
    if match["index"]:
        arn = f"{arn}/index/{match['index'].strip(chr(34))}"
    return Ask(f"dynamodb:PartiQL{match['verb'].capitalize()}", arn)
