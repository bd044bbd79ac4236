"""Batches of messages: partial failures, redelivery and deletion."""

from __future__ import annotations

import json
import time

import pytest

from tests.emulation.account.lambdas.conftest import LambdaTestbed

PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
ECHO = """
    import json
    def handler(event, context):
        print(json.dumps(event))
"""
NAMES_BAD = """
    def handler(event, context):
        bad = [r["messageId"] for r in event["Records"] if r["body"] == "bad"]
        print(f"{len(bad)} of {len(event['Records'])} are bad")
        return {"batchItemFailures": [{"itemIdentifier": id} for id in bad]}
"""
BAD_IS_RAISED = """
    def handler(event, context):
        if any(r["body"] == "bad" for r in event["Records"]):
            raise ValueError("a bad one")
"""


def logged(testbed: LambdaTestbed) -> list[str]:
    logs = testbed.account.client("logs", "us-east-1")
    return [
        event["message"]
        for event in logs.filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    ]


def test_event_has_lambdas_format(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    testbed.mapping(queue, testbed.function(ECHO))
    sent = testbed.sqs.send_message(
        QueueUrl=queue,
        MessageBody="Grüße",
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "x"},
            "data": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
    )
    testbed.settle()
    (line,) = [line for line in logged(testbed) if line.startswith("{")]
    (record,) = json.loads(line)["Records"]
    assert record.pop("receiptHandle")
    assert record.pop("md5OfMessageAttributes") == sent["MD5OfMessageAttributes"]
    attributes = record.pop("attributes")
    assert attributes["ApproximateReceiveCount"] == "1"
    assert abs(int(attributes["SentTimestamp"]) / 1000 - time.time()) < 60
    assert attributes.keys() >= {"SenderId", "ApproximateFirstReceiveTimestamp"}
    assert record == {
        "messageId": sent["MessageId"],
        "body": "Grüße",
        "messageAttributes": {
            "kind": {
                "dataType": "String",
                "stringValue": "x",
                "stringListValues": [],
                "binaryListValues": [],
            },
            "data": {
                "dataType": "Binary",
                "binaryValue": "AP8=",
                "stringListValues": [],
                "binaryListValues": [],
            },
        },
        "md5OfBody": sent["MD5OfMessageBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": testbed.arn(queue),
        "awsRegion": "us-east-1",
    }


def test_batch_item_failures_are_redelivered(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    testbed.mapping(queue, testbed.function(NAMES_BAD), BatchSize=3, **PARTIAL)
    _, bad, _ = testbed.send(queue, "a", "bad", "c")
    testbed.settle()
    (wait,) = testbed.lambdas.waiting()
    assert 20 < wait <= 30
    failed = [item for entry in testbed.invocations for item in entry.detail["failed_items"]]
    assert failed == [bad]
    testbed.account.clock.advance(31)
    testbed.settle()
    assert testbed.invocations[-1].detail["messages"] == 1
    assert testbed.invocations[-1].detail["failed_items"] == [bad]
    assert "1 of 1 are bad" in testbed.invocations[-1].detail["log"]


def test_log_is_recorded_only_for_failures(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    testbed.mapping(queue, testbed.function(NAMES_BAD), **PARTIAL)
    testbed.send(queue, "a")
    testbed.settle()
    assert "log" not in testbed.invocations[-1].detail


def test_failed_batch_goes_to_the_dead_letter_queue(testbed: LambdaTestbed) -> None:
    dead = testbed.queue("dead")
    redrive = {"deadLetterTargetArn": testbed.arn(dead), "maxReceiveCount": 2}
    queue = testbed.queue(RedrivePolicy=json.dumps(redrive), VisibilityTimeout="5")
    testbed.mapping(queue, testbed.function(BAD_IS_RAISED), BatchSize=10)
    testbed.lambdas.pause()
    testbed.send(queue, "a", "bad")
    testbed.lambdas.resume()
    for _ in range(3):
        testbed.settle()
        testbed.account.clock.advance(6)
    testbed.settle()
    assert [e.outcome for e in testbed.invocations] == ["failed", "failed"]
    detail = testbed.invocations[0].detail
    assert (detail["error_type"], detail["error_message"]) == ("ValueError", "a bad one")
    assert "[ERROR] ValueError: a bad one" in detail["log"]
    assert '"/var/task/main.py", line 4' in detail["log"]
    assert len(detail["failed_items"]) == detail["messages"] == 2
    assert testbed.message_count(queue) == 0
    assert testbed.message_count(dead) == 2
    assert testbed.lambdas.waiting() == []


@pytest.mark.parametrize(
    ("answer", "invalid"),
    [
        ("None", ""),
        ("{}", ""),
        ("{'batchItemFailures': None}", ""),
        ("{'batchItemFailures': []}", ""),
        ("'done'", "is a str, not an object"),
        ("{'batchItemFailures': 'x'}", "batchItemFailures is not a list"),
        ("{'batchItemFailures': [{'itemIdentifier': ''}]}", "has no itemIdentifier"),
        ("{'batchItemFailures': [{'itemIdentifier': None}]}", "has no itemIdentifier"),
        ("{'batchItemFailures': [{'id': 'x'}]}", "has no itemIdentifier"),
        ("{'batchItemFailures': [{'itemIdentifier': 'x'}]}", "'x' is not in the batch"),
    ],
)
def test_invalid_response_fails_the_batch(
    testbed: LambdaTestbed, answer: str, invalid: str
) -> None:
    queue = testbed.queue()
    code = f"def handler(event, context): return {answer}"
    testbed.mapping(queue, testbed.function(code), **PARTIAL)
    (id,) = testbed.send(queue, "a")
    testbed.settle()
    (entry,) = testbed.invocations
    assert entry.outcome == "ok"
    assert entry.detail["failed_items"] == ([id] if invalid else [])
    assert invalid in entry.detail.get("invalid_answer", "")
    assert testbed.message_count(queue) == bool(invalid)


def test_response_is_ignored_without_partial_failures(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    code = "def handler(event, context): return {'batchItemFailures': [{'itemIdentifier': 'x'}]}"
    testbed.mapping(queue, testbed.function(code))
    testbed.send(queue, "a")
    testbed.settle()
    assert testbed.message_count(queue) == 0


def test_batch_size(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    function = testbed.function(NAMES_BAD)
    testbed.send(queue, *"abcdefg")
    testbed.mapping(queue, function, BatchSize=3, ScalingConfig={"MaximumConcurrency": 2})
    testbed.settle()
    assert sum(e.detail["messages"] for e in testbed.invocations) == 7
    assert max(e.detail["messages"] for e in testbed.invocations) == 3


def test_batching_window(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    function = testbed.function(NAMES_BAD)
    testbed.mapping(queue, function, BatchSize=12, MaximumBatchingWindowInSeconds=20)
    testbed.send(queue, "a", "b")
    testbed.settle()
    assert testbed.invocations == []
    assert all(10 < wait <= 20 for wait in testbed.lambdas.waiting())
    testbed.account.clock.advance(21)
    testbed.settle()
    assert [e.detail["messages"] for e in testbed.invocations] == [2]
    testbed.send(queue, *"abcdefghijkl")
    testbed.settle()
    assert [e.detail["messages"] for e in testbed.invocations] == [2, 12]


def test_deleted_message_is_repeated(testbed: LambdaTestbed) -> None:
    from planproof.emulation.account.model import Fault

    queue = testbed.queue()
    testbed.mapping(queue, testbed.function(ECHO), BatchSize=1)
    testbed.account.faults.faults.append(Fault("repeat message", service="sqs", containing="again"))
    testbed.send(queue, "once")
    testbed.settle()
    testbed.send(queue, "again")
    testbed.settle()
    entries = [(e.detail["messages"], "repeated" in e.detail) for e in testbed.invocations]
    assert entries == [(1, False), (1, False), (1, True)]
    first, second = testbed.invocations[1:]
    assert first.detail["instance"] != second.detail["instance"]
    records = [json.loads(line)["Records"][0] for line in logged(testbed) if line.startswith("{")]
    ids = [r["messageId"] for r in records if r["body"] == "again"]
    counts = [r["attributes"]["ApproximateReceiveCount"] for r in records if r["body"] == "again"]
    assert (len(ids), len(set(ids)), sorted(counts)) == (2, 1, ["1", "2"])
    assert testbed.message_count(queue) == 0


def test_every_second_repetition_is_concurrent(testbed: LambdaTestbed) -> None:
    from planproof.emulation.account.model import Fault

    queue = testbed.queue()
    code = """
        import json, time
        def handler(event, context):
            began = time.monotonic()
            time.sleep(0.4)
            print(json.dumps([event["Records"][0]["body"], began, time.monotonic()]))
    """
    testbed.mapping(queue, testbed.function(code), BatchSize=1)
    for body in ("later", "at once"):
        testbed.account.faults.faults.append(Fault("repeat message", containing=body))
        testbed.send(queue, body)
        testbed.settle()
    spans = [json.loads(line) for line in logged(testbed) if line.startswith('["')]
    overlap = {
        body: max(b for n, b, _ in spans if n == body) < min(e for n, _, e in spans if n == body)
        for body in ("later", "at once")
    }
    assert overlap == {"later": False, "at once": True}


def test_fifo_queue_keeps_group_order(testbed: LambdaTestbed) -> None:
    queue = testbed.queue("work.fifo", FifoQueue="true", VisibilityTimeout="5")
    code = """
        import json, os
        def handler(event, context):
            bodies = [r["body"] for r in event["Records"]]
            print(json.dumps(bodies))
            if any(r["attributes"]["ApproximateReceiveCount"] == "1" for r in event["Records"]):
                raise RuntimeError("the first attempt fails")
    """
    testbed.mapping(queue, testbed.function(code), BatchSize=3)
    testbed.lambdas.pause()
    for number in range(4):
        testbed.sqs.send_message(
            QueueUrl=queue,
            MessageBody=f"{number}",
            MessageGroupId="g",
            MessageDeduplicationId=f"{number}",
        )
    testbed.lambdas.resume()
    for _ in range(4):
        testbed.settle()
        testbed.account.clock.advance(6)
    testbed.settle()
    bodies = [json.loads(line) for line in logged(testbed) if line.startswith('["')]
    assert bodies == [["0", "1", "2"], ["0", "1", "2"], ["3"], ["3"]]
