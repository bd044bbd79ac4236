"""Runs functions in processes of their own, forked from one that is warm (see fork_server.py).

A function is untrusted code: it is not imported into this process, it gets none of its environment
and no network, and it may hang, crash or exit without harm to the run.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from planproof.emulation.function.configuration import FunctionConfiguration
from planproof.emulation.function.worker import TASK_ROOT
from planproof.errors import PlanproofError
from planproof.processes import NO_CREDENTIALS, Channel, PythonProcess

START_SECONDS = 60.0
_END_SECONDS = 30.0
_GRACE = 1.0
_LOG_LIMIT = 1_000_000
_FREE: Mapping[str, Any] = {"limit": None, "ahead": 0.0}
# -I ignores the user's PYTHON* variables, current folder and user packages.
# -u puts the function's output into the log even if the process is killed.
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from planproof.emulation.function.fork_server import main; del sys.path[0]; main()"
)
_ROOT = str(Path(__file__).resolve().parents[3])


class FunctionRuntime:
    """Starts the processes of functions. Forks of this process may use it, too.

    Args:
        moto: whether to get ready for functions with an emulated AWS in their own process.

    Attributes:
        folder: of packages and logs.
    """

    def __init__(self, *, moto: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="planproof-functions-")).resolve()
        self._mode = "moto" if moto else "endpoint"
        self._lock = threading.Lock()
        self._closed = False
        self._server = self._launch()

    @property
    def pid(self) -> int:
        """Id of the process that functions are forked from."""
        return self._server.pid

    def start(
        self,
        configuration: FunctionConfiguration,
        id: str,
        log_stream: str,
        environment: Mapping[str, str] | None = None,
        *,
        stubs: Sequence[Mapping[str, Any]] | None = None,
        endpoint: Sequence[Any] | None = None,
    ) -> Instance:
        """Fork a process for a function, which is not yet loaded.

        Args:
            id: of the instance; unique.
            environment: variables that add to or override those that Lambda sets.
            stubs: what the emulated AWS in the process cannot do by itself; None for no such AWS.
            endpoint: host and port that the function may connect to.

        Raises:
            PackageError: the package is not a valid zip archive.
            PlanproofError: no process can be started.
        """
        self.unpack(configuration)  # before there is a channel, which must not stay without request
        log = self.folder / f"{id}.log"
        instance = Instance(self, self._connect(), log, id, log_stream, environment or {})
        instance.use(configuration)
        start = {
            "stubs": stubs,
            "endpoint": endpoint,
            "region": configuration.region,
            "log": str(log),
        }
        with suppress(TimeoutError):
            if answer := instance.request(start, START_SECONDS):
                instance.pid = answer["pid"]
                return instance
        raise PlanproofError(
            "no function can be started: the process that they are forked from does not answer",
            "see the end of its log",
            detail=self._server.log_tail(),
        )

    def end(self, pid: int, grace: float) -> int | None:
        """Kill a process unless it ends within ``grace`` seconds; its exit code, if known."""
        channel = self._connect()
        try:
            answer = channel.request({"end": pid, "grace": grace}, grace + _END_SECONDS)
        finally:
            channel.close()
        return answer["code"] if answer else None

    def unpack(self, configuration: FunctionConfiguration) -> Path:
        """The folder that replaces /var/task.

        Raises:
            PackageError: the package is not a valid zip archive.
        """
        # A folder for each process, because forks must not unpack into the same one.
        root = self.folder / str(os.getpid()) / configuration.package.sha256
        with self._lock:
            if not root.exists():
                root.parent.mkdir(exist_ok=True)
                configuration.package.unpack(root)
        return root

    def close(self) -> None:
        """End all processes and remove all files."""
        with self._lock:
            self._closed = True
            self._server.end(_GRACE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _launch(self) -> PythonProcess:
        arguments = ["-I", "-u", "-c", _START, _ROOT, self._mode]
        environment = {**NO_CREDENTIALS, "PATH": os.defpath}
        return PythonProcess(arguments, self.folder / "fork_server.log", environment)

    def _connect(self) -> Channel:
        """A new channel to the fork server, which is started again if it has ended."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            for _ in range(2):
                with suppress(OSError):
                    socket.send_fds(self._server.channel.socket, [b"+"], [theirs.fileno()])
                    break
                if not self._closed:
                    self._server.end(0.0)
                    self._server = self._launch()
        return Channel(ours)


class Instance:
    """A process that runs functions, one after the other.

    Attributes:
        id: names its log.
        configuration: of the function that it runs, or runs once that is loaded.
        pid: of the process.
        killed: whether it was killed from outside, while it may have run a function.
        ended: whether its process has ended.
    """

    configuration: FunctionConfiguration

    def __init__(
        self,
        runtime: FunctionRuntime,
        channel: Channel,
        log: Path,
        id: str,
        log_stream: str,
        environment: Mapping[str, str],
    ) -> None:
        self.id = id
        self.log_stream = log_stream
        self.pid = 0
        self.killed = False
        self.ended = False
        self._runtime = runtime
        self._channel = channel
        self._owner = os.getpid()
        self._environment = environment
        self._function: Mapping[str, Any] = {}
        self._log = log
        self._root = re.compile(re.escape(f"{log.parent}/") + r"\d+/[0-9a-f]{64}")
        self._read_to = 0
        self._rest_of_log = ""

    def use(self, configuration: FunctionConfiguration) -> None:
        """Choose the function that is loaded next.

        Raises:
            PackageError: the package is not a valid zip archive.
        """
        root = self._runtime.unpack(configuration)
        self.configuration = configuration
        self._function = configuration.at(root, self.log_stream, self._environment)

    def load(self, seconds: float, **options: Any) -> dict[str, Any] | None:
        """Import the handler of the function, cold.

        Args:
            seconds: how long to wait for the response.
            options: ``limit``, the seconds after which the function is interrupted, None for never;
                ``ahead``, the seconds by which its clock is ahead of the machine's.

        Returns:
            the response (see ``Worker.handle`` in worker.py); None if the process ended.

        Raises:
            TimeoutError: there was no response in time.
        """
        return self.request({"do": "load", "function": self._function, **_FREE, **options}, seconds)

    def invoke(
        self, event: Any, request_id: str, seconds: float, **options: Any
    ) -> dict[str, Any] | None:
        """Call the handler with an event; all else is as in ``load``."""
        timeout = self.configuration.timeout
        invoke = {"do": "invoke", "event": event, "request_id": request_id, "seconds": timeout}
        return self.request({**invoke, **_FREE, **options}, seconds)

    def request(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
        """The response to any request; all else is as in ``load``."""
        return self._channel.request(request, seconds)

    def new_log(self) -> str:
        """What it printed since the last call, at most the last megabyte."""
        if self.ended:
            text, self._rest_of_log = self._rest_of_log, ""
            return text
        with suppress(FileNotFoundError), self._log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._read_to, size - _LOG_LIMIT))
            data = log.read()
            self._read_to = log.tell()
            if self._read_to > _LOG_LIMIT:
                os.truncate(self._log, 0)
                self._read_to = 0
            return self._root.sub(TASK_ROOT, data.decode("utf-8", "replace"))
        return ""

    def end(self, grace: float = 0.0) -> int | None:
        """End its process, and keep the end of its log.

        Args:
            grace: seconds in which it may end by itself.

        Returns:
            its exit code; None if it ended before, or belongs to the process that forked this one.
        """
        if self.ended:
            return None
        code = None
        if self._owner == os.getpid():
            code = self._runtime.end(self.pid, grace)
            self._rest_of_log = self.new_log()
            self._log.unlink(missing_ok=True)
        self._channel.close()
        self.ended = True
        return code
