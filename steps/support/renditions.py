"""The renditions that a job requests, and the size and codec of video files."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from planproof.errors import UndeterminedError

_CODECS: Final[Mapping[str, str]] = {
    "AV1": "av1",
    "H_264": "h264",
    "H_265": "hevc",
    "MPEG2": "mpeg2video",
    "VP8": "vp8",
    "VP9": "vp9",
}
_ENDINGS: Final[Mapping[str, str]] = {
    "MOV": ".mov",
    "MP4": ".mp4",
    "WEBM": ".webm",
    "M2TS": ".m2ts",
}


@dataclass(frozen=True, slots=True)
class Rendition:
    """The size and codec of a video, requested or detected.

    Attributes:
        width, height: in pixels; 0 where a job leaves it to the aspect ratio.
        codec: PyAV's name for it: ``h264``.
    """

    width: int
    height: int
    codec: str

    def __str__(self) -> str:
        return f"{self.codec} {self.width or 'any width'} × {self.height or 'any height'}"

    def is_met_by(self, found: Rendition | None) -> bool:
        """Whether a file has the codec and every size that was requested."""
        return (
            found is not None
            and found.codec == self.codec
            and self.width in (0, found.width)
            and self.height in (0, found.height)
        )


def requested_renditions(job: Mapping[str, Any]) -> Iterator[tuple[str, Rendition]]:
    """The ``s3://`` URI of every video file that a job writes, and its rendition.

    https://docs.aws.amazon.com/mediaconvert/latest/ug/reviewing-where-output-files-go.html
    """
    for group in job["Settings"]["OutputGroups"]:
        destination = group["OutputGroupSettings"].get("FileGroupSettings", {}).get("Destination")
        if destination and destination.endswith("/"):  # a folder: the input gives the name
            name = str(job["Settings"]["Inputs"][0]["FileInput"]).rpartition("/")[2]
            destination += name.rpartition(".")[0] or name
        for output in group["Outputs"]:
            video = output.get("VideoDescription", {})
            codec = _CODECS.get(video.get("CodecSettings", {}).get("Codec", ""))
            ending = _ENDINGS.get(output.get("ContainerSettings", {}).get("Container", ""))
            if ending and output.get("Extension"):
                ending = f".{output['Extension']}"
            if destination and codec and ending:
                rendition = Rendition(video.get("Width", 0), video.get("Height", 0), codec)
                yield f"{destination}{output.get('NameModifier', '')}{ending}", rendition


def probe(content: bytes) -> Rendition | None:
    """The size and codec of a file; None for a file that is not a video.

    Raises:
        UndeterminedError: PyAV is not installed.
    """
    try:
        av: Any = import_module("av")
    except ImportError:
        raise UndeterminedError(
            "videos cannot be read without PyAV: install planproof[deployed]"
        ) from None
    try:
        with av.open(io.BytesIO(content)) as container:
            stream = container.streams.video[0]
            return Rendition(stream.width, stream.height, stream.codec_context.name)
    except (av.FFmpegError, IndexError):
        return None
