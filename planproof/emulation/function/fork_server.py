"""The process that functions are forked from.

It has loaded boto3, the models of common services and, if asked to, moto, so that a cold start need
not. Each request comes on a socket of its own, which is attached to one byte on the control socket,
so that several processes can send requests. A request is ``{"end": pid, "grace": seconds}``, or it
starts a process, which then answers on the same socket (see worker.py).
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any

from planproof.emulation.function.worker import Worker, sdk_client
from planproof.processes import Channel

_PRELOADED = {"dynamodb": "list_tables", "s3": "list_buckets", "sqs": "list_queues"}
_POLL_SECONDS = 0.005


def main() -> None:
    """Serve requests until the socket of the last command-line argument is closed."""
    mode, descriptor = sys.argv[1:3]
    control = socket.socket(fileno=int(descriptor))
    children: dict[int, int | None] = {}  # exit codes; None while a process runs
    _warm_up(with_moto=mode == "moto")
    try:
        while attached := socket.recv_fds(control, 1, 1)[1]:
            channel = Channel(socket.socket(fileno=attached[0]))
            request = channel.receive() or {"end": 0, "grace": 0.0}
            if "end" in request:
                code = _end(request["end"], request["grace"], children)
                with contextlib.suppress(OSError):
                    channel.send({"code": code})
            else:
                _start(request, channel, control, children)
            channel.close()
    finally:
        for pid in list(children):
            _end(pid, 0.0, children)


def _warm_up(*, with_moto: bool) -> None:
    """Load what all later forks need."""
    session: Any = importlib.import_module("botocore.session")
    session.create_loader = functools.cache(session.create_loader)
    sdk: Any = importlib.import_module("boto3.session").Session()
    emulated = importlib.import_module("moto").mock_aws if with_moto else contextlib.nullcontext
    with emulated():
        for service, operation in _PRELOADED.items():
            client = sdk_client(service, "us-east-1")
            if with_moto:
                getattr(client, operation)()
            if service in sdk.get_available_resources():
                sdk.resource(service, region_name="us-east-1")
    del sdk
    gc.collect()
    gc.freeze()  # frozen objects are not copied into each fork


def _start(
    request: Mapping[str, Any],
    channel: Channel,
    control: socket.socket,
    children: dict[int, int | None],
) -> None:
    if request["stubs"] is not None:  # a client that is created here serves later forks, too
        for service in (*_PRELOADED, *(stub["service"] for stub in request["stubs"])):
            sdk_client(service, request["region"])
    for pid in children:
        _has_ended(pid, children)
    child = os.fork()
    if child:
        with contextlib.suppress(OSError):  # the child may have done it already
            os.setpgid(child, child)
        children[child] = None
        return
    code = 1
    try:
        control.close()
        os.setpgid(0, 0)
        _serve(request, channel)
        code = 0
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def _serve(request: Mapping[str, Any], channel: Channel) -> None:
    """Handle requests until the channel is closed; the function's output goes to the log."""
    output = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(output, stream)
    worker = Worker(request)
    channel.send({"pid": os.getpid()})
    with contextlib.suppress(ConnectionError):
        while (next_request := channel.receive()) is not None:
            response = worker.handle(next_request)
            sys.stdout.flush()
            channel.send(response)


def _has_ended(pid: int, children: dict[int, int | None], options: int = os.WNOHANG) -> bool:
    """Whether a process has ended; then those that it has started are killed."""
    if children[pid] is None:
        ended, status = os.waitpid(pid, options)
        if ended:
            children[pid] = os.waitstatus_to_exitcode(status)
            _kill(pid)
    return children[pid] is not None


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _end(pid: int, grace: float, children: dict[int, int | None]) -> int | None:
    """Kill a process unless it ends by itself within ``grace`` seconds; its exit code, if known."""
    if pid not in children:
        return None
    deadline = time.monotonic() + grace
    while not _has_ended(pid, children) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    if children[pid] is None:
        _kill(pid)
        _has_ended(pid, children, 0)
    return children.pop(pid)
