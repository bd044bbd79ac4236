"""What is permanent is recorded, and what may pass is tried again."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from emulation import After, Answer, Clock, Function, MediaConvert
from messages import uploaded


@pytest.mark.parametrize(
    "passing",
    [
        Answer("TooManyRequestsException", 429),
        Answer("ThrottlingException", 400),
        Answer("Throttling", 400),
        Answer("InternalServerErrorException", 500),
        Answer("ConflictException", 409),
        After(ReadTimeoutError(endpoint_url="https://mediaconvert.eu-central-1.amazonaws.com")),
    ],
    ids=[
        "throttled",
        "throttled too",
        "throttled as well",
        "service fault",
        "conflict",
        "answer lost",
    ],
)
def test_a_passing_failure_is_repeated_at_once(
    function: Function, mediaconvert: MediaConvert, passing: Answer | After
) -> None:
    mediaconvert.behaviours += [passing, passing]
    assert function.deliver(uploaded()) == []
    assert len(mediaconvert.requests) == 3
    assert len(mediaconvert.jobs) == 1
    assert function.asset()["Status"] == "SUBMITTED"


def test_throttled_again_and_again_the_upload_waits_in_the_queue(
    function: Function, mediaconvert: MediaConvert, clock: Clock
) -> None:
    mediaconvert.behaviours += [Answer("TooManyRequestsException", 429)] * 3
    assert function.deliver(uploaded()) == [0]
    asset = function.asset()
    assert asset["Status"] == "RECEIVED"
    # No job can have come of it, so that nothing has to be looked up the next time.
    assert "ClaimedAt" not in asset

    clock.sleep(720)
    assert function.deliver(uploaded()) == []
    assert (len(mediaconvert.jobs), mediaconvert.listings) == (1, [])


def test_a_missing_permission_keeps_the_upload_in_the_queue(
    function: Function, mediaconvert: MediaConvert
) -> None:
    mediaconvert.behaviours.append(Answer("AccessDeniedException", 403))
    assert function.deliver(uploaded()) == [0]
    assert len(mediaconvert.requests) == 1
    assert function.asset()["Status"] == "RECEIVED"

    assert function.deliver(uploaded()) == []
    assert function.asset()["Status"] == "SUBMITTED"


def test_a_permanent_error_is_recorded_and_the_message_is_done(
    function: Function, mediaconvert: MediaConvert
) -> None:
    mediaconvert.behaviours.append(Answer("BadRequestException", 400, "/inputs: not supported"))
    assert function.deliver(uploaded()) == []
    asset = function.asset()
    assert (asset["Status"], asset["ErrorCode"]) == ("ERROR", "BadRequestException")
    assert "/inputs: not supported" in asset["ErrorMessage"]
    assert "ClaimedAt" not in asset

    assert function.deliver(uploaded()) == []
    assert len(mediaconvert.requests) == 1
    assert function.asset() == asset


def test_a_throttled_table_fails_the_message_and_makes_no_job(
    function: Function, mediaconvert: MediaConvert
) -> None:
    function.fail_dynamodb("PutItem", Answer("ProvisionedThroughputExceededException", 400))
    assert function.deliver(uploaded()) == [0]
    assert mediaconvert.requests == []
    assert function.deliver(uploaded()) == []
    assert len(mediaconvert.jobs) == 1


def test_a_very_long_reason_is_recorded_in_part(
    function: Function, mediaconvert: MediaConvert
) -> None:
    mediaconvert.behaviours.append(Answer("BadRequestException", 400, "x" * 500_000))
    assert function.deliver(uploaded()) == []
    assert len(function.asset()["ErrorMessage"]) == 2_000


def test_the_log_says_which_upload_was_rejected_and_why(
    function: Function, mediaconvert: MediaConvert, capsys: pytest.CaptureFixture[str]
) -> None:
    mediaconvert.behaviours.append(Answer("BadRequestException", 400, "/inputs: not supported"))
    function.deliver(uploaded())
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["level"], line["message"]) == ("ERROR", "asset rejected")
    assert line["asset_id"] == function.asset()["AssetId"]
    assert line["error_code"] == "BadRequestException"
    assert line["reason"].endswith("/inputs: not supported")


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_an_error_of_the_table_without_a_code_is_not_taken_for_another_delivery(
    function: Function,
    mediaconvert: MediaConvert,
    capsys: pytest.CaptureFixture[str],
    operation: str,
) -> None:
    function.fail_dynamodb(operation, ClientError({}, operation))
    assert function.deliver(uploaded()) == [0]
    assert mediaconvert.requests == []
    failed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert failed["message"] == "message failed"
    assert failed["reason"].startswith("ClientError(")
