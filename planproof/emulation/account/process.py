"""Starts and ends an emulated account in its own process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from planproof.emulation.account.control import Control
from planproof.errors import PlanproofError
from planproof.processes import descendants, end_all

_START_TIMEOUT = 60.0
_GRACE = 6.0
_LOG_LINES = 30
_ENV = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TZ", "COVERAGE_PROCESS_START")


class AccountProcess:
    """An account's process; a context manager.

    Args:
        services: ``module:Class`` of each AWS service that moto lacks.
        path: folders of such modules.
        port: 0 for a free one.
        components: ``module:function`` that returns components, or "" for the default.

    Attributes:
        endpoint: URL for SDKs and Terraform, once started.
    """

    def __init__(
        self,
        services: Sequence[str] = (),
        path: Sequence[str] = (),
        port: int = 0,
        components: str = "",
    ) -> None:
        self._services = tuple(services)
        self._path = tuple(path)
        self._port = port
        self._components = components
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""

    def __enter__(self) -> AccountProcess:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the account, and wait until it is ready.

        Raises:
            PlanproofError: it does not start, for example because its port is in use.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self._folder = folder = Path(tempfile.mkdtemp(prefix="planproof-account-"))
        command = [sys.executable, "-m", "planproof.emulation.account", f"--port={self._port}"]
        command += [f"--service={name}" for name in self._services]
        command += [f"--path={Path(entry).resolve()}" for entry in self._path]
        command += [f"--components={self._components}", f"--folder={folder}"]
        with (folder / "account.log").open("wb") as log:
            self._process = process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=_environment(folder),
                start_new_session=True,  # Ctrl-C goes to the run, which ends the account
            )
        self.endpoint = self._wait_until_ready(process)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> str:
        lines: list[bytes] = []
        reading = threading.Thread(
            target=lambda: lines.append(process.stdout.readline() if process.stdout else b""),
            daemon=True,
        )
        reading.start()
        reading.join(_START_TIMEOUT)
        if lines and lines[0]:
            return str(json.loads(lines[0])["endpoint"])
        if not lines:
            what = f"the emulated account did not start within {_START_TIMEOUT:g} s"
        elif process.wait(_GRACE) == 2 and (log := self._log_tail().strip()):
            # The user has to fix it: the last line of the log is the sentence of the error.
            what, _, todo = log.splitlines()[-1].rpartition(": ")
            raise PlanproofError(what, todo.rstrip("."))
        else:
            what = "the emulated account did not start"
        raise PlanproofError(what, "see its log", detail=self._log_tail())

    @property
    def control(self) -> Control:
        """Controls its clock and faults, and reads its trail."""
        return Control(self.endpoint)

    @property
    def pid(self) -> int:
        """Id of the process; 0 before it is started."""
        return self._process.pid if self._process is not None else 0

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def check(self) -> None:
        """Check that the process runs.

        Raises:
            PlanproofError: it has ended.
        """
        if self.alive:
            return
        code = self._process.returncode if self._process is not None else None
        how = "was not started" if code is None else f"ended early, with exit code {code}"
        raise PlanproofError(
            f"the emulated account {how}",
            "run again; if it ends again, see its log",
            detail=self._log_tail(),
        )

    def stop(self) -> None:
        """End the account and its child processes, and remove its folder. Idempotent."""
        process, self._process = self._process, None
        try:
            if process is not None:
                _end(process)
        finally:
            folder, self._folder = self._folder, None
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def _log_tail(self) -> str:
        if self._folder is None:
            return ""
        with suppress(OSError):
            text = (self._folder / "account.log").read_text("utf-8", "replace")
            return "\n".join(text.splitlines()[-_LOG_LINES:])
        return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    children = descendants(process.pid)
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # It leads a process group; children that left the group are ended one by one.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        end_all(children)
        if process.stdout is not None:
            process.stdout.close()


def _environment(folder: Path) -> Mapping[str, str]:
    """No AWS settings of the user; temporary files go to the folder of the account."""
    root = str(Path(__file__).resolve().parents[3])
    inherited = {name: os.environ[name] for name in _ENV if name in os.environ}
    python_path = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return inherited | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(python_path),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder),
    }
