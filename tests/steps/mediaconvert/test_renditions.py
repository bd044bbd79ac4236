"""The outputs of a job, read with PyAV."""

from __future__ import annotations

import io
from typing import Any

import av
import pytest

from steps.mediaconvert.clip import clip
from steps.mediaconvert.memory_file import MemoryFile
from tests.steps.mediaconvert.harness import Harness, group, mp4, poster, settings

KEYS = [
    "a film.mp4",
    "ü/ñ/电影.mp4",
    "a+b.mp4",
    "a%20b.mp4",
    "100%.mp4",
    "a//b.mp4",
    "/a.mp4",
    "no-extension",
    "a&b=c?d#e;f.mp4",
    "k" * 1_024,
]


def probed(content: bytes) -> tuple[Any, ...]:
    with av.open(io.BytesIO(content)) as file:
        (video,) = file.streams.video
        frames = sum(1 for _ in file.decode(video))
        audio = [(a.codec_context.name, a.codec_context.sample_rate) for a in file.streams.audio]
        context = video.codec_context
        return context.name, context.width, context.height, frames, audio


def test_renditions_have_the_size_and_codec_of_the_settings(harness: Harness) -> None:
    harness.upload()
    groups = [
        group(mp4("_1080p", 1920, 1080), mp4("_720p", 1280, 720)),
        group(poster("_poster", 1280, 720)),
    ]
    harness.run_job(Settings={**settings(), "OutputGroups": groups})
    written = harness.output_objects()
    kinds = {key: found["ContentType"] for key, found in written.items()}
    assert kinds == {
        "assets/one/film_1080p.mp4": "video/mp4",
        "assets/one/film_720p.mp4": "video/mp4",
        "assets/one/film_poster.0000000.jpg": "image/jpeg",
    }
    content = {key.rpartition("film")[2]: found["Body"].read() for key, found in written.items()}
    audio = [("aac", 48_000)]
    assert probed(content["_1080p.mp4"]) == ("h264", 1920, 1080, 10, audio)
    assert probed(content["_720p.mp4"]) == ("h264", 1280, 720, 10, audio)
    assert probed(content["_poster.0000000.jpg"]) == ("mjpeg", 1280, 720, 1, [])
    # The index comes first: PROGRESSIVE_DOWNLOAD.
    assert content["_720p.mp4"].index(b"moov") < content["_720p.mp4"].index(b"mdat")


def test_a_rendition_of_a_video_without_audio_has_none(harness: Harness) -> None:
    harness.upload(content=clip(audio=False))
    assert harness.run_job()["Status"] == "COMPLETE"
    body = harness.output_objects()["assets/one/film_180p.mp4"]["Body"].read()
    assert probed(body) == ("h264", 320, 180, 10, [])


def one_output(**video: Any) -> dict[str, Any]:
    """Settings with one output; None removes a member of its video description."""
    output = mp4("_x", 320, 240)
    changed = {**output["VideoDescription"], **video}
    output["VideoDescription"] = {k: v for k, v in changed.items() if v is not None}
    return {**settings(), "OutputGroups": [group(output)]}


H265 = {"Codec": "H_265", "H265Settings": {"RateControlMode": "CBR", "Bitrate": 500_000}}


@pytest.mark.parametrize(
    ("video", "found"),
    [
        ({"Width": None, "Height": None}, ("h264", 320, 180)),
        ({"Width": 160, "Height": None}, ("h264", 160, 90)),
        ({"Width": None, "Height": 360}, ("h264", 640, 360)),
        ({"ScalingBehavior": "STRETCH_TO_OUTPUT"}, ("h264", 320, 240)),
        ({"ScalingBehavior": "FILL"}, ("h264", 320, 240)),
        ({"CodecSettings": H265}, ("hevc", 320, 240)),
    ],
)
def test_size_and_codec_follow_the_settings(
    harness: Harness, video: dict[str, Any], found: tuple[str, int, int]
) -> None:
    harness.upload()
    assert harness.run_job(Settings=one_output(**video))["Status"] == "COMPLETE"
    body = harness.output_objects()["assets/one/film_x.mp4"]["Body"].read()
    assert probed(body)[:3] == found


@pytest.mark.parametrize(
    ("scaling", "black"), [("DEFAULT", True), ("STRETCH_TO_OUTPUT", False), ("FILL", False)]
)
def test_scaling_behavior_decides_on_black_bars(
    harness: Harness, scaling: str, black: bool
) -> None:
    harness.upload()
    harness.run_job(Settings=one_output(ScalingBehavior=scaling))
    body = harness.output_objects()["assets/one/film_x.mp4"]["Body"].read()
    with av.open(io.BytesIO(body)) as file:
        frame = next(file.decode(video=0))
    top = bytes(frame.planes[0])[:320]
    assert (max(top) < 32) is black


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_a_key_is_not_decoded(harness: Harness, key: str) -> None:
    harness.upload(key)
    assert harness.run_job(Settings=settings(key))["Status"] == "COMPLETE"


def test_a_folder_as_destination_takes_the_name_of_the_input(harness: Harness) -> None:
    harness.upload("in/a.film.mp4")
    job_settings = settings("in/a.film.mp4")
    files = job_settings["OutputGroups"][0]["OutputGroupSettings"]["FileGroupSettings"]
    files["Destination"] = "s3://renditions/out/"
    harness.run_job(Settings=job_settings)
    assert "out/a.film_180p.mp4" in harness.output_objects()


def test_captures_are_numbered_from_zero_and_the_last_is_reported(harness: Harness) -> None:
    harness.upload(content=clip(seconds=2))
    job_settings = settings()
    video = job_settings["OutputGroups"][1]["Outputs"][0]["VideoDescription"]
    video["CodecSettings"]["FrameCaptureSettings"] = {
        "FramerateNumerator": 2,
        "FramerateDenominator": 1,
        "MaxCaptures": 3,
    }
    harness.run_job(Settings=job_settings)
    images = sorted(key for key in harness.output_objects() if key.endswith(".jpg"))
    assert images == [f"assets/one/film_poster.000000{n}.jpg" for n in range(3)]
    detail = harness.event_detail("COMPLETE")["outputGroupDetails"][1]["outputDetails"][0]
    assert detail["outputFilePaths"] == ["s3://renditions/assets/one/film_poster.0000002.jpg"]


def test_extension_and_storage_class_are_those_of_the_settings(harness: Harness) -> None:
    harness.upload()
    job_settings = settings()
    job_settings["OutputGroups"][0]["Outputs"][0]["Extension"] = "m4v"
    files = job_settings["OutputGroups"][0]["OutputGroupSettings"]["FileGroupSettings"]
    files["DestinationSettings"] = {
        "S3Settings": {
            "StorageClass": "STANDARD_IA",
            "Encryption": {"EncryptionType": "SERVER_SIDE_ENCRYPTION_S3"},
        }
    }
    harness.run_job(Settings=job_settings)
    found = harness.output_objects()["assets/one/film_360p.m4v"]
    assert (found["StorageClass"], found["ServerSideEncryption"]) == ("STANDARD_IA", "AES256")


def audio_of_clip() -> bytes:
    """An MP4 with the audio of a clip, and no video."""
    file = io.BytesIO()
    with av.open(io.BytesIO(clip())) as source, av.open(file, "w", format="mp4") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b"", 1010, "No parser found for container"),
        (b"this is no video", 1010, "No parser found for container"),
        (clip()[:40], 1010, "no moov box found in file"),
        (clip()[: len(clip()) // 2], 1076, "Is file truncated?"),
        (audio_of_clip(), 1020, "Unable to find video"),
    ],
    ids=["empty", "text", "beginning", "half", "audio"],
)
def test_an_invalid_input_fails_the_job(
    harness: Harness, content: bytes, code: int, message: str
) -> None:
    harness.upload(content=content)
    failed = harness.run_job()
    assert (failed["Status"], failed["ErrorCode"]) == ("ERROR", code)
    assert message in failed["ErrorMessage"]
    assert not harness.output_objects()


def test_an_audio_only_output_has_no_video(harness: Harness) -> None:
    harness.upload()
    job_settings = settings()
    del job_settings["OutputGroups"][0]["Outputs"][0]["VideoDescription"]
    harness.run_job(Settings=job_settings)
    body = harness.output_objects()["assets/one/film_360p.mp4"]["Body"].read()
    with av.open(io.BytesIO(body)) as file:
        assert [stream.type for stream in file.streams] == ["audio"]
    detail = harness.event_detail("COMPLETE")["outputGroupDetails"][0]["outputDetails"][0]
    assert sorted(detail) == ["durationInMs", "outputFilePaths"]


def test_an_output_is_encrypted_with_the_given_key(harness: Harness) -> None:
    harness.upload()
    key = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"
    job_settings = settings()
    files = job_settings["OutputGroups"][0]["OutputGroupSettings"]["FileGroupSettings"]
    encryption = {"EncryptionType": "SERVER_SIDE_ENCRYPTION_KMS", "KmsKeyArn": key}
    files["DestinationSettings"] = {
        "S3Settings": {
            "Encryption": encryption,
            "AccessControl": {"CannedAcl": "BUCKET_OWNER_FULL_CONTROL"},
        }
    }
    harness.run_job(Settings=job_settings)
    found = harness.output_objects()["assets/one/film_360p.mp4"]
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", key)


def test_a_memory_file_is_read_while_it_is_written() -> None:
    file = MemoryFile()
    reader = file.reopen("", 0, {})
    file.write(b"0123456789")
    assert reader.read(4) == b"0123"
    assert (reader.seek(2), reader.read(2), reader.tell()) == (2, b"23", 4)
    assert (reader.seek(1, io.SEEK_CUR), reader.read(1)) == (5, b"5")
    assert (reader.seek(-1, io.SEEK_END), reader.read()) == (9, b"9")
    file.write(b"ab")
    assert reader.read() == b"ab"


def test_an_input_of_another_server_cannot_be_opened(harness: Harness) -> None:
    job_settings = settings()
    job_settings["Inputs"][0]["FileInput"] = "https://example.com/film.mp4"
    assert harness.run_job(Settings=job_settings)["ErrorCode"] == 3451


def test_a_large_output_is_uploaded_in_parts(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steps.mediaconvert.storage.PART", 5 * 1024 * 1024)
    content = bytes(range(256)) * 24_000
    monkeypatch.setattr("steps.mediaconvert.rendition_cache.NOT_TRANSCODED", content)
    monkeypatch.setattr("steps.mediaconvert.media.AVAILABLE", False)
    harness.upload()
    harness.account.s3_errors["PutObject"] = (403, "AccessDenied", "Access Denied")
    assert harness.run_job()["Status"] == "COMPLETE"
    assert harness.output_objects()["assets/one/film_180p.mp4"]["Body"].read() == content
    harness.account.s3_errors["CompleteMultipartUpload"] = (403, "AccessDenied", "kms:Decrypt")
    failed = harness.run_job()
    assert failed["ErrorCode"] == 1401
    assert "kms:Decrypt" in failed["ErrorMessage"]
    assert harness.s3.list_multipart_uploads(Bucket="renditions").get("Uploads", []) == []


def test_without_pyav_the_outputs_are_placeholders(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steps.mediaconvert.media.AVAILABLE", False)
    harness.upload()
    assert harness.run_job()["Status"] == "COMPLETE"
    assert harness.account.trail.entries[-1].detail["transcoded"] is False
    body = harness.output_objects()["assets/one/film_180p.mp4"]["Body"].read()
    assert b"Not transcoded" in body
    assert harness.statuses() == ["PROGRESSING", "COMPLETE"]
    harness.upload(content=b"")
    assert harness.run_job()["Status"] == "ERROR"
