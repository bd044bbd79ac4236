"""The process that instances of functions are forked from.

It has loaded boto3 and the models of common services, so that a cold start need not. A request on
its socket is one byte, with the instance's own socket attached if it is to start one, then a frame.
It ends, with every instance, when the socket is closed.
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

from planproof.emulation.account.lambdas.instance import Traveller, isolate_process
from planproof.emulation.function.frames import frame, read_frame

_PRELOADED = ("dynamodb", "s3", "sqs")
_POLL_SECONDS = 0.005


def main() -> None:
    """Serve requests until the socket of the first command-line argument is closed."""
    control = socket.socket(fileno=int(sys.argv[1]))
    children: set[int] = set()
    _warm_up()
    control.sendall(frame({"ready": True}))
    try:
        while True:
            head, received, _, _ = socket.recv_fds(control, 1, 1)
            request = read_frame(control.recv) if head else None
            if request is None:
                return
            if request["do"] == "start":
                answer = _start(request["spec"], received[0], control)
                children.add(answer["pid"])
            else:
                answer = _end(request["pid"], request["grace"], children)
            control.sendall(frame(answer))
    finally:
        for pid in list(children):
            _end(pid, 0.0, children)


def _warm_up() -> None:
    """Load the models of common services for all later forks."""
    session: Any = importlib.import_module("botocore.session")
    session.create_loader = functools.cache(session.create_loader)
    sdk: Any = importlib.import_module("boto3.session").Session()
    for service in _PRELOADED:
        sdk.client(service, region_name="us-east-1")
        if service in sdk.get_available_resources():
            sdk.resource(service, region_name="us-east-1")
    del sdk
    gc.collect()
    gc.freeze()  # frozen objects are not copied into each fork


def _start(spec: Mapping[str, Any], connection: int, control: socket.socket) -> dict[str, Any]:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            control.close()
            os.setpgid(0, 0)
            code = _serve(socket.socket(fileno=connection), spec)
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    os.close(connection)
    with contextlib.suppress(OSError):  # the child may have done it already
        os.setpgid(child, child)
    return {"pid": child}


def _serve(connection: socket.socket, spec: Mapping[str, Any]) -> int:
    output = os.open(spec["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    traveller = Traveller()
    function = isolate_process(spec)
    traveller.travel(spec["ahead"])
    answer = function.start()
    connection.sendall(frame(answer))
    with contextlib.suppress(ConnectionError):  # the account has ended
        while "ends" not in answer and (request := read_frame(connection.recv)) is not None:
            traveller.travel(request["ahead"])
            answer = function.handle(request)
            sys.stdout.flush()
            connection.sendall(frame(answer))
    return 0


def _end(pid: int, grace: float, children: set[int]) -> dict[str, Any]:
    """Kill an instance and its children, unless it ends by itself within ``grace`` seconds."""
    if pid not in children:
        return {"code": None}
    deadline = time.monotonic() + grace
    ended, status = os.waitpid(pid, os.WNOHANG)
    while not ended and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        ended, status = os.waitpid(pid, os.WNOHANG)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    if not ended:
        _, status = os.waitpid(pid, 0)
    children.discard(pid)
    return {"code": os.waitstatus_to_exitcode(status)}
