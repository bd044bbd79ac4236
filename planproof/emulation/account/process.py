"""Starts and ends an emulated account in its own process."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from planproof.emulation.account.control import Control
from planproof.errors import PlanproofError
from planproof.processes import NO_CREDENTIALS, PythonProcess

_START_TIMEOUT = 60.0
_GRACE = 6.0
_END_GRACE = 2.0  # a run has 5 s to end
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
        self._process: PythonProcess | None = None
        self._stopped = False
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
        folder = self._folder = Path(tempfile.mkdtemp(prefix="planproof-account-"))
        command = ["-m", "planproof.emulation.account", f"--port={self._port}"]
        command += [f"--service={name}" for name in self._services]
        command += [f"--path={Path(entry).resolve()}" for entry in self._path]
        command += [f"--components={self._components}", f"--folder={folder}", "--channel"]
        log = folder / "account.log"
        process = self._process = PythonProcess(command, log, _environment(folder))
        if self._stopped:  # by another thread, before there was a process to end
            raise PlanproofError("the run was stopped while its account started", "run again")
        try:
            ready = process.channel.receive(_START_TIMEOUT)
        except TimeoutError:
            what = f"the emulated account did not start within {_START_TIMEOUT:g} s"
        else:
            if ready is not None:
                self.endpoint = str(ready["endpoint"])
                return
            what = "the emulated account did not start"
            if process.exit_code(_GRACE) == 2 and (lines := process.log_tail().splitlines()):
                # The user has to fix it: the last line of the log is the sentence of the error.
                what, _, todo = lines[-1].rpartition(": ")
                raise PlanproofError(what, todo.rstrip("."))
        raise PlanproofError(what, "see its log", detail=process.log_tail())

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
        return self._process is not None and self._process.exit_code() is None

    def check(self) -> None:
        """Check that the process runs.

        Raises:
            PlanproofError: it has ended.
        """
        if self.alive:
            return
        how, log = "was not started", ""
        if self._process is not None:
            how = f"ended early, with exit code {self._process.exit_code()}"
            log = self._process.log_tail()
        todo = "run again; if it ends again, see its log"
        raise PlanproofError(f"the emulated account {how}", todo, detail=log)

    def stop(self) -> None:
        """End the account and its child processes, and remove its folder. Idempotent."""
        self._stopped = True
        process, self._process = self._process, None
        try:
            if process is not None:
                process.end(_END_GRACE)
        finally:
            folder, self._folder = self._folder, None
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path) -> Mapping[str, str]:
    """No AWS settings of the user; temporary files go to the folder of the account."""
    root = str(Path(__file__).resolve().parents[3])
    inherited = {name: os.environ[name] for name in _ENV if name in os.environ}
    python_path = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return (
        inherited
        | NO_CREDENTIALS
        | {
            "HOME": str(folder),
            "PYTHONPATH": os.pathsep.join(python_path),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(folder),
        }
    )
