"""What a job writes, looked at with PyAV."""

from __future__ import annotations

import io
from typing import Any

import av
import pytest

from steps.mediaconvert.clip import clip, sound_file
from steps.mediaconvert.memory_file import MemoryFile
from tests.steps.mediaconvert.scene import Scene, group, mp4, poster, settings

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


def looked_at(content: bytes) -> tuple[Any, ...]:
    with av.open(io.BytesIO(content)) as file:
        (video,) = file.streams.video
        frames = sum(1 for _ in file.decode(video))
        audio = [(a.codec_context.name, a.codec_context.sample_rate) for a in file.streams.audio]
        context = video.codec_context
        return context.name, context.width, context.height, frames, audio


def test_renditions_have_the_size_and_codec_that_was_asked_for(scene: Scene) -> None:
    scene.upload()
    groups = [
        group(mp4("_1080p", 1920, 1080), mp4("_720p", 1280, 720)),
        group(poster("_poster", 1280, 720)),
    ]
    scene.done(Settings={**settings(), "OutputGroups": groups})
    written = scene.written()
    kinds = {key: found["ContentType"] for key, found in written.items()}
    assert kinds == {
        "assets/one/film_1080p.mp4": "video/mp4",
        "assets/one/film_720p.mp4": "video/mp4",
        "assets/one/film_poster.0000000.jpg": "image/jpeg",
    }
    content = {key.rpartition("film")[2]: found["Body"].read() for key, found in written.items()}
    sound = [("aac", 48_000)]
    assert looked_at(content["_1080p.mp4"]) == ("h264", 1920, 1080, 10, sound)
    assert looked_at(content["_720p.mp4"]) == ("h264", 1280, 720, 10, sound)
    assert looked_at(content["_poster.0000000.jpg"]) == ("mjpeg", 1280, 720, 1, [])
    # The index comes first: PROGRESSIVE_DOWNLOAD.
    assert content["_720p.mp4"].index(b"moov") < content["_720p.mp4"].index(b"mdat")


def test_rendition_of_a_video_without_sound_has_none(scene: Scene) -> None:
    scene.upload(content=clip(sound=False))
    assert scene.done()["Status"] == "COMPLETE"
    body = scene.written()["assets/one/film_180p.mp4"]["Body"].read()
    assert looked_at(body) == ("h264", 320, 180, 10, [])


def asked(**video: Any) -> dict[str, Any]:
    """Settings with one output; what is None is left out of its video description."""
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
    scene: Scene, video: dict[str, Any], found: tuple[str, int, int]
) -> None:
    scene.upload()
    assert scene.done(Settings=asked(**video))["Status"] == "COMPLETE"
    body = scene.written()["assets/one/film_x.mp4"]["Body"].read()
    assert looked_at(body)[:3] == found


@pytest.mark.parametrize(
    ("scaling", "black"), [("DEFAULT", True), ("STRETCH_TO_OUTPUT", False), ("FILL", False)]
)
def test_picture_of_another_shape_gets_black_bars_unless_asked_otherwise(
    scene: Scene, scaling: str, black: bool
) -> None:
    scene.upload()
    scene.done(Settings=asked(ScalingBehavior=scaling))
    body = scene.written()["assets/one/film_x.mp4"]["Body"].read()
    with av.open(io.BytesIO(body)) as file:
        frame = next(file.decode(video=0))
    top = bytes(frame.planes[0])[:320]
    assert (max(top) < 32) is black


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_key_is_used_as_it_is(scene: Scene, key: str) -> None:
    scene.upload(key)
    assert scene.done(Settings=settings(key))["Status"] == "COMPLETE"


def test_destination_of_a_folder_takes_the_name_of_the_input(scene: Scene) -> None:
    scene.upload("in/a.film.mp4")
    wanted = settings("in/a.film.mp4")
    files = wanted["OutputGroups"][0]["OutputGroupSettings"]["FileGroupSettings"]
    files["Destination"] = "s3://renditions/out/"
    scene.done(Settings=wanted)
    assert "out/a.film_180p.mp4" in scene.written()


def test_captures_are_counted_from_zero_and_the_last_is_told(scene: Scene) -> None:
    scene.upload(content=clip(seconds=2))
    wanted = settings()
    video = wanted["OutputGroups"][1]["Outputs"][0]["VideoDescription"]
    video["CodecSettings"]["FrameCaptureSettings"] = {
        "FramerateNumerator": 2,
        "FramerateDenominator": 1,
        "MaxCaptures": 3,
    }
    scene.done(Settings=wanted)
    images = sorted(key for key in scene.written() if key.endswith(".jpg"))
    assert images == [f"assets/one/film_poster.000000{n}.jpg" for n in range(3)]
    told = scene.detail("COMPLETE")["outputGroupDetails"][1]["outputDetails"][0]
    assert told["outputFilePaths"] == ["s3://renditions/assets/one/film_poster.0000002.jpg"]


def test_extension_and_storage_are_as_asked(scene: Scene) -> None:
    scene.upload()
    wanted = settings()
    wanted["OutputGroups"][0]["Outputs"][0]["Extension"] = "m4v"
    files = wanted["OutputGroups"][0]["OutputGroupSettings"]["FileGroupSettings"]
    files["DestinationSettings"] = {
        "S3Settings": {
            "StorageClass": "STANDARD_IA",
            "Encryption": {"EncryptionType": "SERVER_SIDE_ENCRYPTION_S3"},
        }
    }
    scene.done(Settings=wanted)
    found = scene.written()["assets/one/film_360p.m4v"]
    assert (found["StorageClass"], found["ServerSideEncryption"]) == ("STANDARD_IA", "AES256")


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", 1010, "No parser found for container"),
        (b"this is no video", 1010, "No parser found for container"),
        (clip()[:40], 1010, "no moov box found in file"),
        (clip()[: len(clip()) // 2], 1076, "Is file truncated?"),
        (sound_file(), 1020, "Unable to find video"),
    ],
)
def test_input_that_is_no_video_fails_the_job(
    scene: Scene, content: bytes, code: int, says: str
) -> None:
    scene.upload(content=content)
    failed = scene.done()
    assert (failed["Status"], failed["ErrorCode"]) == ("ERROR", code)
    assert says in failed["ErrorMessage"]
    assert not scene.written()


def test_output_of_sound_alone_has_no_picture(scene: Scene) -> None:
    scene.upload()
    wanted = settings()
    del wanted["OutputGroups"][0]["Outputs"][0]["VideoDescription"]
    scene.done(Settings=wanted)
    body = scene.written()["assets/one/film_360p.mp4"]["Body"].read()
    with av.open(io.BytesIO(body)) as file:
        assert [stream.type for stream in file.streams] == ["audio"]
    told = scene.detail("COMPLETE")["outputGroupDetails"][0]["outputDetails"][0]
    assert sorted(told) == ["durationInMs", "outputFilePaths"]


def test_output_is_encrypted_with_the_key_that_is_named(scene: Scene) -> None:
    scene.upload()
    key = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"
    wanted = settings()
    files = wanted["OutputGroups"][0]["OutputGroupSettings"]["FileGroupSettings"]
    encryption = {"EncryptionType": "SERVER_SIDE_ENCRYPTION_KMS", "KmsKeyArn": key}
    files["DestinationSettings"] = {
        "S3Settings": {
            "Encryption": encryption,
            "AccessControl": {"CannedAcl": "BUCKET_OWNER_FULL_CONTROL"},
        }
    }
    scene.done(Settings=wanted)
    found = scene.written()["assets/one/film_360p.mp4"]
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", key)


def test_file_in_memory_is_read_while_it_is_written() -> None:
    file = MemoryFile()
    reader = file.again("", 0, {})
    file.write(b"0123456789")
    assert reader.read(4) == b"0123"
    assert (reader.seek(2), reader.read(2), reader.tell()) == (2, b"23", 4)
    assert (reader.seek(1, io.SEEK_CUR), reader.read(1)) == (5, b"5")
    assert (reader.seek(-1, io.SEEK_END), reader.read()) == (9, b"9")
    file.write(b"ab")
    assert reader.read() == b"ab"


def test_input_of_another_server_is_out_of_reach(scene: Scene) -> None:
    wanted = settings()
    wanted["Inputs"][0]["FileInput"] = "https://example.com/film.mp4"
    assert scene.done(Settings=wanted)["ErrorCode"] == 3451


def test_large_output_is_written_in_parts(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steps.mediaconvert.storage.PART", 5 * 1024 * 1024)
    content = bytes(range(256)) * 24_000
    monkeypatch.setattr("steps.mediaconvert.transcodes.NOT_TRANSCODED", content)
    monkeypatch.setattr("steps.mediaconvert.media.AVAILABLE", False)
    scene.upload()
    scene.account.refused["PutObject"] = (403, "AccessDenied", "Access Denied")
    assert scene.done()["Status"] == "COMPLETE"
    assert scene.written()["assets/one/film_180p.mp4"]["Body"].read() == content
    scene.account.refused["CompleteMultipartUpload"] = (403, "AccessDenied", "kms:Decrypt")
    failed = scene.done()
    assert failed["ErrorCode"] == 1401
    assert "kms:Decrypt" in failed["ErrorMessage"]
    assert scene.s3.list_multipart_uploads(Bucket="renditions").get("Uploads", []) == []


def test_without_pyav_it_is_said_that_nothing_was_transcoded(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steps.mediaconvert.media.AVAILABLE", False)
    scene.upload()
    assert scene.done()["Status"] == "COMPLETE"
    assert scene.account.trail.entries[-1].detail["transcoded"] is False
    body = scene.written()["assets/one/film_180p.mp4"]["Body"].read()
    assert b"Not transcoded" in body
    assert scene.statuses() == ["PROGRESSING", "COMPLETE"]
    scene.upload(content=b"")
    assert scene.done()["Status"] == "ERROR"
