"""What is made of an upload: two MP4 renditions, 1080p and 720p, and a poster frame.

https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html
"""

from __future__ import annotations

import re
from typing import Any

from uploads import Upload

_AUDIO = "Audio Selector 1"


def output_prefix(upload: Upload) -> str:
    """Where the asset's files go in the output bucket; no two assets share it."""
    return f"assets/{upload.asset_id}/"


def settings(upload: Upload, output_bucket: str) -> dict[str, Any]:
    """`Settings` of CreateJob.

    MediaConvert takes the key as it is, not URL-encoded. It cannot be told a version and reads
    the current one: if an object is replaced before its job starts, the renditions of the older
    version show the newer one.
    """
    destination = f"s3://{output_bucket}/{output_prefix(upload)}{file_stem(upload.key)}"
    return {
        "TimecodeConfig": {"Source": "ZEROBASED"},
        "Inputs": [
            {
                "FileInput": f"s3://{upload.bucket}/{upload.key}",
                "TimecodeSource": "ZEROBASED",
                "VideoSelector": {"Rotate": "AUTO", "ColorSpace": "FOLLOW"},
                "AudioSelectors": {_AUDIO: {"DefaultSelection": "DEFAULT"}},
            }
        ],
        "OutputGroups": [
            _file_group(
                "MP4",
                destination,
                [
                    _mp4("_1080p", width=1920, height=1080, max_bitrate=8_000_000, quality=8),
                    _mp4("_720p", width=1280, height=720, max_bitrate=5_000_000, quality=7),
                ],
            ),
            _file_group("Poster", destination, [_poster("_poster", width=1280, height=720)]),
        ],
    }


def file_stem(key: str) -> str:
    """A readable file name without extension: at most 80 of A-Z a-z 0-9 . _ -

    Anything else is dropped: `$` starts a format identifier in a destination, and nobody wants
    to quote the rest. Two keys may share a stem, as the prefix is the asset's own.
    """
    name = key.rstrip("/").rpartition("/")[2]
    stem = name.rpartition(".")[0] or name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip(".-")[:80] or "video"


def _file_group(name: str, destination: str, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "Name": "File Group",
        "CustomName": name,
        "OutputGroupSettings": {
            "Type": "FILE_GROUP_SETTINGS",
            "FileGroupSettings": {"Destination": destination},
        },
        "Outputs": outputs,
    }


def _mp4(
    name_modifier: str, *, width: int, height: int, max_bitrate: int, quality: int
) -> dict[str, Any]:
    """H.264 and AAC, ready for progressive download; other aspect ratios get black bars."""
    return {
        "NameModifier": name_modifier,
        "ContainerSettings": {
            "Container": "MP4",
            "Mp4Settings": {"MoovPlacement": "PROGRESSIVE_DOWNLOAD"},
        },
        "VideoDescription": {
            "Width": width,
            "Height": height,
            "ScalingBehavior": "DEFAULT",
            "CodecSettings": {
                "Codec": "H_264",
                "H264Settings": {
                    "RateControlMode": "QVBR",
                    "QvbrSettings": {"QvbrQualityLevel": quality},
                    "MaxBitrate": max_bitrate,
                    "QualityTuningLevel": "SINGLE_PASS_HQ",
                    "SceneChangeDetect": "TRANSITION_DETECTION",
                    "GopSizeUnits": "AUTO",
                    "FramerateControl": "INITIALIZE_FROM_SOURCE",
                    "ParControl": "SPECIFIED",
                    "ParNumerator": 1,
                    "ParDenominator": 1,
                },
            },
        },
        "AudioDescriptions": [
            {
                "AudioSourceName": _AUDIO,
                "CodecSettings": {
                    "Codec": "AAC",
                    "AacSettings": {
                        "Bitrate": 128_000,
                        "CodingMode": "CODING_MODE_2_0",
                        "SampleRate": 48_000,
                    },
                },
            }
        ],
    }


def _poster(name_modifier: str, *, width: int, height: int) -> dict[str, Any]:
    """One JPEG of the first frame."""
    return {
        "NameModifier": name_modifier,
        "Extension": "jpg",
        "ContainerSettings": {"Container": "RAW"},
        "VideoDescription": {
            "Width": width,
            "Height": height,
            "ScalingBehavior": "DEFAULT",
            "CodecSettings": {
                "Codec": "FRAME_CAPTURE",
                "FrameCaptureSettings": {
                    "FramerateNumerator": 1,
                    "FramerateDenominator": 1,
                    "MaxCaptures": 1,
                    "Quality": 80,
                },
            },
        },
    }
