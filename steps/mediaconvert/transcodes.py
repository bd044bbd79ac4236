"""Renditions that were made already: a thousand uploads of one clip cost one transcode."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

from steps.mediaconvert import media
from steps.mediaconvert.media import Content, Made
from steps.mediaconvert.recipes import Recipe

NOT_TRANSCODED = b"Not transcoded, since PyAV is not installed where this account runs.\n"

Transcode = Callable[[bytes, Recipe], Made]


class Transcodes:
    """Makes each rendition of each content once, and keeps the latest.

    Args:
        most: bytes of renditions that are kept.
        transcode: makes one.
    """

    def __init__(
        self, most: int = 64 * 1024 * 1024, transcode: Transcode = media.transcode
    ) -> None:
        self._most = most
        self._transcode = transcode
        self._kept: OrderedDict[tuple[str, Recipe], Made] = OrderedDict()
        self._size = 0
        self._contents: OrderedDict[str, Content] = OrderedDict()
        self._lock = threading.Lock()
        self._work = threading.Lock()

    def content(self, data: bytes) -> Content | None:
        """What is in an input; None where nothing here can tell.

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
        found = media.probe(data)
        with self._lock:
            self._contents[digest] = found
            while len(self._contents) > 1_000:
                self._contents.popitem(last=False)
        return found

    def make(self, data: bytes, recipe: Recipe) -> Made:
        """A rendition, made now if it was not before.

        Raises:
            UnreadableError: the input breaks off.
        """
        if not media.AVAILABLE:
            return Made((NOT_TRANSCODED,), 0, recipe.width, recipe.height, transcoded=False)
        key = (_digest(data), recipe)
        # One at a time: jobs of one clip wait for the first rather than all make the same.
        with self._work:
            made = self._known(key)
            if made is None:
                made = self._transcode(data, recipe)
                self._keep(key, made)
        return made

    def _known(self, key: tuple[str, Recipe]) -> Made | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def _keep(self, key: tuple[str, Recipe], made: Made) -> None:
        with self._lock:
            self._kept[key] = made
            self._size += _bytes(made)
            while self._size > self._most and self._kept:
                _, oldest = self._kept.popitem(last=False)
                self._size -= _bytes(oldest)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _bytes(made: Made) -> int:
    return sum(len(file) for file in made.files)
