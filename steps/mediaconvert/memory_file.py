"""An MP4 in memory with its index at the start.

FFmpeg writes the index last, then opens the file a second time to move the data behind it.
"""

from __future__ import annotations

import io
from typing import Any

OPTIONS = {"movflags": "+faststart", "fflags": "+bitexact"}
"""Options of the muxer. With bitexact the file contains no time and no encoder version."""


class MemoryFile(io.BytesIO):
    """The output of PyAV: ``av.open(file, "w", format="mp4", io_open=file.reopen)``."""

    def reopen(self, url: str, flags: int, options: Any) -> io.RawIOBase:
        """A reader of the same bytes with its own position."""
        return _Reader(self)


class _Reader(io.RawIOBase):
    def __init__(self, file: MemoryFile) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        with self._file.getbuffer() as content:
            end = len(content) if size < 0 else self._at + size
            data = content[self._at : end].tobytes()
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence)
        if start is None:
            with self._file.getbuffer() as content:
                start = len(content)
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at
