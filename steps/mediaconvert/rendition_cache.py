"""A cache of renditions: a thousand uploads of one clip cost one transcode."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

from steps.mediaconvert import media
from steps.mediaconvert.media import Content, Rendition
from steps.mediaconvert.rendition_settings import RenditionSettings

NOT_TRANSCODED = b"Not transcoded: PyAV is not installed where this account runs.\n"

Transcode = Callable[[bytes, RenditionSettings], Rendition]


class RenditionCache:
    """Creates each rendition of each input once, and caches the latest.

    Args:
        max_bytes: total size of the cached renditions.
        transcode: creates a rendition.
    """

    def __init__(
        self, max_bytes: int = 64 * 1024 * 1024, transcode: Transcode = media.transcode
    ) -> None:
        self._max_bytes = max_bytes
        self._transcode = transcode
        self._renditions: OrderedDict[tuple[str, RenditionSettings], Rendition] = OrderedDict()
        self._size = 0
        self._contents: OrderedDict[str, Content] = OrderedDict()
        self._lock = threading.Lock()
        self._work = threading.Lock()

    def content(self, data: bytes) -> Content | None:
        """The tracks of an input; None if PyAV is not installed.

        Raises:
            UnreadableError: it is not media.
        """
        if not data:
            raise media.UnreadableError("No parser found for container")
        if not media.AVAILABLE:
            return None
        digest = _digest(data)
        with self._lock:
            if digest in self._contents:
                self._contents.move_to_end(digest)
                return self._contents[digest]
        content = media.probe(data)
        with self._lock:
            self._contents[digest] = content
            while len(self._contents) > 1_000:
                self._contents.popitem(last=False)
        return content

    def make(self, data: bytes, settings: RenditionSettings) -> Rendition:
        """A rendition, from the cache if it is there.

        Raises:
            UnreadableError: the input is truncated.
        """
        if not media.AVAILABLE:
            return Rendition(
                (NOT_TRANSCODED,), 0, settings.width, settings.height, transcoded=False
            )
        key = (_digest(data), settings)
        # One at a time: jobs of one clip wait for the first rendition instead of repeating it.
        with self._work:
            if key in self._renditions:
                self._renditions.move_to_end(key)
                return self._renditions[key]
            rendition = self._transcode(data, settings)
            self._renditions[key] = rendition
            self._size += _size(rendition)
            while self._size > self._max_bytes and self._renditions:
                _, oldest = self._renditions.popitem(last=False)
                self._size -= _size(oldest)
        return rendition


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _size(rendition: Rendition) -> int:
    return sum(len(file) for file in rendition.files)
