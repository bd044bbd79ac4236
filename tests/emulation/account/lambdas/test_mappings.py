"""When event source mappings deliver messages, and when they do not."""

from __future__ import annotations

import json
import time

from planproof.emulation.account.lambdas.mappings import DENIED_SECONDS
from tests.emulation.account.lambdas.conftest import LambdaTestbed

FINE = "def handler(event, context): pass"


def calls(testbed: LambdaTestbed, operation: str) -> int:
    return testbed.account.calls.count(operation)


def test_mapping_changes_take_effect_at_once(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    mapping = testbed.mapping(queue, testbed.function(FINE), Enabled=False)
    testbed.send(queue, "a", "b", "c")
    time.sleep(0.2)
    assert (testbed.invocations, testbed.lambdas.waiting()) == ([], [])
    testbed.aws.update_event_source_mapping(UUID=mapping, Enabled=True, BatchSize=1)
    testbed.settle()
    assert [e.detail["messages"] for e in testbed.invocations] == [1, 1, 1]
    testbed.aws.delete_event_source_mapping(UUID=mapping)
    testbed.send(queue, "d")
    time.sleep(0.2)
    assert (len(testbed.invocations), testbed.lambdas.waiting(), testbed.message_count(queue)) == (
        3,
        [],
        1,
    )


def test_mappings_of_every_region(testbed: LambdaTestbed) -> None:
    west = LambdaTestbed(testbed.account, testbed.lambdas)
    west.sqs = testbed.account.client("sqs", "us-west-2")
    west.aws = testbed.account.client("lambda", "us-west-2")
    queue = west.queue()
    west.aws.create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-west-2:123456789012:work",
        FunctionName=west.function("import os\ndef handler(e, c): print(os.environ['AWS_REGION'])"),
    )
    west.send(queue, "a")
    testbed.settle()
    assert [e.about.split(":")[3] for e in testbed.invocations] == ["us-west-2"]
    assert west.message_count(queue) == 0


def test_pause_and_resume(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    testbed.mapping(queue, testbed.function(FINE))
    testbed.lambdas.pause()
    testbed.send(queue, "a")
    time.sleep(0.2)
    assert testbed.invocations == []
    assert [wait <= 0 for wait in testbed.lambdas.waiting()] == [True]
    testbed.lambdas.resume()
    testbed.settle()
    assert len(testbed.invocations) == 1


SLOW = """
    import json, time
    def handler(event, context):
        began = time.monotonic()
        time.sleep(0.3)
        print(json.dumps([began, time.monotonic()]))
"""


def max_concurrent(testbed: LambdaTestbed) -> int:
    logs = testbed.account.client("logs", "us-east-1")
    events = logs.filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    spans = [json.loads(e["message"]) for e in events if e["message"].startswith("[")]
    return max(sum(b <= began < e for b, e in spans) for began, _ in spans)


def test_maximum_concurrency(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    testbed.send(queue, *"abcdefgh")
    scaling = {"MaximumConcurrency": 3}
    testbed.mapping(queue, testbed.function(SLOW), BatchSize=1, ScalingConfig=scaling)
    testbed.settle()
    assert len(testbed.invocations) == 8
    assert max_concurrent(testbed) == 3
    assert len({e.detail["instance"] for e in testbed.invocations}) == 3


def test_mappings_share_reserved_concurrency(testbed: LambdaTestbed) -> None:
    first, second = testbed.queue("first"), testbed.queue("second")
    function = testbed.function(SLOW)
    testbed.aws.put_function_concurrency(FunctionName="worker", ReservedConcurrentExecutions=2)
    testbed.lambdas.pause()
    for queue in (first, second):
        testbed.send(queue, *"abcd")
        testbed.mapping(queue, function, BatchSize=1)
    testbed.lambdas.resume()
    testbed.settle()
    assert len(testbed.invocations) == 8
    assert max_concurrent(testbed) == 2


def test_reserved_concurrency_of_0_throttles(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    function = testbed.function(FINE)
    testbed.aws.put_function_concurrency(FunctionName="worker", ReservedConcurrentExecutions=0)
    testbed.mapping(queue, function)
    testbed.send(queue, "a")
    testbed.settle()
    time.sleep(0.2)
    (entry,) = [e for e in testbed.account.trail.entries if e.kind == "delivery"]
    assert entry.outcome == "throttled"
    assert "reserved concurrency of 0" in entry.detail["message"]
    assert testbed.lambdas.invoke(function, {}).outcome == "throttled"
    testbed.aws.delete_function_concurrency(FunctionName="worker")
    testbed.settle()
    assert testbed.message_count(queue) == 0


def test_filtered_messages_are_deleted(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    pattern = json.dumps({"body": {"kind": ["video"]}})
    criteria = {"Filters": [{"Pattern": pattern}]}
    testbed.mapping(queue, testbed.function(FINE), FilterCriteria=criteria)
    testbed.send(queue, '{"kind": "sound"}', "no JSON")
    testbed.settle()
    assert (testbed.invocations, testbed.message_count(queue)) == ([], 0)
    testbed.send(queue, '{"kind": "video"}')
    testbed.settle()
    assert [e.detail["messages"] for e in testbed.invocations] == [1]


def test_unsupported_filter_delivers_nothing(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    criteria = {"Filters": [{"Pattern": json.dumps({"body": {"at": [{"cidr": "10.0.0.0/8"}]}})}]}
    mapping = testbed.mapping(queue, testbed.function(FINE), FilterCriteria=criteria)
    testbed.send(queue, '{"at": "10.1.1.1"}')
    time.sleep(0.2)
    (entry,) = [e for e in testbed.account.trail.entries if e.kind == "delivery"]
    assert entry.outcome == "failed"
    assert "{'cidr': '10.0.0.0/8'} is not supported" in entry.detail["message"]
    assert (testbed.lambdas.waiting(), testbed.invocations) == ([], [])
    testbed.aws.update_event_source_mapping(UUID=mapping, FilterCriteria={"Filters": []})
    testbed.settle()
    assert testbed.message_count(queue) == 0


def denied_until_a_policy_changes(testbed: LambdaTestbed, operation: str) -> None:
    queue = testbed.queue()
    testbed.account.denied[operation] = "AccessDeniedException"
    testbed.mapping(queue, testbed.function(FINE))
    testbed.send(queue, "a")
    testbed.settle()
    time.sleep(0.3)
    assert calls(testbed, operation) == 1
    assert (testbed.lambdas.waiting(), testbed.invocations) == ([], [])
    del testbed.account.denied[operation]
    time.sleep(0.2)
    assert testbed.invocations == []
    policy = {"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    testbed.account.client("iam", "us-east-1").put_role_policy(
        RoleName="worker",
        PolicyName="more",
        PolicyDocument=json.dumps({"Version": "2012-10-17", **policy}),
    )
    testbed.settle()
    assert len(testbed.invocations) == 1


def test_denied_receive_waits_for_a_policy_change(testbed: LambdaTestbed) -> None:
    denied_until_a_policy_changes(testbed, "ReceiveMessage")


def test_denied_get_attributes_waits_for_a_policy_change(testbed: LambdaTestbed) -> None:
    denied_until_a_policy_changes(testbed, "GetQueueAttributes")


def test_denied_request_is_retried_later(testbed: LambdaTestbed) -> None:
    queue = testbed.queue(VisibilityTimeout="5")
    testbed.account.denied["ReceiveMessage"] = "AccessDeniedException"
    testbed.mapping(queue, testbed.function(FINE))
    testbed.send(queue, "a")
    testbed.settle()
    del testbed.account.denied["ReceiveMessage"]
    testbed.account.clock.advance(DENIED_SECONDS + 1)
    testbed.settle()
    assert len(testbed.invocations) == 1


def test_permission_is_checked_again_after_a_policy_change(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    testbed.mapping(queue, testbed.function(FINE))
    testbed.send(queue, "a")
    testbed.settle()
    count = calls(testbed, "GetQueueAttributes")
    testbed.send(queue, "b")
    testbed.settle()
    assert calls(testbed, "GetQueueAttributes") == count >= 1
    testbed.account.client("kms", "us-east-1").create_key()
    testbed.send(queue, "c")
    testbed.settle()
    assert calls(testbed, "GetQueueAttributes") > count


def test_transient_error_is_retried(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    testbed.account.denied["ReceiveMessage"] = "ServiceUnavailable"
    testbed.mapping(queue, testbed.function(FINE))
    testbed.send(queue, "a")
    testbed.settle()
    (wait,) = testbed.lambdas.waiting()
    assert 0 < wait <= 1
    testbed.account.clock.advance(1.1)
    testbed.settle()
    (wait,) = testbed.lambdas.waiting()
    assert 1 < wait <= 2
    del testbed.account.denied["ReceiveMessage"]
    testbed.account.clock.advance(2.1)
    testbed.settle()
    assert len(testbed.invocations) == 1


def test_undeleted_messages_are_redelivered(testbed: LambdaTestbed) -> None:
    queue = testbed.queue(VisibilityTimeout="5")
    testbed.account.denied["DeleteMessageBatch"] = "AccessDeniedException"
    testbed.mapping(queue, testbed.function(FINE))
    testbed.send(queue, "a")
    testbed.settle()
    assert testbed.message_count(queue) == 1
    del testbed.account.denied["DeleteMessageBatch"]
    testbed.account.clock.advance(6)
    testbed.settle()
    assert [e.outcome for e in testbed.invocations] == ["ok", "ok"]
    assert testbed.message_count(queue) == 0


def test_unassumable_role_receives_nothing(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    testbed.account.decisions.not_assumable = True
    testbed.mapping(queue, testbed.function(FINE))
    testbed.send(queue, "a")
    testbed.settle()
    assert [e.outcome for e in testbed.invocations] == ["denied"]
    assert (calls(testbed, "ReceiveMessage"), testbed.lambdas.waiting()) == (0, [])


def test_denied_log_fails_nothing(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    testbed.account.denied["CreateLogStream"] = "AccessDeniedException"
    testbed.mapping(queue, testbed.function("def handler(e, c): print('hello')"))
    testbed.send(queue, "a")
    testbed.settle()
    assert [e.outcome for e in testbed.invocations] == ["ok"]
    assert calls(testbed, "CreateLogStream") == 1
    assert calls(testbed, "PutLogEvents") == 0


def test_log_group_and_format(testbed: LambdaTestbed) -> None:
    code = """
        import logging
        def handler(event, context):
            logging.getLogger("mine").error("ouch %s", 1)
    """
    function = testbed.function(code, LoggingConfig={"LogFormat": "JSON", "LogGroup": "/mine"})
    answer = testbed.lambdas.invoke(function, {})
    testbed.settle()
    (entry,) = testbed.invocations
    logs = testbed.account.client("logs", "us-east-1")
    events = logs.filter_log_events(logGroupName="/mine")["events"]
    assert {e["logStreamName"].rpartition("]")[2] for e in events} == {answer.instance}
    line = json.loads(next(e["message"] for e in events if e["message"].startswith("{")))
    request = entry.detail["request_id"]
    assert (line["level"], line["message"], line["logger"]) == ("ERROR", "ouch 1", "mine")
    assert line["requestId"] == request
    assert events[0]["message"] == f"START RequestId: {request} Version: $LATEST"


def test_missing_function_or_queue_has_no_waits(testbed: LambdaTestbed) -> None:
    queue = testbed.queue()
    testbed.lambdas.pause()
    testbed.mapping(queue, testbed.function(FINE))
    testbed.send(queue, "a")
    assert len(testbed.lambdas.waiting()) == 1
    testbed.aws.delete_function(FunctionName="worker")
    assert testbed.lambdas.waiting() == []
    testbed.function(FINE)
    assert len(testbed.lambdas.waiting()) == 1
    testbed.sqs.delete_queue(QueueUrl=queue)
    assert testbed.lambdas.waiting() == []
    testbed.lambdas.resume()
    testbed.settle()
