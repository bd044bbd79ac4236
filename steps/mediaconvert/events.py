"""The events that MediaConvert sends to EventBridge.

https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_event_list.html and its pages on
each status, which list the fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from steps.mediaconvert.jobs import Job
from steps.mediaconvert.media import AudioTrack, Content, Rendition, VideoTrack
from steps.mediaconvert.rendition_settings import Output

SOURCE: Final = "aws.mediaconvert"
DETAIL_TYPE: Final = "MediaConvert Job State Change"
_CODECS: Final = {"h264": "H_264", "hevc": "H_265", "mpeg2video": "MPEG2", "prores": "PRORES"}
_COLOR_FORMATS: Final = {"420": "YUV_420", "422": "YUV_422", "444": "YUV_444"}


@dataclass(frozen=True, slots=True)
class WrittenOutput:
    """An output with its rendition and the URIs of its files, ``s3://bucket/key`` each."""

    output: Output
    rendition: Rendition
    paths: tuple[str, ...]


def state_change(
    job: Job, account: str, status: str, at: float, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """An event without id, time, account and region, which the sender adds.

    Args:
        at: seconds since the epoch.
        fields: the fields of the detail that only this status has.
    """
    return {
        "detail-type": DETAIL_TYPE,
        "source": SOURCE,
        "resources": [job.arn],
        "detail": {
            "timestamp": int(at * 1000),
            "accountId": account,
            "queue": job.queue,
            "jobId": job.id,
            "status": status,
            "userMetadata": job.metadata,
            **fields,
        },
    }


def completed(groups: Sequence[Sequence[WrittenOutput]]) -> dict[str, Any]:
    """The detail of COMPLETE."""
    return {
        "warnings": [],
        "outputGroupDetails": [
            {"outputDetails": [_output_detail(written) for written in group], "type": "FILE_GROUP"}
            for group in groups
        ],
        "paddingInserted": 0,
        "blackVideoDetected": 0,
    }


def _output_detail(written: WrittenOutput) -> dict[str, Any]:
    rendition, settings = written.rendition, written.output.settings
    # For a frame capture, MediaConvert reports only the last image.
    detail: dict[str, Any] = {
        "outputFilePaths": list(written.paths[-1:]),
        "durationInMs": rendition.duration,
    }
    if not settings.codec:
        return detail
    video: dict[str, Any] = {"widthInPx": rendition.width, "heightInPx": rendition.height}
    if settings.quality:
        # The encoder has a constant quality.
        quality = float(settings.quality)
        if rendition.duration:
            bits = len(rendition.files[0]) * 8
            video["averageBitrate"] = round(bits * 1_000 / rendition.duration)
        video |= {
            "qvbrAvgQuality": quality,
            "qvbrMinQuality": quality,
            "qvbrMaxQuality": quality,
            "qvbrMinQualityLocation": 0,
            "qvbrMaxQualityLocation": 0,
        }
    return {**detail, "videoDetails": video}


def output_group_details(groups: Sequence[Sequence[WrittenOutput]]) -> list[dict[str, Any]]:
    """OutputGroupDetails of GetJob, which has fewer fields than the event."""
    return [{"OutputDetails": [_job_detail(w.rendition) for w in group]} for group in groups]


def _job_detail(rendition: Rendition) -> dict[str, Any]:
    detail: dict[str, Any] = {"DurationInMs": rendition.duration}
    if rendition.width:
        detail["VideoDetails"] = {"WidthInPx": rendition.width, "HeightInPx": rendition.height}
    return detail


def input_information(uri: str, content: Content) -> dict[str, Any]:
    """The detail of INPUT_INFORMATION."""
    return {
        "inputDetails": [
            {
                "id": 1,
                "uri": uri,
                "audio": [_audio(track) for track in content.audio],
                "video": [_video(track) for track in content.video],
            }
        ]
    }


def _audio(track: AudioTrack) -> dict[str, Any]:
    return {
        "channels": track.channels,
        "codec": track.codec.upper(),
        "language": "UND",
        "sampleRate": track.sample_rate,
        "streamId": track.stream,
    }


def _video(track: VideoTrack) -> dict[str, Any]:
    formats = (name for part, name in _COLOR_FORMATS.items() if part in track.pixel_format)
    whole = track.rate == int(track.rate)
    return {
        "bitDepth": 10 if "10" in track.pixel_format else 8,
        "codec": _CODECS.get(track.codec, track.codec.upper()),
        "colorFormat": next(formats, "UNSPECIFIED"),
        "fourCC": track.tag,
        "frameRate": int(track.rate) if whole else round(track.rate, 3),
        "height": track.height,
        "interlaceMode": "PROGRESSIVE",
        "sar": "1:1",
        "standard": "UNSPECIFIED",
        "streamId": track.stream,
        "width": track.width,
    }


def progress(frames: int, percent: int) -> dict[str, Any]:
    """The detail of STATUS_UPDATE, while transcoding."""
    return {
        "framesDecoded": frames,
        "jobProgress": {
            "phaseProgress": {
                "PROBING": {"status": "COMPLETE", "percentComplete": 100},
                "TRANSCODING": {"status": "PROGRESSING", "percentComplete": percent},
                "UPLOADING": {"status": "SUBMITTED", "percentComplete": 0},
            },
            "jobPercentComplete": percent,
            "currentPhase": "TRANSCODING",
            "retryCount": 0,
        },
    }
