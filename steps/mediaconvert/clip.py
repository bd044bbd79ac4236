"""A very short video to upload, with the same bytes every time."""

from __future__ import annotations

import array
import math
from functools import cache
from typing import Any, Final

from steps.mediaconvert.memory_file import OPTIONS, MemoryFile

RATE: Final = 10
"""Frames per second: few, so that transcoding is fast."""
_SAMPLE_RATE: Final = 48_000
_FRAME_SAMPLES: Final = 1_024


@cache
def clip(width: int = 320, height: int = 180, seconds: int = 1, audio: bool = True) -> bytes:
    """An MP4 with H.264 (a moving grey gradient) and, by default, AAC (a tone of 440 Hz).

    Args:
        width, height: pixels, even.

    Raises:
        ImportError: PyAV is not installed.
    """
    import av

    file = MemoryFile()
    with av.open(file, "w", format="mp4", options=OPTIONS, io_open=file.reopen) as target:
        # All streams must be added before the first packet.
        video = target.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.thread_count = 1
        tone = target.add_stream("aac", rate=_SAMPLE_RATE, layout="mono") if audio else None
        for number in range(seconds * RATE):
            target.mux(video.encode(_frame(width, height, number)))
        target.mux(video.encode(None))
        if tone is not None:
            for start in range(0, seconds * _SAMPLE_RATE, _FRAME_SAMPLES):
                target.mux(tone.encode(_tone(start)))
            target.mux(tone.encode(None))
    return file.getvalue()


def _frame(width: int, height: int, number: int) -> Any:
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

    frame = av.AudioFrame("flt", "mono", _FRAME_SAMPLES)
    wave = (
        math.sin(math.tau * 440 * (start + n) / _SAMPLE_RATE) / 4 for n in range(_FRAME_SAMPLES)
    )
    frame.planes[0].update(array.array("f", wave).tobytes())
    frame.sample_rate, frame.pts = _SAMPLE_RATE, start
    return frame
