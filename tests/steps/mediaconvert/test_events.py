"""The events of a job, held against AWS's documentation.

https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_event_list.html and the page of each
status.
"""

from __future__ import annotations

from typing import Any

import pytest

from planproof.emulation.account.model import ACCOUNT_ID
from tests.steps.mediaconvert.scene import QUEUE, START, Scene

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
def every_event() -> Scene:
    """One job that is done, one that fails, one that is canceled."""
    scene = Scene(works_for=15)
    scene.upload()
    scene.create(StatusUpdateInterval="SECONDS_10")
    scene.run(30)
    scene.s3.delete_object(Bucket="uploads", Key="film.mp4")
    scene.create()
    scene.run(30)
    scene.ask("CancelJob", Id=scene.create()["Id"])
    return scene


@pytest.mark.parametrize("status", FIELDS)
def test_detail_has_the_fields_that_are_documented(every_event: Scene, status: str) -> None:
    found = [e for e in every_event.account.events if e["detail"]["status"] == status]
    assert found
    for event in found:
        assert kinds(event["detail"]) == FIELDS[status]


def test_envelope_names_source_kind_and_job(scene: Scene) -> None:
    scene.upload()
    job = scene.done()
    for event in scene.account.events:
        assert event["source"] == "aws.mediaconvert"
        assert event["detail-type"] == "MediaConvert Job State Change"
        assert event["resources"] == [job["Arn"]]
        assert event["region"] == "us-east-1"
        assert event["detail"]["accountId"] == ACCOUNT_ID
        assert event["detail"]["queue"] == QUEUE
        assert event["detail"]["jobId"] == job["Id"]
        assert event["detail"]["userMetadata"] == {"AssetId": "one"}


def test_timestamp_is_in_milliseconds(scene: Scene) -> None:
    scene.upload()
    scene.done()
    start = int(START * 1000)
    assert scene.detail("PROGRESSING")["timestamp"] == start + 1_000
    assert scene.detail("COMPLETE")["timestamp"] == start + 3_000


def test_complete_tells_of_every_output(scene: Scene) -> None:
    scene.upload()
    scene.done()
    videos, poster = scene.detail("COMPLETE")["outputGroupDetails"]
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


def test_job_shows_less_of_its_outputs_than_the_event(scene: Scene) -> None:
    scene.upload()
    videos, poster = scene.done()["OutputGroupDetails"]
    assert [d["VideoDetails"] for d in videos["OutputDetails"]] == [
        {"WidthInPx": 640, "HeightInPx": 360},
        {"WidthInPx": 320, "HeightInPx": 180},
    ]
    assert poster["OutputDetails"][0]["VideoDetails"] == {"WidthInPx": 320, "HeightInPx": 180}


def test_input_information_tells_what_the_upload_is(scene: Scene) -> None:
    scene.upload()
    scene.done()
    assert scene.detail("INPUT_INFORMATION")["inputDetails"] == [
        {"id": 1, "uri": "s3://uploads/film.mp4", "audio": [AUDIO], "video": [VIDEO]}
    ]


def test_updates_come_as_often_as_asked_while_the_job_works(scene: Scene) -> None:
    scene = Scene(works_for=35)
    scene.upload()
    scene.done(StatusUpdateInterval="SECONDS_10")
    scene.run(60)
    found = [e["detail"] for e in scene.account.events if e["detail"]["status"] == "STATUS_UPDATE"]
    assert [d["jobProgress"]["jobPercentComplete"] for d in found] == [29, 57, 86]
    assert scene.statuses()[-1] == "COMPLETE"
    progress = found[0]["jobProgress"]
    assert progress["currentPhase"] == "TRANSCODING"
    assert progress["phaseProgress"]["PROBING"] == {"status": "COMPLETE", "percentComplete": 100}


def test_short_job_sends_no_updates(scene: Scene) -> None:
    scene.upload()
    scene.done(StatusUpdateInterval="SECONDS_10")
    scene.run(60)
    assert "STATUS_UPDATE" not in scene.statuses()


def test_error_tells_code_and_message_of_the_job(scene: Scene) -> None:
    failed = scene.done()
    detail = scene.detail("ERROR")
    assert (detail["errorCode"], detail["errorMessage"]) == (
        failed["ErrorCode"],
        failed["ErrorMessage"],
    )
