"""What MediaConvert tells EventBridge of a job.

https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_event_list.html and its pages on
each status, which name the fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from steps.mediaconvert.jobs import Job
from steps.mediaconvert.media import AudioTrack, Content, Made, VideoTrack
from steps.mediaconvert.recipes import Output

SOURCE: Final = "aws.mediaconvert"
DETAIL_TYPE: Final = "MediaConvert Job State Change"
_CODECS: Final = {"h264": "H_264", "hevc": "H_265", "mpeg2video": "MPEG2", "prores": "PRORES"}
_COLOURS: Final = {"420": "YUV_420", "422": "YUV_422", "444": "YUV_444"}


@dataclass(frozen=True, slots=True)
class Written:
    """An output that was made: where its files are, ``s3://bucket/key`` each."""

    output: Output
    made: Made
    paths: tuple[str, ...]


def event(
    job: Job, account: str, status: str, at: float, more: Mapping[str, Any]
) -> dict[str, Any]:
    """An event; id, time, account and region are added by who sends it.

    Args:
        at: seconds since the epoch.
        more: what the detail of this status holds beyond what all of them do.
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
            **more,
        },
    }


def completed(groups: Sequence[Sequence[Written]]) -> dict[str, Any]:
    """Detail of COMPLETE."""
    return {
        "warnings": [],
        "outputGroupDetails": [
            {"outputDetails": [_output(written) for written in group], "type": "FILE_GROUP"}
            for group in groups
        ],
        "paddingInserted": 0,
        "blackVideoDetected": 0,
    }


def _output(written: Written) -> dict[str, Any]:
    made, recipe = written.made, written.output.recipe
    # Of a frame capture the last image alone is told.
    detail: dict[str, Any] = {
        "outputFilePaths": list(written.paths[-1:]),
        "durationInMs": made.duration,
    }
    if not recipe.codec:
        return detail
    video: dict[str, Any] = {"widthInPx": made.width, "heightInPx": made.height}
    if recipe.quality:
        # The encoder keeps the quality that was asked for from first to last.
        quality = recipe.quality
        if made.duration:
            video["averageBitrate"] = round(len(made.files[0]) * 8_000 / made.duration)
        video |= {
            "qvbrAvgQuality": float(quality),
            "qvbrMinQuality": float(quality),
            "qvbrMaxQuality": float(quality),
            "qvbrMinQualityLocation": 0,
            "qvbrMaxQualityLocation": 0,
        }
    return {**detail, "videoDetails": video}


def details_of_job(groups: Sequence[Sequence[Written]]) -> list[dict[str, Any]]:
    """OutputGroupDetails of GetJob, which has fewer fields than the event."""
    return [
        {"OutputDetails": [_detail_of_job(written.made) for written in group]} for group in groups
    ]


def _detail_of_job(made: Made) -> dict[str, Any]:
    detail: dict[str, Any] = {"DurationInMs": made.duration}
    if made.width:
        detail["VideoDetails"] = {"WidthInPx": made.width, "HeightInPx": made.height}
    return detail


def input_information(uri: str, content: Content) -> dict[str, Any]:
    """Detail of INPUT_INFORMATION."""
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
    colour = next((name for part, name in _COLOURS.items() if part in track.pixel_format), "")
    whole = track.rate == int(track.rate)
    return {
        "bitDepth": 10 if "10" in track.pixel_format else 8,
        "codec": _CODECS.get(track.codec, track.codec.upper()),
        "colorFormat": colour or "UNSPECIFIED",
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
    """Detail of STATUS_UPDATE, while transcoding."""
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
