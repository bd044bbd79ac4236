"""Finds and ends child processes, so that none outlives a run."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def descendants(pid: int) -> list[tuple[int, str]]:
    """All descendants of a process: id and start time, which tells a reused id apart.

    Empty if the system has no /proc.
    """
    children: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for process in (int(entry.name) for entry in _PROC.glob("[0-9]*")):
        if fields := _stat_fields(process):
            children[int(fields[1])].append((process, fields[19]))
    found: list[tuple[int, str]] = []
    parents = [pid]
    while parents:
        below = children[parents.pop()]
        found += below
        parents += [process for process, _ in below]
    return found


def end_all(processes: Iterable[tuple[int, str]]) -> None:
    """Kill those that still run."""
    for pid, start_time in processes:
        fields = _stat_fields(pid)
        if fields and fields[19] == start_time:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _stat_fields(pid: int) -> list[str]:
    """The fields of /proc/pid/stat from the state on (proc(5)); empty if it has ended."""
    with suppress(OSError):
        # The name in parentheses may contain spaces and parentheses.
        return (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return []
