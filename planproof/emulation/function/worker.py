"""Imports and calls a Lambda function in this process, as Lambda's runtime does.

Imports only what keeps working once a function's modules hide those that are installed here.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.abc
import json
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any

import time_machine

from planproof.emulation.function.in_process_aws import InProcessAws

TASK_ROOT = "/var/task"
"""Where Lambda unpacks a package; replaces the local folder in messages."""
# What Lambda's Python runtimes provide besides the standard library: boto3 and its dependencies.
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
_SDK = frozenset({"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"})
_NETWORK = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
_NAMES = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_monotonic = time.monotonic


class FunctionTimedOut(BaseException):
    """The function exceeded its time limit."""


class Worker:
    """Runs functions in this process, one after the other, in the same AWS.

    Args:
        start: ``stubs`` of the emulated AWS in this process, or None for none, and ``endpoint``,
            the host and port that functions may connect to, or None.
    """

    def __init__(self, start: Mapping[str, Any]) -> None:
        self._aws: InProcessAws | None = None
        if start["stubs"] is not None:
            self._aws = InProcessAws(start["stubs"])
            self._aws.attach()
        sys.argv[:] = ["bootstrap.py"]
        sys.addaudithook(_restrict_network(start["endpoint"]))
        self._clock = Traveller()
        self._function: Mapping[str, Any] = {}
        self._handler: Callable[[Any, Any], Any] | None = None
        self._phase = "import"
        self._request_id = ""
        self._do = {"load": self._load, "invoke": self._invoke, "aws": self._call_aws}

    def handle(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The response to a request.

        ``load`` makes a ``function`` cold, and imports its handler. ``invoke`` calls that with an
        ``event``, a ``request_id`` and the function's timeout in ``seconds``. Both take a ``limit``
        in seconds, or None, after which the function is interrupted. The result is
        ``{"returned": …}`` or ``{"failure": …}``, with the recorded ``calls`` of AWS. ``aws`` calls
        AWS as the account's owner. ``ahead`` is by how many seconds the clock is ahead.
        """
        return self._do[request["do"]](request)

    def _load(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._leave()
        self._function = request["function"]
        self._enter()
        if form := self._function["log_format"]:
            _log_to_stdout(form, lambda: self._request_id)
        self._phase = "import"
        return self._run(request, self._import_handler)

    def _invoke(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._phase, self._request_id = "call", str(request["request_id"])
        ends = _monotonic() + float(request["seconds"])
        context = SimpleNamespace(
            **self._function["context"],
            aws_request_id=self._request_id,
            get_remaining_time_in_millis=lambda: max(0, int((ends - _monotonic()) * 1000)),
        )

        def call() -> Any:
            assert self._handler is not None  # noqa: S101
            returned = self._handler(request["event"], context)
            self._phase = "return"
            json.dumps(returned)  # Lambda serializes the value, too, and fails if it cannot
            return returned

        return self._run(request, call)

    def _run(self, request: Mapping[str, Any], do: Callable[[], Any]) -> dict[str, Any]:
        self._clock.travel(request["ahead"])
        result: dict[str, Any]
        recording: contextlib.AbstractContextManager[list[dict[str, Any]]]
        recording = self._aws.recording() if self._aws else contextlib.nullcontext([])
        with recording as calls:
            try:
                with _time_limit(request["limit"]):
                    result = {"returned": do()}
            except BaseException as problem:  # even SystemExit
                result = {"failure": self._failure(problem)}
        return {**result, "calls": calls}

    def _call_aws(self, request: Mapping[str, Any]) -> dict[str, Any]:
        client = sdk_client(request["service"], request["region"])
        try:
            return {"response": getattr(client, request["operation"])(**request["parameters"])}
        except Exception as problem:
            return {"failure": {"type": type(problem).__name__, "message": str(problem)}}

    def _import_handler(self) -> None:
        """Import the handler, as Lambda's runtime does.

        Raises:
            Exception: any exception of the module; ImportError or AttributeError if the handler
                does not exist.
        """
        name = str(self._function["handler"])
        module_name, dot, attribute = name.rpartition(".")
        if not dot or not module_name or not attribute:
            raise ImportError(f"the handler {name!r} is not of the form module.function")
        module = importlib.import_module(module_name.replace("/", "."))
        if not self._is_own(str(getattr(module, "__file__", ""))):
            raise ModuleNotFoundError(f"No module named {module_name!r} in the package")
        handler = getattr(module, attribute, None)
        if handler is None:
            raise AttributeError(f"module {module_name!r} of the package has no {attribute!r}")
        if not callable(handler):
            raise TypeError(f"{name} is a {type(handler).__name__}, which is not callable")
        self._handler = handler

    def _failure(self, problem: BaseException) -> dict[str, Any]:
        """``type`` and its ``bases``, ``message``, ``where`` ("file:line" in the package, or ""),
        ``phase`` ("import", "call" or "return"), the ``missing`` module, the ``exit`` status, and
        the ``trace``: the lines of the traceback that are in the package."""
        frames = traceback.extract_tb(problem.__traceback__)
        own = [frame for frame in frames if self._is_own(frame.filename)]
        code = problem.code if isinstance(problem, SystemExit) else None
        return {
            "type": type(problem).__name__,
            "bases": [base.__name__ for base in type(problem).__mro__],
            "message": str(problem).replace(self._root, TASK_ROOT),
            "where": f"{own[-1].filename[len(self._root) + 1 :]}:{own[-1].lineno}" if own else "",
            "phase": self._phase,
            "missing": problem.name if isinstance(problem, ModuleNotFoundError) else None,
            "exit": code if isinstance(code, int) else int(code is not None),
            "trace": "".join(traceback.format_list(own)).replace(self._root, TASK_ROOT),
        }

    # Isolation ---------------------------------------------------------------------------------

    @property
    def _root(self) -> str:
        return str(self._function["root"])

    def _is_own(self, file: str) -> bool:
        return file.startswith(self._root + os.sep)

    def _enter(self) -> None:
        """Restrict this process to the function's environment, folder and modules."""
        os.environ.clear()
        os.environ.update(self._function["environment"])
        os.chdir(self._root)
        sys.path.insert(0, self._root)
        # Top-level names of the modules in the package, which hide those that are installed here.
        # The standard library, in use, cannot be unloaded, and neither can the emulated AWS.
        own = {entry.name.partition(".")[0] for entry in Path(self._root).iterdir()}
        kept = {*sys.stdlib_module_names, "__main__"}
        if self._aws is not None:
            kept |= {*_SDK, "moto"} | ({name.partition(".")[0] for name in sys.modules} - own)
        else:
            kept |= _SDK - own
            sys.meta_path.insert(0, _RuntimeModulesOnly(own))
        for name in [name for name in sys.modules if name.partition(".")[0] not in kept]:
            del sys.modules[name]

    def _leave(self) -> None:
        """Unload the modules of the previous function, if any, so that the next start is cold."""
        if not self._function:
            return
        sys.path.remove(self._root)
        for name, module in list(sys.modules.items()):
            if self._is_own(str(getattr(module, "__file__", None) or "")):
                del sys.modules[name]


class _RuntimeModulesOnly(importlib.abc.MetaPathFinder):
    """Hides modules that are installed here but not in Lambda's runtime."""

    def __init__(self, own: set[str]) -> None:
        self._visible = own | _SDK | sys.stdlib_module_names

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> None:
        """Raise for a hidden top-level module; return None for others, to let other finders run."""
        if path is None and name.partition(".")[0] not in self._visible:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _restrict_network(endpoint: Sequence[Any] | None) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook: https://docs.python.org/3/library/audit_events.html"""
    host, port = endpoint or (None, None)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _NETWORK:
            address = arguments[_NETWORK[event]]
            if address is None or isinstance(address, (str, bytes)) or address[:2] == (host, port):
                return  # already connected, a socket in the file system, or the account
        elif event in _NAMES:
            address = arguments[0]
            if host is not None and address in (host, host.encode()):
                return
        else:
            return
        raise ConnectionRefusedError(f"the function has no network access here ({address!r})")

    return hook


@contextlib.contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    if seconds is None:
        yield
        return

    def raise_timeout(_signal: int, _frame: FrameType | None) -> None:
        raise FunctionTimedOut(f"it did not end within {seconds:g} seconds")

    previous = signal.signal(signal.SIGALRM, raise_timeout)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@functools.cache
def sdk_client(service: str, region: str) -> Any:
    """A client of a separate session, because the default session is the function's."""
    return importlib.import_module("boto3.session").Session().client(service, region_name=region)


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
        converter = time.gmtime  # type: ignore[assignment]
        default_msec_format = "%s.%03dZ"
        default_time_format = "%Y-%m-%dT%H:%M:%S"

        def format(self, record: logging.LogRecord) -> str:
            message, at = super().format(record), self.formatTime(record)
            if form != "JSON":
                return f"[{record.levelname}]\t{at}\t{request_id()}\t{message}"
            line = {"timestamp": at, "level": record.levelname, "message": message}
            return json.dumps({**line, "logger": record.name, "requestId": request_id()})

    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Lines())
    logging.getLogger().addHandler(handler)
