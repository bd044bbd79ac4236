"""Runs a function in its instance's process: imports the handler and calls it, as Lambda does.

The process is a fork of the fork server (fork_server.py). Nothing may be imported here that the
function must not find: see ``isolate_process``.

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
    """A function in this process.

    Its spec is that of :class:`planproof.emulation.function.driver.Function`, with ``log_group``,
    ``log_stream``, ``format`` ("Text" or "JSON"), ``endpoint`` (host and port) and ``ahead``.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__(spec)
        self._request_id = ""
        self._deadline = 0.0

    def start(self) -> dict[str, Any]:
        """Import the handler: ``{}``, or ``{"failure": {"type", "message"}}`` as in Lambda."""
        _log_to_stdout(str(self.spec.get("format") or "Text"), lambda: self._request_id)
        try:
            self._handler = self.load()
        except SystemExit as problem:
            return {"failure": _exit(problem), "ends": True}
        except BaseException as problem:
            failure = self._import_failure(problem)
            self._log_failure(failure, problem)
            return {"failure": failure, "ends": True}
        return {}

    def handle(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Call the handler with an event.

        Args:
            request: ``event``, ``request_id`` and its timeout in ``seconds``.

        Returns:
            ``{"payload": JSON text}`` or ``{"failure": {"type", "message"}}``; with ``ends`` if
            the process cannot be reused.
        """
        self._request_id = str(request["request_id"])
        self._deadline = _monotonic() + float(request["seconds"])
        assert self._handler is not None  # noqa: S101
        try:
            returned = self._handler(request["event"], self._context())
        except SystemExit as problem:
            return {"failure": _exit(problem), "ends": True}
        except BaseException as problem:
            failure = {"type": type(problem).__name__, "message": self._with_task_root(problem)}
            self._log_failure(failure, problem)
            return {"failure": failure}
        try:
            return {"payload": json.dumps(returned)}
        except (TypeError, ValueError) as problem:
            failure = {
                "type": "Runtime.MarshalError",
                "message": f"Unable to marshal response: {problem}",
            }
            self._log_failure(failure, None)
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
        """The error of Lambda's runtime, in its words.

        https://repost.aws/knowledge-center/lambda-import-module-error-python
        """
        handler = str(self.spec["handler"])
        module, dot, attribute = handler.rpartition(".")
        if not (module and dot and attribute):
            return {"type": "Runtime.MalformedHandlerName", "message": f"Bad handler '{handler}'"}
        if isinstance(problem, ImportError):
            message = f"Unable to import module '{module}': {self._with_task_root(problem)}"
            return {"type": "Runtime.ImportModuleError", "message": message}
        if isinstance(problem, SyntaxError):
            message = f"Syntax error in module '{module}': {self._with_task_root(problem)}"
            return {"type": "Runtime.UserCodeSyntaxError", "message": message}
        if isinstance(problem, AttributeError) and self._missing(module, attribute):
            message = f"Handler '{attribute}' missing on module '{module}'"
            return {"type": "Runtime.HandlerNotFound", "message": message}
        return {"type": type(problem).__name__, "message": self._with_task_root(problem)}

    @staticmethod
    def _missing(module: str, attribute: str) -> bool:
        loaded = sys.modules.get(module.replace("/", "."))
        return loaded is not None and not hasattr(loaded, attribute)

    def _with_task_root(self, problem: BaseException) -> str:
        return str(problem).replace(self.root, TASK_ROOT)

    def _log_failure(self, failure: Mapping[str, str], problem: BaseException | None) -> None:
        """Log a failure, with the frames of its traceback that are in the package."""
        lines = [f"[ERROR] {failure['type']}: {failure['message']}"]
        frames = traceback.extract_tb(problem.__traceback__) if problem is not None else []
        own_frames = [frame for frame in frames if frame.filename.startswith(self.root + os.sep)]
        if own_frames:
            lines.append("Traceback (most recent call last):")
            lines += [line.rstrip("\n") for line in traceback.format_list(own_frames)]
        print("\n".join(lines).replace(self.root, TASK_ROOT), flush=True)


def _exit(problem: SystemExit) -> dict[str, str]:
    status = problem.code if isinstance(problem.code, int) else int(problem.code is not None)
    return {
        "type": "Runtime.ExitError",
        "message": f"Runtime exited with error: exit status {status}",
    }


def isolate_process(spec: Mapping[str, Any]) -> FunctionInstance:
    """Restrict this process to the function's environment, folder, modules and network."""
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
        if top not in visible and top != "__main__" and not _is_running(top, own):
            del sys.modules[name]
    sys.meta_path.insert(0, RuntimeModulesOnly(own))
    host, port = spec["endpoint"]
    sys.addaudithook(_restrict_network(str(host), int(port)))
    return function


def _is_running(top: str, own: set[str]) -> bool:
    """Whether a module shadows the standard library, which cannot be unloaded."""
    return top in own and top in sys.stdlib_module_names


def _restrict_network(host: str, port: int) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook: https://docs.python.org/3/library/audit_events.html"""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _NETWORK:
            address = arguments[_NETWORK[event]]
            if address is None or isinstance(address, (str, bytes)) or address[:2] == (host, port):
                return  # already connected, a socket in the file system, or the account
        elif event in _NAMES:
            address = arguments[0]
            if address in (host, host.encode()):
                return
        else:
            return
        raise ConnectionRefusedError(f"the function has no network access here ({address!r})")

    return hook


class Traveller:
    """Sets this process's clock to that of the account.

    time_machine's replacement of ``time.time`` looks up its own module by name, so a stub module
    is in ``sys.modules`` while the clock is ahead.
    """

    def __init__(self) -> None:
        self._ahead = 0.0
        self._traveller: Any = None
        self._stub_module = ModuleType("time_machine")
        for name in ("_time_machine", "traveller_stack"):
            setattr(self._stub_module, name, getattr(time_machine, name))

    def travel(self, ahead: float) -> None:
        """Set the clock ahead of the machine's by some seconds."""
        if self._traveller is None and not ahead:
            return
        sys.modules["time_machine"] = self._stub_module
        if self._traveller is None:
            self._traveller = time_machine.travel(time.time() + ahead, tick=True).start()
            time.time()  # time_machine starts ticking at the first call
        elif ahead != self._ahead:
            self._traveller.shift(ahead - self._ahead)
        self._ahead = ahead


def _log_to_stdout(form: str, request_id: Callable[[], str]) -> None:
    """Configure the root logger as Lambda's runtime does.

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
                return f"[{record.levelname}]\t{self.formatTime(record)}\t{request_id()}\t{message}"
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
