"""One upload becomes one asset with one job, however often it is delivered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import lambda_function
import pytest
from emulation import Clock, ErrorResponse, Function, MediaConvert
from messages import TEST_EVENT, s3_record, uploaded


def test_an_upload_becomes_a_job_and_its_record(
    function: Function, mediaconvert: MediaConvert
) -> None:
    assert function.deliver(uploaded("talks/opening.mov", version="v1", size=42)) == []

    (job,) = mediaconvert.jobs
    asset = function.asset()
    asset_id = asset.pop("AssetId")
    assert job["UserMetadata"] == {"AssetId": asset_id, "AssetsTable": "video-assets-test"}
    assert asset == {
        "Status": "SUBMITTED",
        "JobId": job["Id"],
        "InputBucket": "video-input-test",
        "InputKey": "talks/opening.mov",
        "InputVersion": "v1",
        "InputSize": 42,
        "InputETag": "d41d8cd98f00b204e9800998ecf8427e",
        "OutputPrefix": f"assets/{asset_id}/",
        "CreatedAt": "2026-03-01T12:00:00.000+00:00",
        "UpdatedAt": "2026-03-01T12:00:00.000+00:00",
    }


def test_records_carry_the_time_of_day(table: Any, mediaconvert: MediaConvert) -> None:
    before = datetime.now(UTC)
    function = Function(lambda_function.handler, table)
    assert function.deliver(uploaded()) == []
    asset = function.asset()
    created, updated = (datetime.fromisoformat(asset[name]) for name in ("CreatedAt", "UpdatedAt"))
    assert before - timedelta(milliseconds=1) <= created <= updated <= datetime.now(UTC)


def test_submitted_assets_are_found_by_status(function: Function) -> None:
    function.deliver(uploaded())
    found = function.table.query(
        IndexName="StatusIndex",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "Status"},
        ExpressionAttributeValues={":s": "SUBMITTED"},
    )
    assert found["Items"] == [function.asset()]


@pytest.mark.parametrize("later", [0, 5, 720])
def test_a_repeated_message_makes_no_second_job(
    function: Function, mediaconvert: MediaConvert, clock: Clock, later: int
) -> None:
    function.deliver(uploaded())
    known = function.asset()
    clock.sleep(later)

    assert function.deliver(uploaded(), uploaded()) == []
    assert len(mediaconvert.requests) == 1
    assert function.asset() == known


def test_two_copies_in_one_batch_make_one_job(
    function: Function, mediaconvert: MediaConvert
) -> None:
    assert function.deliver(uploaded(), uploaded()) == []
    assert len(mediaconvert.requests) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"key": "lectures/opening.mov"},
        {"key": "talks/opening.mp4"},
        {"version": "version-2"},
        {"version": None},
    ],
)
def test_same_name_elsewhere_or_another_version_is_another_asset(
    function: Function, mediaconvert: MediaConvert, other: dict[str, str | None]
) -> None:
    assert function.deliver(uploaded(), uploaded(**other)) == []

    destinations = {
        group["OutputGroupSettings"]["FileGroupSettings"]["Destination"].rpartition("/")[0]
        for job in mediaconvert.jobs
        for group in job["Settings"]["OutputGroups"]
    }
    assert len(function.assets()) == len(mediaconvert.jobs) == len(destinations) == 2


def test_an_empty_file_is_an_error_without_a_job(
    function: Function, mediaconvert: MediaConvert
) -> None:
    assert function.deliver(uploaded(size=0)) == []
    asset = function.asset()
    assert (asset["Status"], asset["ErrorCode"]) == ("ERROR", "EmptyFile")
    assert "0 bytes" in asset["ErrorMessage"]
    assert mediaconvert.requests == []


def test_one_failed_upload_of_an_event_does_not_affect_the_others(
    function: Function, mediaconvert: MediaConvert
) -> None:
    event = {"Records": [s3_record(f"{name}.mov") for name in ("a", "b", "c")]}
    mediaconvert.behaviours += [None, ErrorResponse("AccessDeniedException", 403), None]

    assert function.deliver(event) == [0]
    assert [job["Settings"]["Inputs"][0]["FileInput"][-5:] for job in mediaconvert.jobs] == [
        "a.mov",
        "c.mov",
    ]
    assert function.deliver(event) == []
    assert len(mediaconvert.jobs) == 3
    assert {asset["Status"] for asset in function.assets()} == {"SUBMITTED"}


@pytest.mark.parametrize(
    "message",
    [
        TEST_EVENT,
        uploaded(event_name="ObjectRemoved:Delete"),
        uploaded(event_name="ObjectRestore:Completed"),
        uploaded("talks/", size=0),
        {"Records": []},
    ],
    ids=["test event", "deletion", "restore", "folder of the console", "no records"],
)
def test_other_messages_have_no_effect(
    function: Function, mediaconvert: MediaConvert, message: dict[str, object]
) -> None:
    assert function.deliver(message) == []
    assert (function.assets(), mediaconvert.requests) == ([], [])


def test_an_upload_among_other_records_is_submitted(
    function: Function, mediaconvert: MediaConvert
) -> None:
    others = [s3_record("a.mov", event_name="ObjectRemoved:Delete"), s3_record("talks/", size=0)]
    assert function.deliver({"Records": [*others, s3_record("b.mov")]}) == []
    assert [asset["InputKey"] for asset in function.assets()] == ["b.mov"]


def test_an_upload_elsewhere_is_refused_and_its_neighbours_are_not(
    function: Function, mediaconvert: MediaConvert, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = s3_record("a.mov", bucket="somebody-elses")
    assert function.deliver({"Records": [foreign, s3_record("b.mov")]}) == [0]
    assert [asset["InputKey"] for asset in function.assets()] == ["b.mov"]
    assert "somebody-elses" in capsys.readouterr().out
