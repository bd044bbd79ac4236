"""In a batch, each message succeeds or fails alone, and the log has the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from emulation import ErrorResponse, Function, MediaConvert
from messages import TEST_EVENT, completed, uploaded

POISON = [
    "not JSON at all",
    "",
    "[1, 2]",
    '"text"',
    "null",
    "{}",
    '{"Records": "none"}',
    '{"Records": [null]}',
    '{"Records": [{"eventSource": "aws:s3"}]}',
    '{"source": "aws.mediaconvert", "detail-type": "MediaConvert Job State Change"}',
    '{"source": "aws.ec2", "detail-type": "MediaConvert Job State Change", "detail": {}}',
    '{"source": "aws.mediaconvert", "detail-type": "MediaConvert Queue Hop", "detail": {}}',
]


@pytest.mark.parametrize("poison", POISON)
def test_a_poison_message_fails_alone_among_ten_good_ones(
    function: Function, mediaconvert: MediaConvert, poison: str
) -> None:
    good = [uploaded(f"talk-{number}.mov") for number in range(10)]
    assert function.deliver(*good[:4], poison, *good[4:]) == [4]
    assert len(mediaconvert.jobs) == 10
    assert {asset["Status"] for asset in function.assets()} == {"SUBMITTED"}


@pytest.mark.parametrize("poison", POISON)
def test_the_log_has_the_reason_for_a_refused_message(
    function: Function, capsys: pytest.CaptureFixture[str], poison: str
) -> None:
    function.deliver(poison)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["level"], last["message"]) == ("ERROR", "message refused")
    assert last["message_id"] == "message-0"
    assert len(last["reason"].split()) > 3


def test_a_message_without_a_body_fails_alone(function: Function) -> None:
    class Context:
        aws_request_id = "request-1"

        def get_remaining_time_in_millis(self) -> int:
            return 120_000

    records = [{"messageId": "a"}, {"messageId": "b", "body": json.dumps(TEST_EVENT)}]
    response = function.handler({"Records": records}, Context())
    assert response == {"batchItemFailures": [{"itemIdentifier": "a"}]}


def test_one_batch_may_hold_messages_of_both_queues(
    function: Function, mediaconvert: MediaConvert
) -> None:
    function.deliver(uploaded("a.mov"))
    assert function.deliver(completed(mediaconvert.jobs[0]), uploaded("b.mov"), TEST_EVENT) == []
    assert {asset["InputKey"]: asset["Status"] for asset in function.assets()} == {
        "a.mov": "COMPLETE",
        "b.mov": "SUBMITTED",
    }


def test_an_empty_batch_has_no_failures(function: Function) -> None:
    assert function.deliver() == []


def test_an_unexpected_error_fails_one_message_and_leaves_its_traceback_in_the_log(
    function: Function,
    mediaconvert: MediaConvert,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mediaconvert.behaviours.append(ZeroDivisionError("a bug"))
    assert function.deliver(uploaded("a.mov"), uploaded("b.mov")) == [0]
    assert [job["Settings"]["Inputs"][0]["FileInput"][-5:] for job in mediaconvert.jobs] == [
        "b.mov"
    ]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (failed,) = [line for line in lines if line["message"] == "message failed"]
    assert failed["level"] == "ERROR"
    assert "ZeroDivisionError" in failed["exception"]


def test_with_little_time_left_the_rest_of_the_batch_is_left_untouched(
    function: Function, mediaconvert: MediaConvert
) -> None:
    function.milliseconds_left = 39_999
    assert function.deliver(*[uploaded(f"{name}.mov") for name in "abc"]) == [1, 2]
    assert len(function.assets()) == len(mediaconvert.requests) == 1

    function.milliseconds_left = 40_000
    assert function.deliver(uploaded("b.mov"), uploaded("c.mov")) == []
    assert len(mediaconvert.jobs) == 3


def test_a_throttled_upload_is_retried_and_its_neighbours_are_not(
    function: Function, mediaconvert: MediaConvert, capsys: pytest.CaptureFixture[str]
) -> None:
    mediaconvert.behaviours += [None, *[ErrorResponse("TooManyRequestsException", 429)] * 3]
    batch: list[dict[str, Any]] = [uploaded(f"{name}.mov") for name in "abc"]
    assert function.deliver(*batch) == [1]
    assert '"message": "message will be retried"' in capsys.readouterr().out
    assert len(mediaconvert.jobs) == 2
