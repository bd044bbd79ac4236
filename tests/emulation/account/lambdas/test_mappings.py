"""Which mappings work, and what keeps them from it."""

from __future__ import annotations

import json
import time

from planproof.emulation.account.lambdas.mappings import REFUSED_SECONDS
from tests.emulation.account.lambdas.conftest import World

FINE = "def handler(event, context): pass"


def calls(world: World, operation: str) -> int:
    return world.account.calls.count(operation)


def test_what_is_disabled_changed_or_deleted_takes_effect_at_once(world: World) -> None:
    queue = world.queue()
    mapping = world.mapping(queue, world.function(FINE), Enabled=False)
    world.send(queue, "a", "b", "c")
    time.sleep(0.2)
    assert (world.invocations, world.lambdas.waiting()) == ([], [])
    world.aws.update_event_source_mapping(UUID=mapping, Enabled=True, BatchSize=1)
    world.settle()
    assert [e.detail["messages"] for e in world.invocations] == [1, 1, 1]
    world.aws.delete_event_source_mapping(UUID=mapping)
    world.send(queue, "d")
    time.sleep(0.2)
    assert (len(world.invocations), world.lambdas.waiting(), world.lying(queue)) == (3, [], 1)


def test_every_region_has_its_mappings(world: World) -> None:
    west = World(world.account, world.lambdas)
    west.sqs = world.account.client("sqs", "us-west-2")
    west.aws = world.account.client("lambda", "us-west-2")
    queue = west.queue()
    west.aws.create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-west-2:123456789012:work",
        FunctionName=west.function("import os\ndef handler(e, c): print(os.environ['AWS_REGION'])"),
    )
    west.send(queue, "a")
    world.settle()
    assert [e.about.split(":")[3] for e in world.invocations] == ["us-west-2"]
    assert west.lying(queue) == 0


def test_pausing_takes_no_messages_until_it_goes_on(world: World) -> None:
    queue = world.queue()
    world.mapping(queue, world.function(FINE))
    world.lambdas.pause()
    world.send(queue, "a")
    time.sleep(0.2)
    assert world.invocations == []
    assert [wait <= 0 for wait in world.lambdas.waiting()] == [True]
    world.lambdas.resume()
    world.settle()
    assert len(world.invocations) == 1


SLOW = """
    import json, time
    def handler(event, context):
        began = time.monotonic()
        time.sleep(0.3)
        print(json.dumps([began, time.monotonic()]))
"""


def at_once(world: World) -> int:
    logs = world.account.client("logs", "us-east-1")
    events = logs.filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    spans = [json.loads(e["message"]) for e in events if e["message"].startswith("[")]
    return max(sum(b <= began < e for b, e in spans) for began, _ in spans)


def test_the_maximum_concurrency_is_kept_and_used(world: World) -> None:
    queue = world.queue()
    world.send(queue, *"abcdefgh")
    scaling = {"MaximumConcurrency": 3}
    world.mapping(queue, world.function(SLOW), BatchSize=1, ScalingConfig=scaling)
    world.settle()
    assert len(world.invocations) == 8
    assert at_once(world) == 3
    assert len({e.detail["instance"] for e in world.invocations}) == 3


def test_the_reserved_concurrency_is_shared_by_all_mappings_of_a_function(world: World) -> None:
    first, second = world.queue("first"), world.queue("second")
    function = world.function(SLOW)
    world.aws.put_function_concurrency(FunctionName="worker", ReservedConcurrentExecutions=2)
    world.lambdas.pause()
    for queue in (first, second):
        world.send(queue, *"abcd")
        world.mapping(queue, function, BatchSize=1)
    world.lambdas.resume()
    world.settle()
    assert len(world.invocations) == 8
    assert at_once(world) == 2


def test_a_function_whose_reserved_concurrency_is_nothing_is_throttled(world: World) -> None:
    queue = world.queue()
    function = world.function(FINE)
    world.aws.put_function_concurrency(FunctionName="worker", ReservedConcurrentExecutions=0)
    world.mapping(queue, function)
    world.send(queue, "a")
    world.settle()
    time.sleep(0.2)
    (entry,) = [e for e in world.account.trail.entries if e.kind == "delivery"]
    assert entry.outcome == "throttled"
    assert "reserved concurrency of 0" in entry.detail["message"]
    assert world.lambdas.invoke(function, {}).outcome == "throttled"
    world.aws.delete_function_concurrency(FunctionName="worker")
    world.settle()
    assert world.lying(queue) == 0


def test_messages_that_the_filter_does_not_let_pass_are_deleted(world: World) -> None:
    queue = world.queue()
    pattern = json.dumps({"body": {"kind": ["video"]}})
    criteria = {"Filters": [{"Pattern": pattern}]}
    world.mapping(queue, world.function(FINE), FilterCriteria=criteria)
    world.send(queue, '{"kind": "sound"}', "no JSON")
    world.settle()
    assert (world.invocations, world.lying(queue)) == ([], 0)
    world.send(queue, '{"kind": "video"}')
    world.settle()
    assert [e.detail["messages"] for e in world.invocations] == [1]


def test_a_filter_that_is_not_understood_delivers_nothing_and_says_so(world: World) -> None:
    queue = world.queue()
    criteria = {"Filters": [{"Pattern": json.dumps({"body": {"at": [{"cidr": "10.0.0.0/8"}]}})}]}
    mapping = world.mapping(queue, world.function(FINE), FilterCriteria=criteria)
    world.send(queue, '{"at": "10.1.1.1"}')
    time.sleep(0.2)
    (entry,) = [e for e in world.account.trail.entries if e.kind == "delivery"]
    assert entry.outcome == "failed"
    assert "{'cidr': '10.0.0.0/8'} is not understood" in entry.detail["message"]
    assert (world.lambdas.waiting(), world.invocations) == ([], [])
    world.aws.update_event_source_mapping(UUID=mapping, FilterCriteria={"Filters": []})
    world.settle()
    assert world.lying(queue) == 0


def refused_until_a_policy_changes(world: World, operation: str) -> None:
    queue = world.queue()
    world.account.refused[operation] = "AccessDeniedException"
    world.mapping(queue, world.function(FINE))
    world.send(queue, "a")
    world.settle()
    time.sleep(0.3)
    assert calls(world, operation) == 1
    assert (world.lambdas.waiting(), world.invocations) == ([], [])
    del world.account.refused[operation]
    time.sleep(0.2)
    assert world.invocations == []
    policy = {"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    world.account.client("iam", "us-east-1").put_role_policy(
        RoleName="worker",
        PolicyName="more",
        PolicyDocument=json.dumps({"Version": "2012-10-17", **policy}),
    )
    world.settle()
    assert len(world.invocations) == 1


def test_a_refused_receive_is_not_repeated_until_a_policy_changes(world: World) -> None:
    refused_until_a_policy_changes(world, "ReceiveMessage")


def test_a_refused_look_at_the_queue_is_as_good_as_a_refused_receive(world: World) -> None:
    refused_until_a_policy_changes(world, "GetQueueAttributes")


def test_what_was_refused_is_asked_for_again_after_a_while(world: World) -> None:
    queue = world.queue(VisibilityTimeout="5")
    world.account.refused["ReceiveMessage"] = "AccessDeniedException"
    world.mapping(queue, world.function(FINE))
    world.send(queue, "a")
    world.settle()
    del world.account.refused["ReceiveMessage"]
    world.account.clock.advance(REFUSED_SECONDS + 1)
    world.settle()
    assert len(world.invocations) == 1


def test_permission_is_asked_for_again_when_a_policy_changes(world: World) -> None:
    queue = world.queue()
    world.mapping(queue, world.function(FINE))
    world.send(queue, "a")
    world.settle()
    asked = calls(world, "GetQueueAttributes")
    world.send(queue, "b")
    world.settle()
    assert calls(world, "GetQueueAttributes") == asked >= 1
    world.account.client("kms", "us-east-1").create_key()
    world.send(queue, "c")
    world.settle()
    assert calls(world, "GetQueueAttributes") > asked


def test_an_error_that_may_pass_is_tried_again_later(world: World) -> None:
    queue = world.queue()
    world.account.refused["ReceiveMessage"] = "ServiceUnavailable"
    world.mapping(queue, world.function(FINE))
    world.send(queue, "a")
    world.settle()
    (wait,) = world.lambdas.waiting()
    assert 0 < wait <= 1
    world.account.clock.advance(1.1)
    world.settle()
    (wait,) = world.lambdas.waiting()
    assert 1 < wait <= 2
    del world.account.refused["ReceiveMessage"]
    world.account.clock.advance(2.1)
    world.settle()
    assert len(world.invocations) == 1


def test_messages_that_cannot_be_deleted_come_again(world: World) -> None:
    queue = world.queue(VisibilityTimeout="5")
    world.account.refused["DeleteMessageBatch"] = "AccessDeniedException"
    world.mapping(queue, world.function(FINE))
    world.send(queue, "a")
    world.settle()
    assert world.lying(queue) == 1
    del world.account.refused["DeleteMessageBatch"]
    world.account.clock.advance(6)
    world.settle()
    assert [e.outcome for e in world.invocations] == ["ok", "ok"]
    assert world.lying(queue) == 0


def test_lambda_takes_nothing_with_a_role_that_it_cannot_assume(world: World) -> None:
    queue = world.queue()
    world.account.decisions.not_assumable = True
    world.mapping(queue, world.function(FINE))
    world.send(queue, "a")
    world.settle()
    assert [e.outcome for e in world.invocations] == ["denied"]
    assert (calls(world, "ReceiveMessage"), world.lambdas.waiting()) == (0, [])


def test_a_refused_log_fails_nothing(world: World) -> None:
    queue = world.queue()
    world.account.refused["CreateLogStream"] = "AccessDeniedException"
    world.mapping(queue, world.function("def handler(e, c): print('hello')"))
    world.send(queue, "a")
    world.settle()
    assert [e.outcome for e in world.invocations] == ["ok"]
    assert calls(world, "CreateLogStream") == 1
    assert calls(world, "PutLogEvents") == 0


def test_the_log_goes_where_the_function_says_in_its_format(world: World) -> None:
    code = """
        import logging
        def handler(event, context):
            logging.getLogger("mine").error("ouch %s", 1)
    """
    function = world.function(code, LoggingConfig={"LogFormat": "JSON", "LogGroup": "/mine"})
    answer = world.lambdas.invoke(function, {})
    world.settle()
    (entry,) = world.invocations
    logs = world.account.client("logs", "us-east-1")
    events = logs.filter_log_events(logGroupName="/mine")["events"]
    assert {e["logStreamName"].rpartition("]")[2] for e in events} == {answer.instance}
    line = json.loads(next(e["message"] for e in events if e["message"].startswith("{")))
    request = entry.detail["request_id"]
    assert (line["level"], line["message"], line["logger"]) == ("ERROR", "ouch 1", "mine")
    assert line["requestId"] == request
    assert events[0]["message"] == f"START RequestId: {request} Version: $LATEST"


def test_a_mapping_of_a_function_that_is_gone_waits_for_nothing(world: World) -> None:
    queue = world.queue()
    world.lambdas.pause()
    world.mapping(queue, world.function(FINE))
    world.send(queue, "a")
    assert len(world.lambdas.waiting()) == 1
    world.aws.delete_function(FunctionName="worker")
    assert world.lambdas.waiting() == []
    world.function(FINE)
    assert len(world.lambdas.waiting()) == 1
    world.sqs.delete_queue(QueueUrl=queue)
    assert world.lambdas.waiting() == []
    world.lambdas.resume()
    world.settle()
