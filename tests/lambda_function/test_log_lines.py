"""The lines of the log: an operator searches for these words and ids."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from emulation import After, Clock, ErrorResponse, Function, FunctionDied, MediaConvert
from messages import TEST_EVENT, completed, s3_record, state_change, uploaded


@pytest.fixture
def logged(function: Function, capsys: pytest.CaptureFixture[str]) -> Any:
    """Delivers messages and returns their log lines, without times and common ids."""

    def deliver(*bodies: Any) -> list[dict[str, Any]]:
        capsys.readouterr()
        function.deliver(*bodies)
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        for line in lines:
            assert line.pop("request_id") == "request-1"
            assert line.pop("receive_count") == 1
            del line["timestamp"], line["message_id"]
        return lines

    return deliver


def about(function: Function, **fields: Any) -> dict[str, Any]:
    """A line about the only asset there is."""
    return {"asset_id": function.asset()["AssetId"], "key": "talks/opening.mov", **fields}


def test_an_upload_that_was_settled_before(logged: Any, function: Function) -> None:
    logged(uploaded())
    assert logged(uploaded()) == [
        about(
            function,
            level="INFO",
            message="upload was settled before",
            status="SUBMITTED",
            job_id=function.asset()["JobId"],
        )
    ]


def test_a_job_that_was_found_again(
    logged: Any, function: Function, mediaconvert: MediaConvert, clock: Clock
) -> None:
    mediaconvert.behaviours.append(After(FunctionDied()))
    with pytest.raises(FunctionDied):
        function.deliver(uploaded())
    clock.sleep(720)
    found, submitted = logged(uploaded())
    assert found == about(
        function,
        level="WARNING",
        message="job of an earlier delivery found",
        job_id=mediaconvert.jobs[0]["Id"],
    )
    assert submitted["message"] == "asset submitted"


def test_a_job_that_reported_first(
    logged: Any, function: Function, mediaconvert: MediaConvert
) -> None:
    def report() -> None:
        function.deliver(state_change("PROGRESSING", mediaconvert.jobs[0]))

    function.intervene("before-call", "UpdateItem", report, call=2)
    assert logged(uploaded())[-1] == about(
        function,
        level="INFO",
        message="asset had its job already",
        job_id=mediaconvert.jobs[0]["Id"],
    )


def test_a_second_job_of_an_asset(
    logged: Any, function: Function, mediaconvert: MediaConvert
) -> None:
    def report() -> None:
        other = {**mediaconvert.jobs[0], "Id": "1772366400000-other"}
        function.deliver(state_change("PROGRESSING", other))

    function.intervene("before-call", "UpdateItem", report, call=2)
    assert logged(uploaded())[-1] == about(
        function,
        level="ERROR",
        message="asset has another job already",
        job_id=mediaconvert.jobs[0]["Id"],
        known_job_id="1772366400000-other",
    )


def test_a_delivery_that_was_overtaken(logged: Any, function: Function) -> None:
    def overtake() -> None:
        function.deliver(uploaded())

    function.intervene("before-call", "UpdateItem", overtake)
    failed, retried = logged(uploaded())[-2:]
    reason = "another delivery of the same upload is at work"
    assert failed == about(
        function,
        level="WARNING",
        message="upload failed",
        reason=f"TransientError('{reason}')",
    )
    assert retried == {"level": "WARNING", "message": "message will be retried", "reason": reason}


def test_of_several_uploads_the_one_that_failed(
    logged: Any, function: Function, mediaconvert: MediaConvert
) -> None:
    mediaconvert.behaviours += [None, ErrorResponse("AccessDeniedException", 403, "not allowed")]
    nameless = {**s3_record(), "s3": {}}
    event = {"Records": [s3_record("a.mov"), s3_record("b.mov"), nameless]}
    first, second, third, retried = logged(event)
    ids = {asset["InputKey"]: asset["AssetId"] for asset in function.assets()}
    assert (first["message"], first["asset_id"]) == ("asset submitted", ids["a.mov"])
    assert (second["message"], second["asset_id"]) == ("upload failed", ids["b.mov"])
    assert second["key"] == "b.mov"
    # The upload is unknown.
    assert third == {
        "level": "WARNING",
        "message": "upload failed",
        "reason": "MessageError(\"the S3 record is malformed: KeyError('bucket')\")",
    }
    assert retried["reason"].endswith("CreateJob operation: not allowed")


def test_an_unconfirmed_job(logged: Any, function: Function, mediaconvert: MediaConvert) -> None:
    no_response = ReadTimeoutError(endpoint_url="https://mediaconvert.eu-central-1.amazonaws.com")
    mediaconvert.behaviours += [no_response] * 3
    assert logged(uploaded())[-1] == {
        "level": "WARNING",
        "message": "message will be retried",
        "reason": f"CreateJob did not return a job: {no_response}",
    }


def test_an_empty_file(logged: Any, function: Function) -> None:
    reason = "The file has 0 bytes; upload it again with its content."
    assert logged(uploaded(size=0)) == [
        about(
            function,
            level="ERROR",
            message="asset rejected",
            error_code="EmptyFile",
            reason=reason,
        )
    ]
    assert function.asset()["ErrorMessage"] == reason


def test_what_is_no_upload(logged: Any) -> None:
    assert logged(TEST_EVENT, uploaded(event_name="ObjectRemoved:Delete")) == [
        {
            "level": "INFO",
            "message": "test event of S3 received",
            "bucket": "video-input-test",
        },
        {"level": "INFO", "message": "not an upload", "event_name": "ObjectRemoved:Delete"},
    ]


def test_a_bug(logged: Any, mediaconvert: MediaConvert) -> None:
    mediaconvert.behaviours.append(ZeroDivisionError("a bug"))
    failed = logged(uploaded())[-1]
    assert failed.pop("exception").splitlines()[-1] == "ZeroDivisionError: a bug"
    assert failed == {
        "level": "ERROR",
        "message": "message failed",
        "reason": "ZeroDivisionError('a bug')",
    }


def test_an_invocation_with_little_time_left(logged: Any, function: Function) -> None:
    function.milliseconds_left = 39_999
    assert logged(TEST_EVENT, uploaded())[-1] == {
        "level": "WARNING",
        "message": "message will be retried",
        "reason": "too little time is left in this invocation",
    }


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "poison",
            "the body of the message is not JSON: Expecting value: line 1 column 1 (char 0)",
        ),
        ("[1, 2]", "the body of the message is a list, not a JSON object"),
        ({}, "the message is neither an S3 event nor a MediaConvert state change"),
        (
            uploaded(bucket="elsewhere"),
            "the S3 record is about bucket 'elsewhere', but uploads arrive in 'video-input-test'",
        ),
        (
            {"Records": [{"eventSource": "aws:sns"}]},
            "the S3 record is malformed: ValueError(\"eventSource is 'aws:sns'\")",
        ),
        (
            uploaded(version=None, sequencer=None, etag=""),
            "the S3 record is malformed: "
            "ValueError('neither versionId nor sequencer nor eTag says which upload it was')",
        ),
        (
            {"source": "aws.mediaconvert", "detail-type": "MediaConvert Job State Change"},
            "the MediaConvert event is malformed: KeyError('detail')",
        ),
    ],
    ids=["no JSON", "no object", "neither", "elsewhere", "no S3", "nameless", "no detail"],
)
def test_a_message_that_is_refused(logged: Any, message: Any, reason: str) -> None:
    assert logged(message)[-1] == {"level": "ERROR", "message": "message refused", "reason": reason}


def test_a_job_of_an_unknown_asset(
    logged: Any, function: Function, mediaconvert: MediaConvert
) -> None:
    function.deliver(uploaded())
    (job,) = mediaconvert.jobs
    metadata = {"AssetId": "0" * 32}
    assert logged(state_change("COMPLETE", job, user_metadata=metadata))[-1] == {
        "level": "ERROR",
        "message": "message refused",
        "reason": f"there is no asset '{'0' * 32}' in table 'video-assets-test'",
    }


def test_a_state_change(logged: Any, function: Function, mediaconvert: MediaConvert) -> None:
    function.deliver(uploaded())
    (job,) = mediaconvert.jobs
    assert logged(completed(job)) == [
        {
            "level": "INFO",
            "message": "asset followed its job",
            "status": "COMPLETE",
            "asset_id": function.asset()["AssetId"],
            "job_id": job["Id"],
        }
    ]


@pytest.mark.parametrize(("count", "told"), [("7", 7), (None, 1)])
def test_a_line_has_the_receive_count(
    function: Function, capsys: pytest.CaptureFixture[str], count: str | None, told: int
) -> None:
    class Context:
        aws_request_id = "request-1"

        def get_remaining_time_in_millis(self) -> int:
            return 120_000

    record: dict[str, Any] = {"messageId": "a", "body": json.dumps(TEST_EVENT)}
    if count is not None:
        record["attributes"] = {"ApproximateReceiveCount": count}
    function.handler({"Records": [record, {**record, "attributes": {}}]}, Context())
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["receive_count"], second["receive_count"]) == (told, 1)


def test_the_line_of_a_throttled_upload_has_the_error_of_the_service(
    logged: Any, mediaconvert: MediaConvert
) -> None:
    mediaconvert.behaviours += [ErrorResponse("TooManyRequestsException", 429, "slow down")] * 3
    assert logged(uploaded())[-1]["reason"].endswith("CreateJob operation: slow down")
