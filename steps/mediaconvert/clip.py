"""A very short video to upload, the same bytes every time."""

from __future__ import annotations

import array
import math
from functools import cache
from typing import Any, Final

from steps.mediaconvert.memory_file import OPTIONS, MemoryFile

RATE: Final = 10
"""Frames a second: few, so that transcoding costs next to nothing."""
_SAMPLES: Final = 48_000
_FRAME: Final = 1_024


@cache
def clip(width: int = 320, height: int = 180, seconds: int = 1, sound: bool = True) -> bytes:
    """An MP4 of H.264, with AAC if wanted: a grey slope that moves, and a tone of 440 Hz.

    Args:
        width, height: pixels, even.

    Raises:
        ImportError: PyAV is not installed.
    """
    import av

    made = MemoryFile()
    with av.open(made, "w", format="mp4", options=OPTIONS, io_open=made.again) as target:
        # Every stream has to be there before the first packet.
        video = target.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.thread_count = 1
        audio = target.add_stream("aac", rate=_SAMPLES, layout="mono") if sound else None
        for number in range(seconds * RATE):
            target.mux(video.encode(_picture(width, height, number)))
        target.mux(video.encode(None))
        if audio is not None:
            for start in range(0, seconds * _SAMPLES, _FRAME):
                target.mux(audio.encode(_tone(start)))
            target.mux(audio.encode(None))
    return made.getvalue()


@cache
def sound_file(seconds: int = 1) -> bytes:
    """An MP4 with sound and no pictures.

    Raises:
        ImportError: PyAV is not installed.
    """
    import av

    made = MemoryFile()
    with av.open(made, "w", format="mp4", options=OPTIONS, io_open=made.again) as target:
        audio = target.add_stream("aac", rate=_SAMPLES, layout="mono")
        for start in range(0, seconds * _SAMPLES, _FRAME):
            target.mux(audio.encode(_tone(start)))
        target.mux(audio.encode(None))
    return made.getvalue()


def _picture(width: int, height: int, number: int) -> Any:
    import av

    frame = av.VideoFrame(width, height, "yuv420p")
    luma = frame.planes[0]
    row = bytes((column + number * 8) % 256 for column in range(luma.line_size))
    luma.update(row * height)
    for plane in frame.planes[1:]:
        plane.update(b"\x80" * plane.buffer_size)
    frame.pts = number
    return frame


def _tone(start: int) -> Any:
    import av

    frame = av.AudioFrame("flt", "mono", _FRAME)
    wave = (math.sin(math.tau * 440 * (start + n) / _SAMPLES) / 4 for n in range(_FRAME))
    frame.planes[0].update(array.array("f", wave).tobytes())
    frame.sample_rate, frame.pts = _SAMPLES, start
    return frame
