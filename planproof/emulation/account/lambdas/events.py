"""The event that Lambda sends for messages, and the batch item failures in the response.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any


def record(message: Mapping[str, Any], queue: str) -> dict[str, Any]:
    """One record of an event.

    Args:
        message: from ReceiveMessage, with all attributes.
        queue: ARN.
    """
    result = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes") or {}),
        "messageAttributes": {
            name: _attribute(value)
            for name, value in (message.get("MessageAttributes") or {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue,
        "awsRegion": queue.split(":")[3],
    }
    if "MD5OfMessageAttributes" in message:
        result["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return result


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
    if "BinaryValue" in value:
        result["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    else:
        result["stringValue"] = value.get("StringValue")
    return result


def redelivered(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a message when it is delivered again."""
    attributes = dict(record["attributes"])
    count = int(attributes.get("ApproximateReceiveCount", 1)) + 1
    return {**record, "attributes": {**attributes, "ApproximateReceiveCount": str(count)}}


def failed_items(payload: str, records: Sequence[Mapping[str, Any]]) -> tuple[set[str], str]:
    """The ids of failed messages, by the response of a function with ReportBatchItemFailures.

    Args:
        payload: the response, JSON.

    Returns:
        the ids, and why the response is invalid, in which case all messages failed, or "".
    """
    all_ids = {str(r["messageId"]) for r in records}
    response = json.loads(payload)
    if response is None:
        return set(), ""
    if not isinstance(response, dict):
        return all_ids, f"the response is a {type(response).__name__}, not an object"
    failures = response.get("batchItemFailures")
    if failures is None:
        return set(), ""
    if not isinstance(failures, list):
        return all_ids, "batchItemFailures is not a list"
    named: set[str] = set()
    for failure in failures:
        id = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not isinstance(id, str) or not id:
            return all_ids, f"{failure!r} in batchItemFailures has no itemIdentifier"
        if id not in all_ids:
            return all_ids, f"the itemIdentifier {id!r} is not in the batch"
        named.add(id)
    return named, ""
