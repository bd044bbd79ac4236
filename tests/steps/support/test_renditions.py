"""The renditions that a job requests, and the detection of video files."""

from __future__ import annotations

from typing import Any

import pytest

from steps.mediaconvert.clip import clip
from steps.support.renditions import Rendition, probe, requested_renditions


def job(destination: str = "s3://out/assets/opening", **output: Any) -> dict[str, Any]:
    settings = {"Destination": destination}
    group = {"OutputGroupSettings": {"FileGroupSettings": settings}, "Outputs": [output]}
    inputs = [{"FileInput": "s3://in/a folder/letters.from.home.mp4"}]
    return {"Settings": {"Inputs": inputs, "OutputGroups": [group]}}


MP4 = {
    "NameModifier": "_720p",
    "ContainerSettings": {"Container": "MP4"},
    "VideoDescription": {
        "Width": 1280,
        "Height": 720,
        "CodecSettings": {"Codec": "H_264"},
    },
}


def test_the_uri_is_destination_and_modifier() -> None:
    assert dict(requested_renditions(job(**MP4))) == {
        "s3://out/assets/opening_720p.mp4": Rendition(1280, 720, "h264")
    }


def test_below_a_folder_it_has_the_name_of_the_upload() -> None:
    assert list(dict(requested_renditions(job("s3://out/assets/", **MP4)))) == [
        "s3://out/assets/letters.from.home_720p.mp4"
    ]


def test_an_extension_of_its_own_comes_last() -> None:
    assert list(dict(requested_renditions(job(**MP4, Extension="m4v")))) == [
        "s3://out/assets/opening_720p.m4v"
    ]


@pytest.mark.parametrize(
    ("found", "met"),
    [
        (Rendition(1280, 720, "h264"), True),
        (Rendition(960, 720, "h264"), True),
        (Rendition(1280, 718, "h264"), False),
        (Rendition(1280, 720, "hevc"), False),
        (None, False),
    ],
)
def test_an_unset_side_matches_any_size(found: Rendition | None, met: bool) -> None:
    """MediaConvert keeps the picture's shape where only one side is given."""
    high = {"Height": 720, "CodecSettings": {"Codec": "H_264"}}
    (wanted,) = dict(requested_renditions(job(**{**MP4, "VideoDescription": high}))).values()
    assert wanted.is_met_by(found) is met
    assert str(wanted) == "h264 any width × 720"


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1280, 0), (0, 0)])
def test_each_side_that_is_given_counts(width: int, height: int) -> None:
    found = Rendition(640, 360, "h264")
    assert Rendition(width, height, "h264").is_met_by(found) is not bool(width or height)


def test_a_frame_capture_is_no_rendition() -> None:
    picture = {**MP4, "ContainerSettings": {"Container": "RAW"}}
    picture["VideoDescription"] = {"CodecSettings": {"Codec": "FRAME_CAPTURE"}}
    assert not dict(requested_renditions(job(**picture)))


def test_a_clip_is_a_video() -> None:
    found = probe(clip())
    assert found is not None
    assert found.codec == "h264"
    assert str(found) == f"h264 {found.width} × {found.height}"


def test_text_is_no_video() -> None:
    assert probe(b"Dear Sir or Madam") is None
    assert probe(b"") is None
