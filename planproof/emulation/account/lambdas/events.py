"""The event that Lambda makes of messages, and what it reads from a function's answer to it.

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
        message: as ReceiveMessage answers it, with all attributes.
        queue: its ARN.
    """
    made = {
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
        made["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return made


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
    if "BinaryValue" in value:
        made["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    else:
        made["stringValue"] = value.get("StringValue")
    return made


def again(delivered: Mapping[str, Any]) -> dict[str, Any]:
    """The record of the same message as a queue delivers it once more."""
    attributes = dict(delivered["attributes"])
    count = int(attributes.get("ApproximateReceiveCount", 1)) + 1
    return {**delivered, "attributes": {**attributes, "ApproximateReceiveCount": str(count)}}


def failed_items(payload: str, records: Sequence[Mapping[str, Any]]) -> tuple[set[str], str]:
    """Message ids that the answer of a function with ReportBatchItemFailures names as failed.

    Args:
        payload: the answer, JSON.

    Returns:
        the ids, and why the answer is not valid, so that all of them failed, or "".
    """
    everything = {str(r["messageId"]) for r in records}
    answer = json.loads(payload)
    if answer is None:
        return set(), ""
    if not isinstance(answer, dict):
        return everything, f"the answer is a {type(answer).__name__}, not an object"
    failures = answer.get("batchItemFailures")
    if failures is None:
        return set(), ""
    if not isinstance(failures, list):
        return everything, "batchItemFailures is not a list"
    named: set[str] = set()
    for failure in failures:
        id = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not isinstance(id, str) or not id:
            return everything, f"{failure!r} in batchItemFailures has no itemIdentifier"
        if id not in everything:
            return everything, f"the itemIdentifier {id!r} is none of the batch"
        named.add(id)
    return named, ""
