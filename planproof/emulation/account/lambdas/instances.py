"""The instances of functions: separate processes, started cold, kept warm, killed."""

from __future__ import annotations

import os
import re
import select
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from planproof.emulation.account.lambdas.functions import DeployedFunction, Packages
from planproof.emulation.account.model import Account
from planproof.emulation.function.frames import TASK_ROOT, frame, read_frame
from planproof.emulation.function.process import NO_CREDENTIALS
from planproof.errors import PlanproofError

INIT_SECONDS = 10.0
"""Timeout of the import of a handler.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
_GRACE = 1.0
_START_TIMEOUT = 60.0
_LOG_LIMIT = 1_000_000
_ROOT = str(Path(__file__).resolve().parents[4])
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from planproof.emulation.account.lambdas.fork_server import main; del sys.path[0]; main()"
)


class Instance:
    """A process that runs a function.

    Attributes:
        id: 32 hexadecimal digits.
        log_stream: name of its log stream.
        killed: whether it was killed by the account.
        gone: whether its process has ended.
    """

    def __init__(self, function: DeployedFunction, log: Path, log_stream: str, id: str) -> None:
        self.id = id
        self.function = function
        self.log_stream = log_stream
        self.killed = False
        self.gone = False
        self.pid = 0
        self.connection, self.other_end = socket.socketpair()
        self._log = log
        self._root = re.compile(re.escape(f"{log.parent}/") + "[0-9a-f]{64}")
        self._read_to = 0
        self._final_log = ""

    def request(self, request: Mapping[str, Any] | None, seconds: float) -> dict[str, Any] | None:
        """The response to a request, or to its start without one; None if the process ended.

        Raises:
            TimeoutError: there was no response in time.
        """
        deadline = time.monotonic() + seconds

        def read(count: int) -> bytes:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self.connection], [], [], left)[0]:
                raise TimeoutError
            return self.connection.recv(count)

        try:
            if request is not None:
                self.connection.sendall(frame(request))
            return read_frame(read)
        except (OSError, ValueError) as problem:
            if isinstance(problem, TimeoutError):
                raise
            return None  # the process ended

    def new_log(self) -> str:
        """What it printed since the last call."""
        if self.gone:
            text, self._final_log = self._final_log, ""
            return text
        if not self._log.exists():
            return ""
        with self._log.open("rb") as log:
            log.seek(self._read_to)
            data = log.read()
        self._read_to += len(data)
        if self._read_to > _LOG_LIMIT:
            os.truncate(self._log, 0)
            self._read_to = 0
        return self._root.sub(TASK_ROOT, data.decode("utf-8", "replace"))

    def forget(self) -> None:
        """Clean up after its process has ended; keeps the end of its log."""
        self.connection.close()
        if not self.gone:
            self._final_log = self.new_log()
            self.gone = True
        self._log.unlink(missing_ok=True)


class ForkServer:
    """Starts and controls the fork server (fork_server.py)."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._errors = folder / "fork_server.log"
        self._control, other = socket.socketpair()
        with other, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-u", "-c", _START, _ROOT, str(other.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=folder,
                env={**NO_CREDENTIALS, "PATH": os.defpath},
                pass_fds=[other.fileno()],
                start_new_session=True,
            )
        self._ready = False

    def start(self, instance: Instance, spec: Mapping[str, Any]) -> None:
        """Fork an instance.

        Raises:
            PlanproofError: the fork server has ended.
        """
        with instance.other_end as other:
            answer = self._request({"do": "start", "spec": spec}, other.fileno())
        instance.pid = answer["pid"]

    def end(self, instance: Instance, grace: float = 0.0) -> int | None:
        """Kill an instance unless it ends within ``grace`` seconds; returns its exit code."""
        answer = self._request({"do": "end", "pid": instance.pid, "grace": grace})
        code: int | None = answer["code"]
        return code

    def stop(self) -> None:
        """End it, with every instance."""
        with self._lock:
            self._control.close()
            try:
                self._process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _request(self, request: Mapping[str, Any], descriptor: int | None = None) -> dict[str, Any]:
        with self._lock:
            try:
                if not self._ready:
                    self._control.settimeout(_START_TIMEOUT)
                    self._ready = read_frame(self._control.recv) is not None
                sent = [] if descriptor is None else [descriptor]
                socket.send_fds(self._control, [b"+"], sent)
                self._control.sendall(frame(request))
                answer = read_frame(self._control.recv)
            except OSError:
                answer = None
            if answer is None:
                raise PlanproofError(
                    "no function can be started: the fork server ended",
                    "see the end of its log",
                    detail=self._errors.read_text(errors="replace")[-2000:],
                )
            return answer


class Instances:
    """The instances of all functions of an account."""

    def __init__(self, account: Account, packages: Packages) -> None:
        self._account = account
        self._packages = packages
        self._fork_server = ForkServer(packages.folder)
        self._lock = threading.Lock()
        self._idle: dict[str, list[Instance]] = {}
        self._all: dict[str, Instance] = {}

    def warm(self, function: DeployedFunction, avoid: str = "") -> Instance | None:
        """An idle instance of the function's current version, other than ``avoid``; else None."""
        with self._lock:
            idle = self._idle.get(function.arn, [])
            outdated = [i for i in idle if i.function.version != function.version]
            usable = [i for i in idle if i.function.version == function.version and i.id != avoid]
            chosen = usable[-1] if usable else None
            self._idle[function.arn] = [i for i in idle if i is not chosen and i not in outdated]
        for instance in outdated:
            self.end(instance)
        return chosen

    def cold(self, function: DeployedFunction) -> Instance:
        """A new instance, which has not yet responded to its start.

        Raises:
            PlanproofError: no process can be started, or the package is not a zip archive.
        """
        root, environment = self._packages.environment(function)
        id = uuid.uuid4().hex
        day = time.strftime("%Y/%m/%d", time.gmtime(self._account.clock.now()))
        stream = f"{day}/[$LATEST]{id}"
        log = self._packages.folder / f"{id}.log"
        instance = Instance(function, log, stream, id)
        endpoint = urlsplit(self._account.endpoint)
        spec = {
            "root": str(root),
            "handler": function.handler,
            "environment": {
                **environment,
                "AWS_LAMBDA_LOG_STREAM_NAME": stream,
                "AWS_ENDPOINT_URL": self._account.endpoint,
                **self._account.credentials(function.role, function.name, id),
            },
            "name": function.name,
            "arn": function.arn,
            "timeout": function.timeout,
            "memory": function.memory,
            "log": str(log),
            "log_group": function.log_group,
            "log_stream": stream,
            "format": function.log_format,
            "endpoint": [endpoint.hostname, endpoint.port],
            "ahead": self._account.clock.ahead,
        }
        try:
            self._fork_server.start(instance, spec)
        except PlanproofError:
            instance.forget()
            raise
        with self._lock:
            self._all[id] = instance
        return instance

    def release(self, instance: Instance) -> None:
        """Mark an instance as idle."""
        with self._lock:
            if not instance.killed:
                self._idle.setdefault(instance.function.arn, []).append(instance)
                return
        self.end(instance)

    def end(self, instance: Instance, grace: float = 0.0) -> int | None:
        """End an instance; returns its exit code, None if it had been ended before."""
        with self._lock:
            known = self._all.pop(instance.id, None)
        code = self._fork_server.end(instance, grace) if known else None
        instance.forget()
        return code

    def ended_by_itself(self, instance: Instance) -> int | None:
        """The exit code of an instance that did not respond."""
        return self.end(instance, _GRACE)

    def kill(self, id: str) -> None:
        """Kill an instance, if it exists; its invocation gets no response."""
        with self._lock:
            instance = self._all.get(id)
            if instance is None:
                return
            instance.killed = True
            idle = self._idle.get(instance.function.arn, [])
            is_idle = instance in idle
            if is_idle:
                idle.remove(instance)
        if is_idle:
            self.end(instance)
        else:
            self._fork_server.end(instance)

    def pids(self) -> list[int]:
        """Process ids of all instances."""
        with self._lock:
            return [instance.pid for instance in self._all.values()]

    def stop(self) -> None:
        """End all instances."""
        self._fork_server.stop()
        with self._lock:
            instances = list(self._all.values())
            self._all.clear()
            self._idle.clear()
        for instance in instances:
            instance.forget()
