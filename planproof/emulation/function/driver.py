"""The main function of a process that imports and calls a Lambda function from its package.

It imports only two modules of planproof, so that the function finds what it would find in Lambda.

``import`` handles one request: to import the handler with the modules of Lambda's runtime.
``serve`` handles many: each function gets a fork with its own emulated account.
Requests and responses are frames (see frames.py) on standard input and output.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.abc
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

from planproof.emulation.function.frames import TASK_ROOT, frame, read_frame
from planproof.emulation.function.in_process_aws import InProcessAws

# What Lambda's Python runtimes provide besides the standard library: boto3 and its dependencies.
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
SDK = frozenset({"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"})
_PRELOADED = {"dynamodb": "list_tables", "s3": "list_buckets", "sqs": "list_queues"}


# The function ----------------------------------------------------------------------------------


class FunctionTimedOut(BaseException):
    """The function exceeded its time limit."""


class Function:
    """A Lambda function: imported at its first event, kept until it is restarted."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self.root = str(spec["root"])
        self.phase = "import"
        self._handler: Callable[[Any, Any], Any] | None = None

    def load(self) -> Callable[[Any, Any], Any]:
        """Import the handler, as Lambda's runtime does.

        Raises:
            Exception: any exception of the module; ImportError or AttributeError if the handler
                does not exist.
        """
        self.phase = "import"
        name = str(self.spec["handler"])
        module_name, dot, attribute = name.rpartition(".")
        if not dot or not module_name or not attribute:
            raise ImportError(f"the handler {name!r} is not of the form module.function")
        module = importlib.import_module(module_name.replace("/", "."))
        if not str(getattr(module, "__file__", "")).startswith(self.root + os.sep):
            raise ModuleNotFoundError(f"No module named {module_name!r} in the package")
        handler = getattr(module, attribute, None)
        if handler is None:
            raise AttributeError(f"module {module_name!r} of the package has no {attribute!r}")
        if not callable(handler):
            raise TypeError(f"{name} is a {type(handler).__name__}, which is not callable")
        self.phase = "call"
        return handler  # type: ignore[no-any-return]

    def invoke(self, event: Any) -> dict[str, Any]:
        """Call the handler with an event: ``{"returned": …}`` or ``{"failure": …}``."""
        try:
            with self._time_limit(float(self.spec["limit"])):
                if self._handler is None:
                    self._handler = self.load()
                returned = self._handler(event, self._context())
                json.dumps(returned)  # Lambda serializes the value, too, and fails if it cannot
        except BaseException as problem:  # even SystemExit
            return {"failure": self._failure(problem)}
        return {"returned": returned}

    def restart(self) -> None:
        """Unload the modules of the package, so that the next event is a cold start."""
        self._handler = None
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(self.root + os.sep):
                del sys.modules[name]

    def own_names(self) -> set[str]:
        """Top-level names of the modules in the package."""
        return {entry.name.partition(".")[0] for entry in Path(self.root).iterdir()}

    def _context(self) -> SimpleNamespace:
        """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""
        milliseconds = int(float(self.spec["timeout"]) * 1000)
        return SimpleNamespace(
            aws_request_id="8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            function_name=self.spec["name"],
            function_version="$LATEST",
            invoked_function_arn=self.spec["arn"],
            memory_limit_in_mb=self.spec["memory"],
            log_group_name=f"/aws/lambda/{self.spec['name']}",
            log_stream_name="2024/01/01/[$LATEST]planproof",
            identity=None,
            client_context=None,
            get_remaining_time_in_millis=lambda: milliseconds,
        )

    def _failure(self, problem: BaseException) -> dict[str, Any]:
        where = ""
        for entry in traceback.extract_tb(problem.__traceback__):
            if entry.filename.startswith(self.root + os.sep):
                where = f"{entry.filename[len(self.root) + 1 :]}:{entry.lineno}"
        return {
            "type": type(problem).__name__,
            "message": str(problem).replace(self.root, TASK_ROOT),
            "where": where,
            "phase": self.phase,
            "missing": problem.name if isinstance(problem, ModuleNotFoundError) else None,
        }

    @staticmethod
    @contextlib.contextmanager
    def _time_limit(seconds: float) -> Iterator[None]:
        def raise_timeout(_signal: int, _frame: FrameType | None) -> None:
            raise FunctionTimedOut(f"it did not end within {seconds:g} seconds")

        previous = signal.signal(signal.SIGALRM, raise_timeout)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)


def prepare(spec: Mapping[str, Any]) -> Function:
    """Restrict this process to the function's environment and folder, without network."""
    os.environ.clear()
    os.environ.update(spec["environment"])
    os.chdir(spec["root"])
    sys.path.insert(0, str(spec["root"]))
    sys.addaudithook(_no_network)
    return Function(spec)


def _no_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: https://docs.python.org/3/library/audit_events.html"""
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, (str, bytes)):
            return  # a socket in the file system
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        address = arguments[0]
    else:
        return
    raise ConnectionRefusedError(f"the function has no network access here ({address!r})")


class RuntimeModulesOnly(importlib.abc.MetaPathFinder):
    """Hides modules that are installed here but not in Lambda's runtime."""

    def __init__(self, own: set[str]) -> None:
        self._visible = own | SDK | sys.stdlib_module_names

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> None:
        """Raise for a hidden top-level module; return None for others, to let other finders run."""
        if path is None and name.partition(".")[0] not in self._visible:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


# The two modes ---------------------------------------------------------------------------------


def try_import(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Import the handler in this interpreter, with the modules of Lambda's runtime."""
    function = prepare(spec)
    sys.meta_path.insert(0, RuntimeModulesOnly(function.own_names()))
    try:
        with function._time_limit(float(spec["limit"])):
            function.load()
    except BaseException as problem:
        return {"failure": function._failure(problem)}
    return {}


def run_function(
    spec: Mapping[str, Any],
    next_request: Callable[[], dict[str, Any] | None],
    respond: Callable[[Mapping[str, Any]], None],
) -> None:
    """Handle requests for one function until it is ended."""
    from moto import mock_aws

    account = InProcessAws(spec["stubs"])
    account.attach()
    function = prepare(spec)
    region = spec["environment"]["AWS_REGION"]
    with mock_aws():
        unloaded = False
        while (request := next_request()) is not None:
            if request["do"] == "end":
                return
            if request["do"] == "restart":
                function.restart()
                respond({})
            elif request["do"] == "switch":
                function.restart()
                sys.path.remove(function.root)
                function, unloaded = prepare(request["spec"]), False
                respond({})
            elif request["do"] == "aws":
                client = _client(request["service"], region)
                respond(_call_aws(client, request["operation"], request["parameters"]))
            else:
                if not unloaded:
                    _unload(function.own_names() - SDK - {"moto"})
                    unloaded = True
                account.calls, account.recording = [], True
                answer = function.invoke(request["event"])
                account.recording = False
                respond({**answer, "calls": account.calls})


def _call_aws(client: Any, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"response": getattr(client, operation)(**parameters)}
    except Exception as problem:
        return {"failure": {"type": type(problem).__name__, "message": str(problem)}}


def _unload(names: set[str]) -> None:
    """Unload modules of this process that the package has under the same names."""
    for name in [n for n in sys.modules if n.partition(".")[0] in names]:
        if name.partition(".")[0] not in sys.stdlib_module_names and name != "__main__":
            del sys.modules[name]


def _warm_up() -> None:
    """Import moto and load models once, before the first fork."""
    from moto import mock_aws

    session: Any = importlib.import_module("botocore.session")
    session.create_loader = functools.cache(session.create_loader)
    with mock_aws():
        for service, operation in _PRELOADED.items():
            getattr(_client(service, "us-east-1"), operation)()


@functools.cache
def _client(service: str, region: str) -> Any:
    """A client of a separate session, because the default session is the function's."""
    return importlib.import_module("boto3.session").Session().client(service, region_name=region)


def serve(
    next_request: Callable[[], dict[str, Any] | None], respond: Callable[[Mapping[str, Any]], None]
) -> None:
    """Start one function after the other, each in a fork, and report its exit code."""
    _warm_up()
    while (spec := next_request()) is not None:
        for service in {*_PRELOADED, *(stub["service"] for stub in spec["stubs"])}:
            _client(service, spec["environment"]["AWS_REGION"])
        child = os.fork()
        if child == 0:
            try:
                respond({"started": os.getpid()})
                run_function(spec, next_request, respond)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        respond({"ended": os.waitstatus_to_exitcode(status)})


def main() -> None:
    """Use the standard streams for frames; redirect the function's output to a log file."""
    mode, log = sys.argv[1:3]
    requests, answers = os.dup(0), os.dup(1)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def next_request() -> dict[str, Any] | None:
        return read_frame(lambda count: os.read(requests, count))

    def respond(message: Mapping[str, Any]) -> None:
        data = frame(message)
        while data:
            data = data[os.write(answers, data) :]

    if mode == "import":
        respond(try_import(next_request() or {}))
    else:
        serve(next_request, respond)
