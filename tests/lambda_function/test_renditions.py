"""The settings of a MediaConvert job."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as check
from hypothesis import strategies as st
from renditions import file_stem, output_prefix, settings
from uploads import Upload

UPLOAD = Upload("video-input-test", "talks/opening.mov", "v1", 1, "etag")


def groups(upload: Upload = UPLOAD) -> dict[str, dict[str, Any]]:
    made = settings(upload, "video-output-test")
    return {group["CustomName"]: group for group in made["OutputGroups"]}


def destination(group: dict[str, Any]) -> str:
    assert group["OutputGroupSettings"]["Type"] == "FILE_GROUP_SETTINGS"
    return str(group["OutputGroupSettings"]["FileGroupSettings"]["Destination"])


def test_there_are_two_mp4_renditions() -> None:
    described = {
        output["NameModifier"]: (
            output["ContainerSettings"]["Container"],
            output["VideoDescription"]["Width"],
            output["VideoDescription"]["Height"],
            output["VideoDescription"]["CodecSettings"]["Codec"],
            output["AudioDescriptions"][0]["CodecSettings"]["Codec"],
        )
        for output in groups()["MP4"]["Outputs"]
    }
    assert described == {
        "_1080p": ("MP4", 1920, 1080, "H_264", "AAC"),
        "_720p": ("MP4", 1280, 720, "H_264", "AAC"),
    }


def test_settings_of_the_input_and_its_time_codes() -> None:
    made = settings(UPLOAD, "video-output-test")
    assert made["TimecodeConfig"] == {"Source": "ZEROBASED"}
    assert made["Inputs"] == [
        {
            "FileInput": "s3://video-input-test/talks/opening.mov",
            "TimecodeSource": "ZEROBASED",
            "VideoSelector": {"Rotate": "AUTO", "ColorSpace": "FOLLOW"},
            "AudioSelectors": {"Audio Selector 1": {"DefaultSelection": "DEFAULT"}},
        }
    ]
    assert {group["Name"] for group in made["OutputGroups"]} == {"File Group"}


@pytest.mark.parametrize(
    ("modifier", "bitrate", "quality"), [("_1080p", 8_000_000, 8), ("_720p", 5_000_000, 7)]
)
def test_a_rendition_is_encoded_for_download_by_a_browser(
    modifier: str, bitrate: int, quality: int
) -> None:
    (output,) = (made for made in groups()["MP4"]["Outputs"] if made["NameModifier"] == modifier)
    assert output["ContainerSettings"] == {
        "Container": "MP4",
        "Mp4Settings": {"MoovPlacement": "PROGRESSIVE_DOWNLOAD"},
    }
    assert output["VideoDescription"]["ScalingBehavior"] == "DEFAULT"
    assert output["VideoDescription"]["CodecSettings"] == {
        "Codec": "H_264",
        "H264Settings": {
            "RateControlMode": "QVBR",
            "QvbrSettings": {"QvbrQualityLevel": quality},
            "MaxBitrate": bitrate,
            "QualityTuningLevel": "SINGLE_PASS_HQ",
            "SceneChangeDetect": "TRANSITION_DETECTION",
            "GopSizeUnits": "AUTO",
            "FramerateControl": "INITIALIZE_FROM_SOURCE",
            "ParControl": "SPECIFIED",
            "ParNumerator": 1,
            "ParDenominator": 1,
        },
    }
    (audio,) = output["AudioDescriptions"]
    assert audio["CodecSettings"] == {
        "Codec": "AAC",
        "AacSettings": {
            "Bitrate": 128_000,
            "CodingMode": "CODING_MODE_2_0",
            "SampleRate": 48_000,
        },
    }


def test_quality_is_constant_up_to_a_maximum_bitrate() -> None:
    for output in groups()["MP4"]["Outputs"]:
        h264 = output["VideoDescription"]["CodecSettings"]["H264Settings"]
        assert h264["RateControlMode"] == "QVBR"
        assert 1 <= h264["QvbrSettings"]["QvbrQualityLevel"] <= 10
        assert 1_000 <= h264["MaxBitrate"] <= 1_152_000_000
        # These two are for other modes; MediaConvert rejects them with QVBR.
        assert not {"Bitrate", "HrdBufferSize"} & set(h264)


def test_there_is_one_poster_frame_without_container_and_sound() -> None:
    (poster,) = groups()["Poster"]["Outputs"]
    capture = poster["VideoDescription"]["CodecSettings"]
    assert (poster["NameModifier"], poster["Extension"]) == ("_poster", "jpg")
    assert poster["ContainerSettings"] == {"Container": "RAW"}
    assert {**poster["VideoDescription"], "CodecSettings": None} == {
        "Width": 1280,
        "Height": 720,
        "ScalingBehavior": "DEFAULT",
        "CodecSettings": None,
    }
    assert capture == {
        "Codec": "FRAME_CAPTURE",
        "FrameCaptureSettings": {
            "FramerateNumerator": 1,
            "FramerateDenominator": 1,
            "MaxCaptures": 1,
            "Quality": 80,
        },
    }
    assert "AudioDescriptions" not in poster


def test_every_output_has_a_unique_name() -> None:
    names = [
        destination(group) + output["NameModifier"]
        for group in groups().values()
        for output in group["Outputs"]
    ]
    assert sorted(names) == sorted(set(names))
    assert len(names) == 3


def test_audio_comes_from_the_selector_of_the_input() -> None:
    (source,) = settings(UPLOAD, "video-output-test")["Inputs"]
    for output in groups()["MP4"]["Outputs"]:
        assert output["AudioDescriptions"][0]["AudioSourceName"] in source["AudioSelectors"]


def test_a_rotated_recording_is_rotated_upright() -> None:
    (source,) = settings(UPLOAD, "video-output-test")["Inputs"]
    assert source["VideoSelector"]["Rotate"] == "AUTO"


def test_the_files_are_below_the_asset_in_the_output_bucket() -> None:
    prefix = output_prefix(UPLOAD)
    assert prefix == f"assets/{UPLOAD.asset_id}/"
    for group in groups().values():
        assert destination(group) == f"s3://video-output-test/{prefix}opening"


STEMS = [
    ("opening.mov", "opening"),
    ("talks/day 1/opening.final.mov", "opening.final"),
    ("no-extension", "no-extension"),
    ("a_b.mov", "a_b"),
    ("XXL.mov", "XXL"),
    ("XX.mov", "XX"),
    ("talks/MAX", "MAX"),
    ("-..talk.-.mov", "talk"),
    ("//talks//opening.mov", "opening"),
    ("talks/a.b/", "a"),
    (".hidden", "hidden"),
    ("my holiday (1).mov", "my-holiday-1"),
    ("$dt$.mov", "dt"),
    ("日本語.mov", "video"),
    ("..", "video"),
    ("folder.with.dots/", "folder.with"),
    ("x" * 1_020 + ".mov", "x" * 80),
    ("/", "video"),
]


@pytest.mark.parametrize(("key", "stem"), STEMS, ids=[f"stem {n}" for n, _ in enumerate(STEMS)])
def test_a_file_name_is_readable_and_harmless(key: str, stem: str) -> None:
    assert file_stem(key) == stem


@check(deadline=None)
@given(st.text(min_size=1, max_size=300))
def test_any_file_name_is_harmless(key: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,80}", file_stem(key))
