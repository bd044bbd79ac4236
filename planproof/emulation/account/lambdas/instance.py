"""Runs in an instance of a function: imports the handler and calls it, as Lambda's runtime does.

The process was forked from the fork server (fork_server.py), so nothing may be imported here that the
function must not find: see ``become``.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

import time_machine

from planproof.emulation.function.driver import SDK, Function, RuntimeModulesOnly
from planproof.emulation.function.frames import TASK_ROOT

_NETWORK = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
_NAMES = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_monotonic = time.monotonic


class FunctionInstance(Function):
    """The handler in this process.

    Its spec is that of :class:`planproof.emulation.function.driver.Function`, with ``log_group``,
    ``log_stream``, ``format`` ("Text" or "JSON"), ``endpoint`` (host and port) and ``ahead``.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__(spec)
        self._request_id = ""
        self._deadline = 0.0

    def start(self) -> dict[str, Any]:
        """Import the handler: ``{}``, or ``{"failure": {"type", "message"}}`` as Lambda puts it."""
        _log_to_stdout(str(self.spec.get("format") or "Text"), lambda: self._request_id)
        try:
            self._handler = self.load()
        except SystemExit as problem:
            return {"failure": _exit(problem), "ends": True}
        except BaseException as problem:
            failure = self._import_failure(problem)
            self._tell(failure, problem)
            return {"failure": failure, "ends": True}
        return {}

    def handle(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Give the handler one event.

        Args:
            request: ``event``, ``request_id`` and ``seconds`` that it may take.

        Returns:
            ``{"payload": JSON text}`` or ``{"failure": {"type", "message"}}``; with ``ends`` where
            the process cannot be used again.
        """
        self._request_id = str(request["request_id"])
        self._deadline = _monotonic() + float(request["seconds"])
        assert self._handler is not None  # noqa: S101
        try:
            returned = self._handler(request["event"], self._context())
        except SystemExit as problem:
            return {"failure": _exit(problem), "ends": True}
        except BaseException as problem:
            failure = {"type": type(problem).__name__, "message": self._plain(problem)}
            self._tell(failure, problem)
            return {"failure": failure}
        try:
            return {"payload": json.dumps(returned)}
        except (TypeError, ValueError) as problem:
            failure = {
                "type": "Runtime.MarshalError",
                "message": f"Unable to marshal response: {problem}",
            }
            self._tell(failure, None)
            return {"failure": failure}

    def _context(self) -> SimpleNamespace:
        """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""
        context = super()._context()
        context.aws_request_id = self._request_id
        context.log_group_name = self.spec["log_group"]
        context.log_stream_name = self.spec["log_stream"]
        context.get_remaining_time_in_millis = lambda: max(
            0, int((self._deadline - _monotonic()) * 1000)
        )
        return context

    def _import_failure(self, problem: BaseException) -> dict[str, str]:
        """In the words of Lambda's runtime: a reader finds them in AWS's own help.

        https://repost.aws/knowledge-center/lambda-import-module-error-python
        """
        handler = str(self.spec["handler"])
        module, dot, attribute = handler.rpartition(".")
        if not (module and dot and attribute):
            return {"type": "Runtime.MalformedHandlerName", "message": f"Bad handler '{handler}'"}
        if isinstance(problem, ImportError):
            told = f"Unable to import module '{module}': {self._plain(problem)}"
            return {"type": "Runtime.ImportModuleError", "message": told}
        if isinstance(problem, SyntaxError):
            told = f"Syntax error in module '{module}': {self._plain(problem)}"
            return {"type": "Runtime.UserCodeSyntaxError", "message": told}
        if isinstance(problem, AttributeError) and self._missing(module, attribute):
            told = f"Handler '{attribute}' missing on module '{module}'"
            return {"type": "Runtime.HandlerNotFound", "message": told}
        return {"type": type(problem).__name__, "message": self._plain(problem)}

    @staticmethod
    def _missing(module: str, attribute: str) -> bool:
        loaded = sys.modules.get(module.replace("/", "."))
        return loaded is not None and not hasattr(loaded, attribute)

    def _plain(self, problem: BaseException) -> str:
        return str(problem).replace(self.root, TASK_ROOT)

    def _tell(self, failure: Mapping[str, str], problem: BaseException | None) -> None:
        """Write a failure to the log, with what of its traceback is the function's own."""
        lines = [f"[ERROR] {failure['type']}: {failure['message']}"]
        frames = traceback.extract_tb(problem.__traceback__) if problem is not None else []
        own = [frame for frame in frames if frame.filename.startswith(self.root + os.sep)]
        if own:
            lines.append("Traceback (most recent call last):")
            lines += [line.rstrip("\n") for line in traceback.format_list(own)]
        print("\n".join(lines).replace(self.root, TASK_ROOT), flush=True)


def _exit(problem: SystemExit) -> dict[str, str]:
    status = problem.code if isinstance(problem.code, int) else int(problem.code is not None)
    return {
        "type": "Runtime.ExitError",
        "message": f"Runtime exited with error: exit status {status}",
    }


def isolate_process(spec: Mapping[str, Any]) -> FunctionInstance:
    """Make this process the function's: its environment, its folder, its modules, its network."""
    function = FunctionInstance(spec)
    os.environ.clear()
    os.environ.update(spec["environment"])
    os.chdir(spec["root"])
    sys.argv[:] = ["bootstrap.py"]
    sys.path.insert(0, str(spec["root"]))
    own = function.own_names()
    visible = (SDK | sys.stdlib_module_names) - own
    for name in list(sys.modules):
        top = name.partition(".")[0]
        if top not in visible and top != "__main__" and not _needed(top, own):
            del sys.modules[name]
    sys.meta_path.insert(0, RuntimeModulesOnly(own))
    host, port = spec["endpoint"]
    sys.addaudithook(_only_to(str(host), int(port)))
    return function


def _needed(top: str, own: set[str]) -> bool:
    """The standard library that is running cannot be taken away, whatever the package brings."""
    return top in own and top in sys.stdlib_module_names


def _only_to(host: str, port: int) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook: https://docs.python.org/3/library/audit_events.html"""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _NETWORK:
            place = arguments[_NETWORK[event]]
            if place is None or isinstance(place, (str, bytes)) or place[:2] == (host, port):
                return  # already connected, a socket in the file system, or the account
        elif event in _NAMES:
            place = arguments[0]
            if place in (host, host.encode()):
                return
        else:
            return
        raise ConnectionRefusedError(f"the function may not reach the network here ({place!r})")

    return hook


class Traveller:
    """Sets this process's clock ahead of the machine's, as the account's is.

    What time_machine puts in the place of ``time.time`` looks for its own module by name, so that
    a hollow one is there while the clock is ahead. A function that asks for that very module finds
    it; by ``time`` and ``datetime`` it can tell nothing.
    """

    def __init__(self) -> None:
        self._ahead = 0.0
        self._coordinates: Any = None
        self._hollow = ModuleType("time_machine")
        for name in ("_time_machine", "traveller_stack"):
            setattr(self._hollow, name, getattr(time_machine, name))

    def travel(self, ahead: float) -> None:
        """Be so many seconds ahead from now on."""
        if self._coordinates is None and not ahead:
            return
        sys.modules["time_machine"] = self._hollow
        if self._coordinates is None:
            self._coordinates = time_machine.travel(time.time() + ahead, tick=True).start()
            time.time()  # its time goes on from when it is first asked
        elif ahead != self._ahead:
            self._coordinates.shift(ahead - self._ahead)
        self._ahead = ahead


def _log_to_stdout(form: str, request_id: Callable[[], str]) -> None:
    """Give the root logger the handler that Lambda's runtime gives it.

    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """

    class Lines(logging.Formatter):
        default_msec_format = "%s.%03dZ"
        default_time_format = "%Y-%m-%dT%H:%M:%S"

        @staticmethod
        def converter(seconds: float | None = None) -> time.struct_time:
            return time.gmtime(seconds)

        def format(self, record: logging.LogRecord) -> str:
            message = super().format(record)
            if form != "JSON":
                at, told = self.formatTime(record), request_id()
                return f"[{record.levelname}]\t{at}\t{told}\t{message}"
            line = {
                "timestamp": self.formatTime(record),
                "level": record.levelname,
                "message": message,
                "logger": record.name,
                "requestId": request_id(),
            }
            return json.dumps(line)

    class Stdout(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            print(self.format(record), flush=True)

    handler = Stdout()
    handler.setFormatter(Lines())
    logging.getLogger().addHandler(handler)
