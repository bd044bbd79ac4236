"""The processes below another, so that none outlives a run."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def descendants(pid: int) -> list[tuple[int, str]]:
    """All processes below one, each with when it began, so that a number used again is told apart.

    Empty where the system has no /proc.
    """
    children: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for number in (int(entry.name) for entry in _PROC.glob("[0-9]*")):
        fields = _fields(number)
        if fields:
            children[int(fields[1])].append((number, fields[19]))
    found: list[tuple[int, str]] = []
    open_ = [pid]
    while open_:
        below = children[open_.pop()]
        found += below
        open_ += [number for number, _ in below]
    return found


def end_all(processes: Iterable[tuple[int, str]]) -> None:
    """End those that still run."""
    for number, began in processes:
        fields = _fields(number)
        if fields and fields[19] == began:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)


def _fields(pid: int) -> list[str]:
    """What the system says of a process, from its state on (proc(5), /proc/pid/stat)."""
    with suppress(OSError):
        # The name, in brackets, may hold blanks and brackets of its own.
        return (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return []
