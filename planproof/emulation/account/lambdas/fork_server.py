"""Runs in a process of its own: the parent that instances of functions are forked from.

It has boto3 and the models of common services in memory, so that a cold start need not read them.
Requests come over a socket: one byte, with the instance's own socket where there is one to start,
then a frame. It ends, and every instance with it, when the socket is closed.
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

_USUAL = ("dynamodb", "s3", "sqs")
_STEP = 0.005


def main() -> None:
    """InvocationResult requests until the socket named first on the command line is closed."""
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
    """Have the models of common services in memory for all that are forked from now on."""
    session: Any = importlib.import_module("botocore.session")
    session.create_loader = functools.cache(session.create_loader)
    made: Any = importlib.import_module("boto3.session").Session()
    for service in _USUAL:
        made.client(service, region_name="us-east-1")
        if service in made.get_available_resources():
            made.resource(service, region_name="us-east-1")
    del made
    gc.collect()
    gc.freeze()  # what the collector never looks at is not copied into each fork


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
    with contextlib.suppress(OSError):  # the child may have been quicker
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
    """Kill an instance and whatever it started, unless it ends by itself within ``grace``."""
    if pid not in children:
        return {"code": None}
    deadline = time.monotonic() + grace
    ended, status = os.waitpid(pid, os.WNOHANG)
    while not ended and time.monotonic() < deadline:
        time.sleep(_STEP)
        ended, status = os.waitpid(pid, os.WNOHANG)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    if not ended:
        _, status = os.waitpid(pid, 0)
    children.discard(pid)
    return {"code": os.waitstatus_to_exitcode(status)}
