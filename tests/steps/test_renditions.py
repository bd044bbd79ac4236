"""Which renditions does a job ask for, and what is a file really?"""

from __future__ import annotations

from typing import Any

from steps._mediaconvert.clip import clip
from steps._renditions import Rendition, asked_for, probe


def job(**output: Any) -> dict[str, Any]:
    settings = {"Destination": "s3://out/assets/opening"}
    group = {"OutputGroupSettings": {"FileGroupSettings": settings}, "Outputs": [output]}
    return {"Settings": {"OutputGroups": [group]}}


MP4 = {
    "NameModifier": "_720p",
    "ContainerSettings": {"Container": "MP4"},
    "VideoDescription": {
        "Width": 1280,
        "Height": 720,
        "CodecSettings": {"Codec": "H_264"},
    },
}


def test_a_video_lies_where_destination_and_modifier_say() -> None:
    assert dict(asked_for(job(**MP4))) == {
        "s3://out/assets/opening_720p.mp4": Rendition(1280, 720, "h264")
    }


def test_a_picture_is_no_rendition() -> None:
    picture = {**MP4, "ContainerSettings": {"Container": "RAW"}}
    picture["VideoDescription"] = {"CodecSettings": {"Codec": "FRAME_CAPTURE"}}
    assert not dict(asked_for(job(**picture)))


def test_a_clip_is_a_video() -> None:
    found = probe(clip())
    assert found is not None
    assert found.codec == "h264"
    assert str(found) == f"h264 {found.width} × {found.height}"


def test_text_is_no_video() -> None:
    assert probe(b"Dear Sir or Madam") is None
    assert probe(b"") is None
