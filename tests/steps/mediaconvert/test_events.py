"""The events of a job, compared with AWS's documentation.

https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_event_list.html and the page of each
status.
"""

from __future__ import annotations

from typing import Any

import pytest

from planproof.emulation.account.model import ACCOUNT_ID
from tests.steps.mediaconvert.harness import QUEUE, START, Harness

COMMON = {
    "timestamp": int,
    "accountId": str,
    "queue": str,
    "jobId": str,
    "status": str,
    "userMetadata": dict,
}
FIELDS: dict[str, dict[str, type]] = {
    "PROGRESSING": COMMON,
    "INPUT_INFORMATION": {**COMMON, "inputDetails": list},
    "STATUS_UPDATE": {**COMMON, "framesDecoded": int, "jobProgress": dict},
    "COMPLETE": {
        **COMMON,
        "warnings": list,
        "outputGroupDetails": list,
        "paddingInserted": int,
        "blackVideoDetected": int,
    },
    "ERROR": {**COMMON, "errorCode": int, "errorMessage": str},
    "CANCELED": COMMON,
}
QVBR = {
    "widthInPx": int,
    "heightInPx": int,
    "averageBitrate": int,
    "qvbrAvgQuality": float,
    "qvbrMinQuality": float,
    "qvbrMaxQuality": float,
    "qvbrMinQualityLocation": int,
    "qvbrMaxQualityLocation": int,
}
OUTPUT = {"outputFilePaths": list, "durationInMs": int, "videoDetails": dict}
VIDEO = {
    "bitDepth": 8,
    "codec": "H_264",
    "colorFormat": "YUV_420",
    "fourCC": "avc1",
    "frameRate": 10,
    "height": 180,
    "interlaceMode": "PROGRESSIVE",
    "sar": "1:1",
    "standard": "UNSPECIFIED",
    "streamId": 1,
    "width": 320,
}
AUDIO = {"channels": 1, "codec": "AAC", "language": "UND", "sampleRate": 48000, "streamId": 2}


def kinds(found: dict[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in found.items()}


@pytest.fixture
def every_event() -> Harness:
    """A job that is COMPLETE, one that ends in ERROR, and one that is CANCELED."""
    harness = Harness(processing_seconds=15)
    harness.upload()
    harness.create_job(StatusUpdateInterval="SECONDS_10")
    harness.advance(30)
    harness.s3.delete_object(Bucket="uploads", Key="film.mp4")
    harness.create_job()
    harness.advance(30)
    harness.call("CancelJob", Id=harness.create_job()["Id"])
    return harness


@pytest.mark.parametrize("status", FIELDS)
def test_the_detail_has_the_documented_fields(every_event: Harness, status: str) -> None:
    found = [e for e in every_event.account.events if e["detail"]["status"] == status]
    assert found
    for event in found:
        assert kinds(event["detail"]) == FIELDS[status]


def test_the_envelope_names_source_type_and_job(harness: Harness) -> None:
    harness.upload()
    job = harness.run_job()
    assert len(harness.account.events) >= 2  # it begins and it ends
    for event in harness.account.events:
        assert event["source"] == "aws.mediaconvert"
        assert event["detail-type"] == "MediaConvert Job State Change"
        assert event["resources"] == [job["Arn"]]
        assert event["region"] == "us-east-1"
        assert event["detail"]["accountId"] == ACCOUNT_ID
        assert event["detail"]["queue"] == QUEUE
        assert event["detail"]["jobId"] == job["Id"]
        assert event["detail"]["userMetadata"] == {"AssetId": "one"}


def test_the_timestamp_is_in_milliseconds(harness: Harness) -> None:
    harness.upload()
    harness.run_job()
    start = int(START * 1000)
    assert harness.event_detail("PROGRESSING")["timestamp"] == start + 1_000
    assert harness.event_detail("COMPLETE")["timestamp"] == start + 3_000


def test_complete_lists_every_output(harness: Harness) -> None:
    harness.upload()
    harness.run_job()
    videos, poster = harness.event_detail("COMPLETE")["outputGroupDetails"]
    assert (videos["type"], poster["type"]) == ("FILE_GROUP", "FILE_GROUP")
    assert [d["outputFilePaths"] for d in videos["outputDetails"]] == [
        ["s3://renditions/assets/one/film_360p.mp4"],
        ["s3://renditions/assets/one/film_180p.mp4"],
    ]
    for detail in videos["outputDetails"]:
        assert kinds(detail) == OUTPUT
        assert kinds(detail["videoDetails"]) == QVBR
        assert 950 <= detail["durationInMs"] <= 1100
    assert videos["outputDetails"][1]["videoDetails"]["widthInPx"] == 320
    (image,) = poster["outputDetails"]
    assert image["outputFilePaths"] == ["s3://renditions/assets/one/film_poster.0000000.jpg"]
    assert image["videoDetails"] == {"widthInPx": 320, "heightInPx": 180}


def test_get_job_has_fewer_output_details_than_the_event(harness: Harness) -> None:
    harness.upload()
    videos, poster = harness.run_job()["OutputGroupDetails"]
    assert [d["VideoDetails"] for d in videos["OutputDetails"]] == [
        {"WidthInPx": 640, "HeightInPx": 360},
        {"WidthInPx": 320, "HeightInPx": 180},
    ]
    assert poster["OutputDetails"][0]["VideoDetails"] == {"WidthInPx": 320, "HeightInPx": 180}


def test_input_information_describes_the_tracks(harness: Harness) -> None:
    harness.upload()
    harness.run_job()
    assert harness.event_detail("INPUT_INFORMATION")["inputDetails"] == [
        {"id": 1, "uri": "s3://uploads/film.mp4", "audio": [AUDIO], "video": [VIDEO]}
    ]


def test_updates_follow_the_status_update_interval(harness: Harness) -> None:
    harness = Harness(processing_seconds=35)
    harness.upload()
    harness.run_job(StatusUpdateInterval="SECONDS_10")
    harness.advance(60)
    found = [
        e["detail"] for e in harness.account.events if e["detail"]["status"] == "STATUS_UPDATE"
    ]
    assert [d["jobProgress"]["jobPercentComplete"] for d in found] == [29, 57, 86]
    assert harness.statuses()[-1] == "COMPLETE"
    progress = found[0]["jobProgress"]
    assert progress["currentPhase"] == "TRANSCODING"
    assert progress["phaseProgress"]["PROBING"] == {"status": "COMPLETE", "percentComplete": 100}


def test_a_short_job_sends_no_updates(harness: Harness) -> None:
    harness.upload()
    harness.run_job(StatusUpdateInterval="SECONDS_10")
    harness.advance(60)
    assert "STATUS_UPDATE" not in harness.statuses()


def test_error_has_code_and_message_of_the_job(harness: Harness) -> None:
    failed = harness.run_job()
    detail = harness.event_detail("ERROR")
    assert (detail["errorCode"], detail["errorMessage"]) == (
        failed["ErrorCode"],
        failed["ErrorMessage"],
    )
