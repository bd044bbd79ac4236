"""The record follows its job, even with late, repeated and foreign events."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest
from emulation import Clock, ErrorResponse, Function, MediaConvert
from messages import completed, state_change, uploaded


@pytest.fixture
def job(function: Function, mediaconvert: MediaConvert) -> dict[str, Any]:
    """The job of an asset that is submitted."""
    function.deliver(uploaded())
    return mediaconvert.jobs[0]


def test_a_job_in_progress_is_recorded_with_both_times(
    function: Function, job: dict[str, Any], clock: Clock
) -> None:
    submitted = function.asset()
    clock.sleep(7)
    assert function.deliver(state_change("PROGRESSING", job, timestamp=1_772_366_401_234)) == []
    assert function.asset() == {
        **submitted,
        "Status": "PROGRESSING",
        "JobEventAt": 1_772_366_401_234,
        "UpdatedAt": "2026-03-01T12:00:07.000+00:00",
    }


def test_completion_is_final_and_names_the_files(function: Function, job: dict[str, Any]) -> None:
    assert function.deliver(completed(job)) == []
    asset = function.asset()
    destination = f"s3://video-output-test/{asset['OutputPrefix']}opening"
    assert asset["Status"] == "COMPLETE"
    assert asset["Outputs"] == [
        f"{destination}_1080p.mp4",
        f"{destination}_720p.mp4",
        f"{destination}_poster.0000000.jpg",
    ]


def test_an_error_is_recorded_with_its_reason(function: Function, job: dict[str, Any]) -> None:
    event = state_change("ERROR", job, errorCode=1401, errorMessage="Unable to open input file")
    assert function.deliver(event) == []
    asset = function.asset()
    assert asset["Status"] == "ERROR"
    assert (asset["ErrorCode"], asset["ErrorMessage"]) == ("1401", "Unable to open input file")


def test_an_error_without_a_reason_and_one_with_a_very_long_one_are_recorded(
    function: Function, mediaconvert: MediaConvert
) -> None:
    function.deliver(uploaded("a.mov"), uploaded("b.mov"))
    first, second = mediaconvert.jobs
    long = state_change("ERROR", second, errorCode=1, errorMessage="x" * 500_000)
    assert function.deliver(state_change("ERROR", first), long) == []
    reasons = {
        asset["InputKey"]: (asset["ErrorCode"], asset["ErrorMessage"])
        for asset in function.assets()
    }
    assert reasons["a.mov"] == ("Unknown", "MediaConvert gave no reason.")
    assert reasons["b.mov"] == ("1", "x" * 2_000)


def test_every_file_is_named_however_many_there_are(
    function: Function, job: dict[str, Any]
) -> None:
    paths = [f"s3://video-output-test/frame.{number:07}.jpg" for number in range(2_001)]
    groups = [{"outputDetails": [{"outputFilePaths": paths}]}]
    assert function.deliver(state_change("COMPLETE", job, outputGroupDetails=groups)) == []
    assert function.asset()["Outputs"] == paths


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"outputGroupDetails": []},
        {"outputGroupDetails": [{"type": "FILE_GROUP"}]},
        {"outputGroupDetails": [{"outputDetails": [{"durationInMs": 30_041}]}]},
    ],
    ids=["no groups named", "no groups", "no outputs", "no paths"],
)
def test_completion_without_files_is_completion(
    function: Function, job: dict[str, Any], details: dict[str, Any]
) -> None:
    assert function.deliver(state_change("COMPLETE", job, **details)) == []
    asset = function.asset()
    assert (asset["Status"], asset["Outputs"]) == ("COMPLETE", [])


FINAL = ["COMPLETE", "ERROR", "CANCELED"]


@pytest.mark.parametrize("late", ["PROGRESSING", *FINAL])
@pytest.mark.parametrize("final", FINAL)
def test_nothing_moves_a_finished_asset(
    function: Function, job: dict[str, Any], final: str, late: str
) -> None:
    function.deliver(state_change(final, job, timestamp=2))
    finished = function.asset()
    assert finished["Status"] == final

    assert function.deliver(state_change(late, job, timestamp=1)) == []
    assert function.deliver(state_change(late, job, timestamp=3)) == []
    assert function.deliver(uploaded()) == []
    assert function.asset() == finished


def test_a_repeated_status_changes_nothing(function: Function, job: dict[str, Any]) -> None:
    function.deliver(state_change("PROGRESSING", job, timestamp=1))
    known = function.asset()
    assert function.deliver(state_change("PROGRESSING", job, timestamp=2)) == []
    assert function.asset() == known


def test_the_log_has_the_known_state_for_an_event_that_changes_nothing(
    function: Function, job: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    function.deliver(completed(job))
    capsys.readouterr()
    function.deliver(state_change("PROGRESSING", {**job, "Id": "1772366400000-other"}))
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line["message"] == "event changes nothing"
    assert (line["status"], line["job_id"]) == ("PROGRESSING", "1772366400000-other")
    assert (line["known_status"], line["known_job_id"]) == ("COMPLETE", job["Id"])


def test_records_are_read_consistently(function: Function, job: dict[str, Any]) -> None:
    """By default, DynamoDB may return an older version of a record.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
    """
    reads: list[dict[str, Any]] = []
    function.table.meta.client.meta.events.register(
        "provide-client-params.dynamodb.GetItem", lambda params, **_: reads.append(params)
    )
    function.deliver(uploaded(), state_change("COMPLETE", job), state_change("PROGRESSING", job))
    assert [read["ConsistentRead"] for read in reads] == [True, True]


LATER = ["upload again", "PROGRESSING", "PROGRESSING again", "COMPLETE"]


@pytest.mark.parametrize("order", list(permutations(LATER)), ids=" < ".join)
def test_in_any_order_the_end_is_the_same(
    function: Function, mediaconvert: MediaConvert, order: tuple[str, ...]
) -> None:
    function.deliver(uploaded())
    (job,) = mediaconvert.jobs
    messages = {
        "upload again": uploaded(),
        "PROGRESSING": state_change("PROGRESSING", job, timestamp=1),
        "PROGRESSING again": state_change("PROGRESSING", job, timestamp=1),
        "COMPLETE": completed(job, timestamp=2),
    }
    for name in order:
        assert function.deliver(messages[name]) == []
    asset = function.asset()
    assert (asset["Status"], asset["JobId"]) == ("COMPLETE", job["Id"])
    assert len(asset["Outputs"]) == 3
    assert len(mediaconvert.requests) == 1


@pytest.mark.parametrize("status", ["PROGRESSING", *FINAL])
def test_another_job_of_the_same_asset_changes_nothing(
    function: Function, job: dict[str, Any], status: str
) -> None:
    known = function.asset()
    older = {**job, "Id": "1772360000000-older"}
    assert function.deliver(state_change(status, older)) == []
    assert function.asset() == known


@pytest.mark.parametrize(
    "status", ["STATUS_UPDATE", "INPUT_INFORMATION", "NEW_WARNING", "QUEUE_HOP", "SUBMITTED"]
)
def test_details_and_warnings_change_nothing(
    function: Function, job: dict[str, Any], status: str
) -> None:
    known = function.asset()
    assert function.deliver(state_change(status, job)) == []
    assert function.asset() == known


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"Owner": "another pipeline"},
        {"AssetId": "0" * 32, "AssetsTable": "video-assets-other"},
    ],
    ids=["none", "of another kind", "of another environment"],
)
def test_other_jobs_of_the_account_are_ignored(
    function: Function,
    job: dict[str, Any],
    metadata: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = function.asset()
    capsys.readouterr()
    event = state_change("COMPLETE", job, user_metadata=metadata)
    assert function.deliver(event) == []
    assert function.asset() == known
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line["message"] == "state change concerns no asset here"
    assert line["event_id"] == event["id"]


@pytest.mark.parametrize("owner", [{"AssetsTable": "video-assets-test"}, {}])
def test_a_status_for_an_unknown_asset_fails_its_message(
    function: Function,
    job: dict[str, Any],
    owner: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    event = state_change("COMPLETE", job, user_metadata={"AssetId": "0" * 32, **owner})
    assert function.deliver(event) == [0]
    assert [asset["Status"] for asset in function.assets()] == ["SUBMITTED"]
    assert f"there is no asset '{'0' * 32}'" in capsys.readouterr().out


def test_a_throttled_table_fails_the_message_and_loses_no_status(
    function: Function, job: dict[str, Any]
) -> None:
    function.fail_dynamodb("UpdateItem", ErrorResponse("ThrottlingException", 400))
    assert function.deliver(completed(job)) == [0]
    assert function.asset()["Status"] == "SUBMITTED"
    assert function.deliver(completed(job)) == []
    assert function.asset()["Status"] == "COMPLETE"


@pytest.mark.parametrize("missing", ["jobId", "status", "timestamp"])
def test_a_malformed_event_is_refused(
    function: Function, job: dict[str, Any], missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event = completed(job)
    del event["detail"][missing]
    assert function.deliver(event) == [0]
    assert missing in capsys.readouterr().out


@pytest.mark.parametrize("detail", [None, [], "COMPLETE"])
def test_an_event_without_a_proper_detail_is_refused(
    function: Function, job: dict[str, Any], detail: object
) -> None:
    assert function.deliver({**completed(job), "detail": detail}) == [0]
