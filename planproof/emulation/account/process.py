"""An emulated account in a process of its own, as a run starts and ends it."""

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

_READY = 60.0
_GRACE = 6.0
_TAIL = 30
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TZ", "COVERAGE_PROCESS_START")


class AccountProcess:
    """Starts an account; as a context manager, ends it too.

    Args:
        services: each ``module:Class`` of an AWS service that moto lacks.
        path: folders where such modules are found.
        port: 0 for a free one.
        parts: ``module:function`` that makes other parts than the usual ones.

    Attributes:
        endpoint: URL that SDKs and Terraform use, once it is started.
    """

    def __init__(
        self,
        services: Sequence[str] = (),
        path: Sequence[str] = (),
        port: int = 0,
        parts: str = "",
    ) -> None:
        self._services = tuple(services)
        self._path = tuple(path)
        self._port = port
        self._parts = parts
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
        """Start it, and wait until it answers.

        Raises:
            PlanproofError: it does not start: its port is taken, a service is not found.
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
        command += [f"--parts={self._parts}", f"--folder={folder}"]
        with (folder / "account.log").open("wb") as log:
            self._process = process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=_environment(folder),
                start_new_session=True,  # Ctrl-C is for the run, which then ends the account
            )
        self.endpoint = self._ready(process)

    def _ready(self, process: subprocess.Popen[bytes]) -> str:
        lines: list[bytes] = []
        reading = threading.Thread(
            target=lambda: lines.append(process.stdout.readline() if process.stdout else b""),
            daemon=True,
        )
        reading.start()
        reading.join(_READY)
        if lines and lines[0]:
            return str(json.loads(lines[0])["endpoint"])
        if not lines:
            what = f"the emulated account did not start within {_READY:g} s"
        elif process.wait(_GRACE) == 2 and (said := self._tail().strip()):
            # It was the user's to mend, and the account said so in its one sentence.
            what, _, todo = said.splitlines()[-1].rpartition(": ")
            raise PlanproofError(what, todo.rstrip("."))
        else:
            what = "the emulated account did not start"
        raise PlanproofError(what, "see what it wrote", detail=self._tail())

    @property
    def control(self) -> Control:
        """To set its time, plan faults and read its trail."""
        return Control(self.endpoint)

    @property
    def pid(self) -> int:
        """Of the process; 0 before it is started."""
        return self._process.pid if self._process is not None else 0

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def check(self) -> None:
        """Make sure that it runs.

        Raises:
            PlanproofError: it ended, by itself or by another's hand.
        """
        if self.alive:
            return
        code = self._process.returncode if self._process is not None else None
        how = "was never started" if code is None else f"ended half-way, with exit code {code}"
        raise PlanproofError(
            f"the emulated account {how}",
            "run again; if it happens again, see what it wrote last",
            detail=self._tail(),
        )

    def stop(self) -> None:
        """End it and every process that it started, and remove its folder. May be called twice."""
        process, self._process = self._process, None
        try:
            if process is not None:
                _end(process)
        finally:
            folder, self._folder = self._folder, None
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def _tail(self) -> str:
        if self._folder is None:
            return ""
        with suppress(OSError):
            text = (self._folder / "account.log").read_text("utf-8", "replace")
            return "\n".join(text.splitlines()[-_TAIL:])
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
        # Whatever it left: it leads the group that its children are in, if they left it not.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        end_all(children)
        if process.stdout is not None:
            process.stdout.close()


def _environment(folder: Path) -> Mapping[str, str]:
    """Nothing of the user's AWS, and temporary files in the folder that ends with the account."""
    home = str(Path(__file__).resolve().parents[3])
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    searched = [home, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(searched),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder),
    }
