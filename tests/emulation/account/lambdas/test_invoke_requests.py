"""Responses of Lambda's Invoke."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.emulation.account.lambdas.conftest import LambdaTestbed

FAILS_ON = """
    def handler(event, context):
        if event == "bad":
            raise ValueError("a bad one")
        return {"got": event}
"""


def test_response_is_the_handlers(testbed: LambdaTestbed) -> None:
    function = testbed.function(FAILS_ON)
    answer = testbed.aws.invoke(FunctionName=function, Payload=b'{"a": [1]}')
    assert json.loads(answer["Payload"].read()) == {"got": {"a": [1]}}
    assert (answer["StatusCode"], "FunctionError" in answer) == (200, False)
    assert json.loads(testbed.aws.invoke(FunctionName="worker")["Payload"].read()) == {"got": {}}


def test_failure_has_lambdas_format(testbed: LambdaTestbed) -> None:
    answer = testbed.aws.invoke(FunctionName=testbed.function(FAILS_ON), Payload=b'"bad"')
    assert answer["FunctionError"] == "Unhandled"
    failure = {"errorMessage": "a bad one", "errorType": "ValueError"}
    assert json.loads(answer["Payload"].read()) == failure


def test_invalid_json_is_rejected(testbed: LambdaTestbed) -> None:
    function = testbed.function(FAILS_ON)
    with pytest.raises(ClientError, match="InvalidRequestContentException"):
        testbed.aws.invoke(FunctionName=function, Payload=b"{")
    assert testbed.invocations == []


def test_dry_run_runs_nothing(testbed: LambdaTestbed) -> None:
    testbed.aws.invoke(FunctionName=testbed.function(FAILS_ON), InvocationType="DryRun")
    assert (testbed.invocations, testbed.account.clock.tasks) == ([], [])


def test_failed_event_is_retried_twice(testbed: LambdaTestbed) -> None:
    function = testbed.function(FAILS_ON)
    clock = testbed.account.clock
    answer = testbed.aws.invoke(FunctionName=function, InvocationType="Event", Payload=b'"bad"')
    assert (answer["StatusCode"], testbed.invocations) == (202, [])
    seen = []
    for seconds in (0, 59, 2, 118, 3, 3600):
        clock.advance(seconds)
        clock.run_due_tasks()
        seen.append(len(testbed.invocations))
    assert seen == [1, 1, 2, 2, 3, 3]
    testbed.aws.invoke(FunctionName=function, InvocationType="Event", Payload=b'"good"')
    clock.run_due_tasks()
    clock.advance(3600)
    clock.run_due_tasks()
    assert [e.outcome for e in testbed.invocations] == ["failed"] * 3 + ["ok"]
