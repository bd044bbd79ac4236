"""A permanent failure is recorded, and a transient one is retried."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from emulation import After, Clock, ErrorResponse, Function, MediaConvert
from messages import uploaded


@pytest.mark.parametrize(
    "transient",
    [
        ErrorResponse("TooManyRequestsException", 429),
        ErrorResponse("ThrottlingException", 400),
        ErrorResponse("Throttling", 400),
        ErrorResponse("InternalServerErrorException", 500),
        ErrorResponse("ConflictException", 409),
        After(ReadTimeoutError(endpoint_url="https://mediaconvert.eu-central-1.amazonaws.com")),
    ],
    ids=[
        "throttled",
        "throttled too",
        "throttled as well",
        "service fault",
        "conflict",
        "response lost",
    ],
)
def test_a_transient_failure_is_retried_at_once(
    function: Function, mediaconvert: MediaConvert, transient: ErrorResponse | After
) -> None:
    mediaconvert.behaviours += [transient, transient]
    assert function.deliver(uploaded()) == []
    assert len(mediaconvert.requests) == 3
    assert len(mediaconvert.jobs) == 1
    assert function.asset()["Status"] == "SUBMITTED"


def test_an_upload_that_stays_throttled_waits_in_the_queue(
    function: Function, mediaconvert: MediaConvert, clock: Clock
) -> None:
    mediaconvert.behaviours += [ErrorResponse("TooManyRequestsException", 429)] * 3
    assert function.deliver(uploaded()) == [0]
    asset = function.asset()
    assert asset["Status"] == "RECEIVED"
    # No job can exist, so the next delivery need not look for one.
    assert "ClaimedAt" not in asset

    clock.sleep(720)
    assert function.deliver(uploaded()) == []
    assert (len(mediaconvert.jobs), mediaconvert.listings) == (1, [])


def test_a_missing_permission_keeps_the_upload_in_the_queue(
    function: Function, mediaconvert: MediaConvert
) -> None:
    mediaconvert.behaviours.append(ErrorResponse("AccessDeniedException", 403))
    assert function.deliver(uploaded()) == [0]
    assert len(mediaconvert.requests) == 1
    assert function.asset()["Status"] == "RECEIVED"

    assert function.deliver(uploaded()) == []
    assert function.asset()["Status"] == "SUBMITTED"


def test_a_permanent_error_is_recorded_and_the_message_is_done(
    function: Function, mediaconvert: MediaConvert
) -> None:
    mediaconvert.behaviours.append(
        ErrorResponse("BadRequestException", 400, "/inputs: not supported")
    )
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
    function.fail_dynamodb("PutItem", ErrorResponse("ProvisionedThroughputExceededException", 400))
    assert function.deliver(uploaded()) == [0]
    assert mediaconvert.requests == []
    assert function.deliver(uploaded()) == []
    assert len(mediaconvert.jobs) == 1


def test_a_long_reason_is_truncated(function: Function, mediaconvert: MediaConvert) -> None:
    mediaconvert.behaviours.append(ErrorResponse("BadRequestException", 400, "x" * 500_000))
    assert function.deliver(uploaded()) == []
    assert len(function.asset()["ErrorMessage"]) == 2_000


def test_the_log_says_which_upload_was_rejected_and_why(
    function: Function, mediaconvert: MediaConvert, capsys: pytest.CaptureFixture[str]
) -> None:
    mediaconvert.behaviours.append(
        ErrorResponse("BadRequestException", 400, "/inputs: not supported")
    )
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
