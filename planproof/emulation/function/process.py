"""Starts the process in which functions run, exchanges frames with it, and ends it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from planproof.emulation.function.frames import frame, read_frame

# -I ignores the user's PYTHON* variables, current folder and user packages.
# -u puts the function's output into the log even if the process is killed.
_ROOT = str(Path(__file__).resolve().parents[3])
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from planproof.emulation.function.driver import main; del sys.path[0]; main()"
)

# Keeps the AWS SDK from finding the user's credentials; these are not valid.
NO_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class DriverProcess:
    """The driver (driver.py) in its own process group and environment.

    Attributes:
        log: file with the function's output.
    """

    def __init__(self, mode: str, folder: Path) -> None:
        self.log = folder / f"{mode}.log"
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-u", "-c", _START, _ROOT, mode, str(self.log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=folder,
            env=NO_CREDENTIALS | {"PATH": os.defpath},
            start_new_session=True,
        )

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def request(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The response to a request; a failure if the process ends or exceeds the time."""
        data = frame(request)
        try:
            while data:
                data = data[self._stdin.write(data) or 0 :]
        except (BrokenPipeError, ValueError):
            pass  # it has ended, which _response reports
        return self._response(seconds)

    def _response(self, seconds: float) -> dict[str, Any]:
        if self._stdout.closed:
            return _failure("it has already ended")
        deadline = time.monotonic() + seconds

        def read(count: int) -> bytes:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._stdout], [], [], left)[0]:
                raise TimeoutError
            return os.read(self._stdout.fileno(), count)

        try:
            response = read_frame(read)
        except TimeoutError:
            self.kill()
            return _failure(f"it did not respond within {seconds:g} seconds")
        if response is None:
            self.kill()
            return _failure(f"it ended with exit code {self._process.returncode}")
        return response

    def kill(self) -> None:
        """Kill it and all its forks."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self._process.kill()
        self._process.wait()
        self._stdin.close()
        self._stdout.close()

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    @property
    def _stdout(self) -> Any:
        return self._process.stdout


def _failure(message: str) -> dict[str, Any]:
    return {"failure": {"type": "ProcessEnded", "message": message}}
