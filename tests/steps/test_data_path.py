"""The steps on the data path, on the shipped stack whole and with one thing changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.aws.sdk_calls import SdkCalls, calls_of
from planproof.errors import UndeterminedError
from planproof.values import UNKNOWN, Verdict
from tests.builders.resolved_stacks import verdict
from tests.builders.shipped import shipped, shipped_package, with_document, with_values
from tests.builders.stacks import declare
from tests.steps.stack_steps import FUNCTION, QUEUE, TABLE, StackSteps, failures, first_statement

# Edges ---------------------------------------------------------------------------------------


def test_the_edges_of_the_shipped_stack_are_proven() -> None:
    evidence = StackSteps(shipped()).edges(TABLE)
    assert verdict(evidence) is Verdict.PASSED
    assert [edge.state for edge in evidence.edges] == ["proven", "proven"]


def test_an_end_may_be_named_by_its_address() -> None:
    table = [["from", "to"], ["aws_sqs_queue.status", "aws_lambda_function.processor"]]
    assert verdict(StackSteps(shipped()).edges(table)) is Verdict.PASSED


def test_a_lost_grant_fails_its_edge_and_is_named() -> None:
    stack = with_document(shipped(), QUEUE, first_statement(Action="sqs:ReceiveMessage"))
    evidence = StackSteps(stack).edges(TABLE)
    assert verdict(evidence) is Verdict.FAILED
    broken, kept = evidence.edges
    assert (broken.state, kept.state) == ("broken", "proven")
    assert broken.missing == ("sqs:SendMessage on aws_sqs_queue.processing for s3.amazonaws.com",)


def test_an_unknown_policy_leaves_its_edge_undetermined() -> None:
    evidence = StackSteps(with_values(shipped(), QUEUE, policy=UNKNOWN)).edges(TABLE)
    assert verdict(evidence) is Verdict.UNDETERMINED
    # It might deny the function as well.
    assert [edge.state for edge in evidence.edges] == ["undetermined", "undetermined"]


def test_two_ends_without_an_edge_fail() -> None:
    evidence = StackSteps(shipped()).edges(
        [["from", "to"], ["the status queue", "the input bucket"]]
    )
    assert failures(evidence) == ["none"]


def test_an_edge_is_undetermined_while_the_code_cannot_be_read() -> None:
    calls = SdkCalls((), ("main.py:3 makes a client at run time",))
    evidence = StackSteps(shipped(), calls).edges(
        [["from", "to"], ["the function", "the assets table"]]
    )
    assert verdict(evidence) is Verdict.UNDETERMINED
    assert "main.py:3 makes a client at run time" in evidence.evidence[0].found


def test_a_missing_part_fails_only_its_row() -> None:
    pattern = json.dumps({"source": ["aws.s3"]})
    stack = with_values(shipped(), "aws_cloudwatch_event_rule.job_state", event_pattern=pattern)
    evidence = StackSteps(stack).edges([*TABLE, ["MediaConvert", "the rule for job states"]])
    (found,) = failures(evidence)
    assert "the stack has no EventBridge rule for MediaConvert job state changes" in found
    assert len(evidence.edges) == 2


def test_the_edge_of_a_missing_part_is_broken() -> None:
    pattern = json.dumps({"source": ["aws.s3"]})
    stack = with_values(shipped(), "aws_cloudwatch_event_rule.job_state", event_pattern=pattern)
    evidence = StackSteps(stack).every_edge()
    assert [e.kind for e in evidence.edges if e.state == "broken"] == ["tells job states to"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([["source", "target"], ["a", "b"]], "from | to"),
        ([["from", "to"]], "no row below"),
        ([], "from | to"),
        (
            [["from", "to"], ["the queue of uploads", "the function"]],
            "no part called 'the queue of uploads'",
        ),
    ],
)
def test_a_mistake_in_the_table_is_reported(table: list[list[str]], said: str) -> None:
    with pytest.raises(UndeterminedError, match=said.replace("|", r"\|")):
        StackSteps(shipped()).edges(table)


def test_a_misspelt_end_is_reported_with_the_nearest() -> None:
    with pytest.raises(UndeterminedError, match="the nearest is the processing queue"):
        StackSteps(shipped()).edges([["from", "to"], ["the procesing queue", "the function"]])


def test_every_edge_is_checked() -> None:
    steps = StackSteps(shipped())
    evidence = steps.every_edge()
    assert verdict(evidence) is Verdict.PASSED
    assert len(evidence.edges) == len(steps.path.edges) >= 16


def test_an_edge_that_no_table_names_fails_too() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["Statement"] = [s for s in document["Statement"] if s["Sid"] != "SendTraces"]

    evidence = StackSteps(with_document(shipped(), FUNCTION, edit)).every_edge()
    assert verdict(evidence) is Verdict.FAILED
    assert [e.target for e in evidence.edges if e.state == "broken"] == ["X-Ray"]


def test_a_topic_outside_the_stack_is_a_warning() -> None:
    alarm = 'aws_cloudwatch_metric_alarm.queue_age["status"]'
    topic = "arn:aws:sns:us-east-1:111122223333:on-call"
    evidence = StackSteps(with_values(shipped(), alarm, alarm_actions=[topic])).every_edge()
    assert verdict(evidence) is Verdict.PASSED
    (warning,) = evidence.warnings
    assert topic in warning
    assert [e.outside for e in evidence.edges if e.target == topic] == [True]


def test_a_topic_outside_the_stack_without_permission_is_no_warning() -> None:
    topic = "arn:aws:sns:us-east-1:111122223333:failures"
    stack = with_values(
        shipped(), "aws_lambda_function.processor", dead_letter_config=[{"target_arn": topic}]
    )
    evidence = StackSteps(stack).every_edge()
    assert verdict(evidence) is Verdict.FAILED
    assert not evidence.warnings
    (edge,) = [e for e in evidence.edges if e.target == topic]
    assert edge.missing == (f"sns:Publish on {topic} for aws_iam_role.function",)


def test_a_denied_delivery_outside_the_stack_is_no_warning() -> None:
    made_by = "aws_cloudwatch_event_target.status_queue"
    role = shipped()["aws_iam_role.function"].get("arn")
    queue = "arn:aws:sqs:us-east-1:111122223333:states"
    stack = with_values(shipped(), made_by, arn=queue, role_arn=role)
    evidence = StackSteps(stack).every_edge()
    assert verdict(evidence) is Verdict.FAILED
    (edge,) = [e for e in evidence.edges if e.target == queue]
    assert (edge.outside, edge.state) == (True, "broken")


def test_a_resource_without_a_model_is_a_warning() -> None:
    pipe = declare("aws_pipes_pipe.p", name="p").resource
    evidence = StackSteps(shipped().with_resources([pipe])).every_edge()
    assert verdict(evidence) is Verdict.PASSED
    (warning,) = evidence.warnings
    assert "aws_pipes_pipe.p is not modelled" in warning


def test_unreadable_code_leaves_the_data_path_undetermined() -> None:
    calls = SdkCalls(calls_of(shipped_package()).calls, ("main.py:3 makes a client at run time",))
    evidence = StackSteps(shipped(), calls).every_edge()
    assert verdict(evidence) is Verdict.UNDETERMINED
