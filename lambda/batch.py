"""One batch of SQS messages, in which each message succeeds or fails alone.

The event source mappings ask for ReportBatchItemFailures: SQS deletes what is not named in the
answer and delivers the rest again.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import logs
from errors import MessageError, TransientError

# A message is not begun with less time than this left, in milliseconds: a function that is cut
# off in the middle leaves every message of its batch in doubt.
TIME_FOR_ONE_MESSAGE = 40_000


def process(
    records: list[dict[str, Any]],
    work: Callable[[dict[str, Any]], None],
    milliseconds_left: Callable[[], int],
) -> dict[str, list[dict[str, str]]]:
    """Give the body of every message to `work`, and name those that failed.

    Args:
        records: `Records` of the event that Lambda made from an SQS batch.
        work: takes the decoded body; any exception it raises is that message's failure.
        milliseconds_left: says how long the invocation may still run.

    Returns:
        The partial batch response: {"batchItemFailures": [{"itemIdentifier": messageId}, ...]}.
    """
    failures: list[dict[str, str]] = []
    for position, record in enumerate(records):
        message_id = record["messageId"]
        with logs.context(message_id=message_id, receive_count=_receive_count(record)):
            try:
                # The first one is always tried, whatever the timeout: a batch must move on.
                if position and milliseconds_left() < TIME_FOR_ONE_MESSAGE:
                    raise TransientError("too little time is left in this invocation")
                work(_decoded(record))
            except TransientError as problem:
                logs.warning("message will be retried", reason=str(problem))
            except MessageError as problem:
                logs.error("message refused", reason=str(problem))
            except Exception as problem:
                logs.error("message failed", reason=repr(problem), exc_info=True)
            else:
                continue
            failures.append({"itemIdentifier": message_id})
    return {"batchItemFailures": failures}


def _decoded(record: dict[str, Any]) -> dict[str, Any]:
    try:
        body = json.loads(record["body"])
    except (KeyError, TypeError, ValueError) as problem:
        raise MessageError(f"the body of the message is not JSON: {problem}") from problem
    if not isinstance(body, dict):
        raise MessageError(f"the body of the message is a {type(body).__name__}, not a JSON object")
    return body


def _receive_count(record: dict[str, Any]) -> int:
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
