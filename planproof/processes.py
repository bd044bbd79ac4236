"""Starts child processes, speaks with them, and ends them, so that none outlives a run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_CHUNK = 1 << 16

# Keeps the AWS SDK of a child process from finding the user's credentials; these are not valid.
NO_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Channel:
    """Exchanges JSON objects with another process, one a line; each side waits for the other.

    Not pickles, as multiprocessing.connection sends them: the other process may run untrusted code.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection

    def send(self, message: Mapping[str, Any], seconds: float | None = None) -> None:
        """Send a message.

        Raises:
            TimeoutError: it could not be sent in time.
            OSError: the other end is closed.
        """
        self.socket.settimeout(seconds)
        self.socket.sendall(json.dumps(plain(message)).encode() + b"\n")

    def receive(self, seconds: float | None = None) -> dict[str, Any] | None:
        """The next message; None if the other end is closed, or sent something else.

        Raises:
            TimeoutError: there was no message in time.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        data = [b""]
        try:
            while not data[-1].endswith(b"\n"):
                if deadline is not None:
                    self.socket.settimeout(max(0.001, deadline - time.monotonic()))
                data.append(self.socket.recv(_CHUNK))
                if not data[-1]:
                    return None
            message = json.loads(b"".join(data))
        except TimeoutError:
            raise
        except (OSError, ValueError):
            return None
        return message if isinstance(message, dict) else None

    def request(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
        """The response to a message; None if the other end is closed.

        Raises:
            TimeoutError: there was no response in time.
        """
        deadline = time.monotonic() + seconds
        try:
            self.send(message, seconds)
        except TimeoutError:
            raise
        except OSError:
            return None
        return self.receive(deadline - time.monotonic())

    def close(self) -> None:
        """Close this end."""
        self.socket.close()


def plain(value: Any) -> Any:
    """A value as JSON can hold it: times, DynamoDB numbers and others become strings."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, (str, bool, int, float, type(None))):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "backslashreplace")
    return str(value)


class PythonProcess:
    """A Python process with a channel to this one, in a process group of its own.

    It has to end when its channel is closed, as it is when this process ends.

    Args:
        arguments: of the interpreter; the file descriptor of the process's socket is added.
        log: file for its output; its folder becomes the process's current folder.

    Attributes:
        channel: this process's end.
    """

    def __init__(self, arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self._log = log
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        with theirs, log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, *arguments, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=log.parent,
                env=environment,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C goes to the run, which ends this process
            )

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def exit_code(self, seconds: float = 0.0) -> int | None:
        """Its exit code; None if it does not end within some seconds."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def log_tail(self, lines: int = 30) -> str:
        """The end of its output."""
        with suppress(OSError):
            text = self._log.read_text("utf-8", "replace")
            return "\n".join(text.splitlines()[-lines:])
        return ""

    def end(self, grace: float) -> None:
        """Close the channel; after some seconds, kill the process and all its children."""
        children = descendants(self.pid)
        # Closing alone does not wake a thread that waits for a message.
        with suppress(OSError):
            self.channel.socket.shutdown(socket.SHUT_RDWR)
        self.channel.close()
        try:
            self.exit_code(grace)
        finally:
            # Children that left the process group are ended one by one.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
            end_all(children)


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
