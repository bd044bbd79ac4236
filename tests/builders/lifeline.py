"""Tells when processes have ended, without waiting for a time: they hold the end of a pipe."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_FD = 9
_SURVIVE = f"import os, time; time.sleep(60); os.write({_FD}, b'survived')"

SURVIVES = f"{shlex.quote(sys.executable)} -I -S -c {shlex.quote(_SURVIVE)}"
"""A command for a shell that has taken the lifeline: runs for a minute, and then says so."""


@dataclass(frozen=True)
class Lifeline:
    """The end of a named pipe whose other end the watched processes hold.

    Attributes:
        take: a command for a shell, after which it and its child processes are watched.
    """

    take: str
    _reader: int

    @property
    def is_held(self) -> bool:
        """Whether a watched process runs."""
        os.set_blocking(self._reader, False)
        try:
            return os.read(self._reader, 1) != b""
        except BlockingIOError:
            return True

    def last_words(self) -> bytes:
        """Wait until every watched process has ended; b"" if each was killed."""
        os.set_blocking(self._reader, True)
        found = b""
        while text := os.read(self._reader, 4096):
            found += text
        return found


@contextmanager
def lifeline(folder: Path) -> Iterator[Lifeline]:
    """A lifeline whose named pipe is in ``folder``."""
    pipe = folder / "lifeline"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield Lifeline(f"exec {_FD}>{shlex.quote(str(pipe))}", reader)
    finally:
        os.close(reader)
