"""What becomes of messages: batches, partial failures, what comes back, what is deleted."""

from __future__ import annotations

import json
import time

import pytest

from tests.emulation.account.lambdas.conftest import World

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


def logged(world: World) -> list[str]:
    logs = world.account.client("logs", "us-east-1")
    return [
        event["message"]
        for event in logs.filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    ]


def test_the_event_is_made_as_lambda_makes_it(world: World) -> None:
    queue = world.queue()
    world.mapping(queue, world.function(ECHO))
    sent = world.sqs.send_message(
        QueueUrl=queue,
        MessageBody="Grüße",
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "x"},
            "data": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
    )
    world.settle()
    (line,) = [line for line in logged(world) if line.startswith("{")]
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
        "eventSourceARN": world.arn(queue),
        "awsRegion": "us-east-1",
    }


def test_what_succeeded_is_deleted_and_what_is_named_comes_back(world: World) -> None:
    queue = world.queue()
    world.mapping(queue, world.function(NAMES_BAD), BatchSize=3, **PARTIAL)
    _, bad, _ = world.send(queue, "a", "bad", "c")
    world.settle()
    (wait,) = world.lambdas.waiting()
    assert 20 < wait <= 30
    failed = [item for entry in world.invocations for item in entry.detail["failed_items"]]
    assert failed == [bad]
    world.account.clock.advance(31)
    world.settle()
    assert world.invocations[-1].detail["messages"] == 1
    assert world.invocations[-1].detail["failed_items"] == [bad]
    assert "1 of 1 are bad" in world.invocations[-1].detail["log"]


def test_the_log_is_told_of_what_failed_alone(world: World) -> None:
    queue = world.queue()
    world.mapping(queue, world.function(NAMES_BAD), **PARTIAL)
    world.send(queue, "a")
    world.settle()
    assert "log" not in world.invocations[-1].detail


def test_an_exception_leaves_the_batch_to_the_queue_and_then_to_its_dead_letters(
    world: World,
) -> None:
    dead = world.queue("dead")
    redrive = {"deadLetterTargetArn": world.arn(dead), "maxReceiveCount": 2}
    queue = world.queue(RedrivePolicy=json.dumps(redrive), VisibilityTimeout="5")
    world.mapping(queue, world.function(BAD_IS_RAISED), BatchSize=10)
    world.lambdas.pause()
    world.send(queue, "a", "bad")
    world.lambdas.resume()
    for _ in range(3):
        world.settle()
        world.account.clock.advance(6)
    world.settle()
    assert [e.outcome for e in world.invocations] == ["failed", "failed"]
    detail = world.invocations[0].detail
    assert (detail["error_type"], detail["error_message"]) == ("ValueError", "a bad one")
    assert "[ERROR] ValueError: a bad one" in detail["log"]
    assert '"/var/task/main.py", line 4' in detail["log"]
    assert len(detail["failed_items"]) == detail["messages"] == 2
    assert world.lying(queue) == 0
    assert world.lying(dead) == 2
    assert world.lambdas.waiting() == []


@pytest.mark.parametrize(
    ("answer", "invalid"),
    [
        ("None", ""),
        ("{}", ""),
        ("{'batchItemFailures': None}", ""),
        ("{'batchItemFailures': []}", ""),
        ("'done'", "the answer is a str, not an object"),
        ("{'batchItemFailures': 'x'}", "batchItemFailures is not a list"),
        ("{'batchItemFailures': [{'itemIdentifier': ''}]}", "has no itemIdentifier"),
        ("{'batchItemFailures': [{'itemIdentifier': None}]}", "has no itemIdentifier"),
        ("{'batchItemFailures': [{'id': 'x'}]}", "has no itemIdentifier"),
        ("{'batchItemFailures': [{'itemIdentifier': 'x'}]}", "'x' is none of the batch"),
    ],
)
def test_an_answer_that_is_not_valid_fails_the_whole_batch(
    world: World, answer: str, invalid: str
) -> None:
    queue = world.queue()
    code = f"def handler(event, context): return {answer}"
    world.mapping(queue, world.function(code), **PARTIAL)
    (id,) = world.send(queue, "a")
    world.settle()
    (entry,) = world.invocations
    assert entry.outcome == "ok"
    assert entry.detail["failed_items"] == ([id] if invalid else [])
    assert invalid in entry.detail.get("invalid_answer", "")
    assert world.lying(queue) == bool(invalid)


def test_without_partial_failures_the_answer_does_not_matter(world: World) -> None:
    queue = world.queue()
    code = "def handler(event, context): return {'batchItemFailures': [{'itemIdentifier': 'x'}]}"
    world.mapping(queue, world.function(code))
    world.send(queue, "a")
    world.settle()
    assert world.lying(queue) == 0


def test_a_batch_is_as_large_as_the_mapping_says(world: World) -> None:
    queue = world.queue()
    function = world.function(NAMES_BAD)
    world.send(queue, *"abcdefg")
    world.mapping(queue, function, BatchSize=3, ScalingConfig={"MaximumConcurrency": 2})
    world.settle()
    assert sum(e.detail["messages"] for e in world.invocations) == 7
    assert max(e.detail["messages"] for e in world.invocations) == 3


def test_a_window_gathers_messages(world: World) -> None:
    queue = world.queue()
    function = world.function(NAMES_BAD)
    world.mapping(queue, function, BatchSize=12, MaximumBatchingWindowInSeconds=20)
    world.send(queue, "a", "b")
    world.settle()
    assert world.invocations == []
    assert all(10 < wait <= 20 for wait in world.lambdas.waiting())
    world.account.clock.advance(21)
    world.settle()
    assert [e.detail["messages"] for e in world.invocations] == [2]
    world.send(queue, *"abcdefghijkl")
    world.settle()
    assert [e.detail["messages"] for e in world.invocations] == [2, 12]


def test_a_message_can_be_repeated_although_it_was_deleted(world: World) -> None:
    from planproof.emulation.account.model import Fault

    queue = world.queue()
    world.mapping(queue, world.function(ECHO), BatchSize=1)
    world.account.faults.faults.append(Fault("repeat message", service="sqs", containing="again"))
    world.send(queue, "once")
    world.settle()
    world.send(queue, "again")
    world.settle()
    entries = [(e.detail["messages"], "repeated" in e.detail) for e in world.invocations]
    assert entries == [(1, False), (1, False), (1, True)]
    first, second = world.invocations[1:]
    assert first.detail["instance"] != second.detail["instance"]
    records = [json.loads(line)["Records"][0] for line in logged(world) if line.startswith("{")]
    ids = [r["messageId"] for r in records if r["body"] == "again"]
    counts = [r["attributes"]["ApproximateReceiveCount"] for r in records if r["body"] == "again"]
    assert (len(ids), len(set(ids)), sorted(counts)) == (2, 1, ["1", "2"])
    assert world.lying(queue) == 0


def test_every_second_repetition_comes_while_the_first_delivery_is_under_way(
    world: World,
) -> None:
    from planproof.emulation.account.model import Fault

    queue = world.queue()
    code = """
        import json, time
        def handler(event, context):
            began = time.monotonic()
            time.sleep(0.4)
            print(json.dumps([event["Records"][0]["body"], began, time.monotonic()]))
    """
    world.mapping(queue, world.function(code), BatchSize=1)
    for body in ("later", "at once"):
        world.account.faults.faults.append(Fault("repeat message", containing=body))
        world.send(queue, body)
        world.settle()
    spans = [json.loads(line) for line in logged(world) if line.startswith('["')]
    overlap = {
        body: max(b for n, b, _ in spans if n == body) < min(e for n, _, e in spans if n == body)
        for body in ("later", "at once")
    }
    assert overlap == {"later": False, "at once": True}


def test_a_fifo_queue_keeps_the_order_of_each_group(world: World) -> None:
    queue = world.queue("work.fifo", FifoQueue="true", VisibilityTimeout="5")
    code = """
        import json, os
        def handler(event, context):
            bodies = [r["body"] for r in event["Records"]]
            print(json.dumps(bodies))
            if any(r["attributes"]["ApproximateReceiveCount"] == "1" for r in event["Records"]):
                raise RuntimeError("the first time never works")
    """
    world.mapping(queue, world.function(code), BatchSize=3)
    world.lambdas.pause()
    for number in range(4):
        world.sqs.send_message(
            QueueUrl=queue,
            MessageBody=f"{number}",
            MessageGroupId="g",
            MessageDeduplicationId=f"{number}",
        )
    world.lambdas.resume()
    for _ in range(4):
        world.settle()
        world.account.clock.advance(6)
    world.settle()
    bodies = [json.loads(line) for line in logged(world) if line.startswith('["')]
    assert bodies == [["0", "1", "2"], ["0", "1", "2"], ["3"], ["3"]]
