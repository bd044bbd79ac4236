"""The process of its own in which a function runs: started, asked, and ended with all its forks."""

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

# -I: nothing of the caller's PYTHON* variables, no folder of his, no packages of his own.
# -u: what the function prints is in the log even if the process is cut off.
_ROOT = str(Path(__file__).resolve().parents[3])
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from planproof.emulation.function.driver import main; del sys.path[0]; main()"
)

# Keeps the AWS SDK from looking for whoever uses this machine; the keys open nothing.
NO_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class DriverProcess:
    """The driver (function_driver.py) in a process group and an environment of its own.

    Attributes:
        log: where everything goes that the function prints.
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
        """Whether it can still be asked."""
        return self._process.poll() is None

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Its answer; where there is none in time it is ended, and the answer is a failure."""
        data = frame(request)
        try:
            while data:
                data = data[self._stdin.write(data) or 0 :]
        except (BrokenPipeError, ValueError):
            pass  # it has ended, which the answer will tell
        return self._answer(seconds)

    def _answer(self, seconds: float) -> dict[str, Any]:
        if self._stdout.closed:
            return _failure("it has ended before")
        deadline = time.monotonic() + seconds

        def read(count: int) -> bytes:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._stdout], [], [], left)[0]:
                raise TimeoutError
            return os.read(self._stdout.fileno(), count)

        try:
            answer = read_frame(read)
        except TimeoutError:
            self.kill()
            return _failure(f"it did not answer within {seconds:g} seconds")
        if answer is None:
            self.kill()
            return _failure(f"it ended with exit code {self._process.returncode}")
        return answer

    def kill(self) -> None:
        """End it and every fork of it."""
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
