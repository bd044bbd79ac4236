"""Runs a Lambda function in a separate process with an emulated account.

The function is untrusted code: it is not imported into this process, it gets none of its
environment and no network, and it may hang, crash or exit without harm to the run.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from planproof.emulation.function.configuration import FunctionConfiguration, lambda_environment
from planproof.emulation.function.frames import TASK_ROOT
from planproof.emulation.function.process import DriverProcess
from planproof.errors import UndeterminedError
from planproof.values import Value

SECONDS_PER_EVENT = 20.0
GRACE = 10.0
"""Seconds beyond the limit after which an unresponsive process is killed."""
_START_TIMEOUT = 60.0
_LOG_TAIL = 4_000


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed import or call.

    Attributes:
        type: name of the exception; ``Crashed`` if the process ended, ``FunctionTimedOut`` if
            it exceeded its time limit.
        where: ``file:line`` in the package, or "".
        phase: "import" or "call".
        missing: the module that an import did not find.
    """

    type: str
    message: str
    where: str = ""
    phase: str = "call"
    missing: str | None = None

    def __str__(self) -> str:
        place = f" at {self.where}" if self.where else ""
        return f"{self.type}{place}: {self.message}" if self.message else f"{self.type}{place}"


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """An AWS call of the function.

    Attributes:
        service, operation: as boto3 and AWS spell them ("dynamodb", "PutItem").
        parameters: as the function passed them.
        response: None if the call failed.
        failure: the exception, if any.
        model_violations: violations of the service model that botocore does not check.
    """

    service: str
    operation: str
    parameters: Mapping[str, Value]
    response: Mapping[str, Value] | None = None
    failure: Failure | None = None
    model_violations: tuple[str, ...] = ()

    @property
    def validation_errors(self) -> tuple[str, ...]:
        """The errors of the parameters by AWS's service model; empty if they are valid."""
        if self.failure is not None and self.failure.type == "ParamValidationError":
            return (self.failure.message, *self.model_violations)
        return self.model_violations

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True)
class Invocation:
    """The result of one event.

    Attributes:
        returned: the handler's return value.
        failure: why there is none.
        calls: every AWS call, in order.
        log: the end of the function's output.
    """

    returned: Value = None
    failure: Failure | None = None
    calls: tuple[RecordedCall, ...] = ()
    log: str = ""

    def calls_of(self, service: str, operation: str) -> tuple[RecordedCall, ...]:
        """The calls of one operation."""
        return tuple(c for c in self.calls if (c.service, c.operation) == (service, operation))


@dataclass(frozen=True, slots=True)
class Stub:
    """The response of an operation that moto lacks, once its parameters are valid.

    Attributes:
        response: ``{number}`` in a string becomes the count of responses so far, and the string
            ``{now}`` the current time.
        echo: a member of the response that also gets the parameters of the request.
        repeat: a parameter; a repeated value gets the same response.
        error: ``{"code", "message", "status"}``, to respond with an error instead.
    """

    service: str
    operation: str
    response: Mapping[str, Any] = field(default_factory=dict)
    echo: str = ""
    repeat: str = ""
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _ParentFolder:
    """A folder in the temporary folder of the parent process, which removes it.

    Attributes:
        parent: referenced, because an unreferenced temporary folder removes itself.
    """

    name: str
    parent: object

    def cleanup(self) -> None:
        """Do nothing: the parent removes it."""


class FunctionHost:
    """Starts functions, one after the other, in one driver process; a context manager."""

    def __init__(self, seconds_per_event: float = SECONDS_PER_EVENT) -> None:
        self._limit = seconds_per_event
        self._folder: tempfile.TemporaryDirectory[str] | _ParentFolder
        self._folder = tempfile.TemporaryDirectory(prefix="planproof-function-")
        self._owner = os.getpid()
        self._process: DriverProcess | None = None
        self._running: RunningFunction | None = None

    def __enter__(self) -> FunctionHost:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its files."""
        self._reset_after_fork()
        self._running = None
        if self._process is not None:
            self._process.kill()
            self._process = None
        self._folder.cleanup()

    def warm_up(self) -> DriverProcess:
        """Start the driver process, which gets ready in the background."""
        self._reset_after_fork()
        if self._process is None or not self._process.alive:
            self._process = DriverProcess("serve", self._path)
        return self._process

    def import_handler(self, configuration: FunctionConfiguration) -> Failure | None:
        """Import the handler with only the modules of Lambda's runtime; None on success."""
        self.warm_up()
        process = DriverProcess("import", self._path)
        try:
            response = process.request(self._request(configuration, ()), self._limit + GRACE)
        finally:
            process.kill()
        return _failure(response["failure"], "import") if "failure" in response else None

    def start(
        self, configuration: FunctionConfiguration, stubs: Iterable[Stub] = ()
    ) -> RunningFunction:
        """Start a cold function in an empty account; ends the previous one.

        Raises:
            UndeterminedError: no function can run on this machine.
        """
        process = self.warm_up()
        if self._running is not None:
            self._running.end()
        response = process.request(self._request(configuration, tuple(stubs)), _START_TIMEOUT)
        if "started" not in response:
            raise UndeterminedError(f"no function can run here: {response['failure']['message']}")
        self._running = RunningFunction(process, self._limit, self._request)
        return self._running

    def _reset_after_fork(self) -> None:
        """Start anew in a fork: the process and the folder belong to the parent."""
        if self._owner == os.getpid():
            return
        self._owner, self._process, self._running = os.getpid(), None, None
        folder = Path(self._folder.name) / f"fork-{self._owner}"
        folder.mkdir()
        self._folder = _ParentFolder(str(folder), self._folder)

    @property
    def _path(self) -> Path:
        return Path(self._folder.name).resolve()

    def _request(
        self, configuration: FunctionConfiguration, stubs: Sequence[Stub]
    ) -> dict[str, Any]:
        root = self._path / configuration.package.sha256
        if not root.exists():
            configuration.package.unpack(root)
        return {
            "root": str(root),
            "handler": configuration.handler,
            "environment": lambda_environment(configuration, root),
            "name": configuration.name,
            "arn": configuration.arn,
            "timeout": configuration.timeout,
            "memory": configuration.memory,
            "limit": self._limit,
            "stubs": [asdict(stub) for stub in stubs],
        }


class RunningFunction:
    """A function that runs in its emulated account."""

    def __init__(
        self,
        process: DriverProcess,
        limit: float,
        request: Callable[[FunctionConfiguration, Sequence[Stub]], Mapping[str, Any]],
    ) -> None:
        self._process = process
        self._limit = limit
        self._request = request
        self._ended: Failure | None = None

    def invoke(self, event: Mapping[str, Any]) -> Invocation:
        """Invoke the function with an event."""
        position = self._log_size
        response = self._send({"do": "invoke", "event": event}, self._limit + GRACE)
        failure = response.get("failure")
        return Invocation(
            response.get("returned"),
            _failure(failure) if failure else None,
            tuple(_recorded_call(entry) for entry in response.get("calls", ())),
            self._log_since(position),
        )

    def restart(self) -> None:
        """Make the next event a cold start; keeps the account."""
        self._send({"do": "restart"}, GRACE)

    def switch_to(self, configuration: FunctionConfiguration) -> None:
        """Replace the function by another, cold, in the same account."""
        self._send({"do": "switch", "spec": self._request(configuration, ())}, GRACE)

    def aws(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call AWS as the owner of the account; ``operation`` is boto3's name of the method.

        Raises:
            UndeterminedError: the call failed.
        """
        request = {
            "do": "aws",
            "service": service,
            "operation": operation,
            "parameters": parameters,
        }
        response = self._send(request, _START_TIMEOUT)
        if "failure" in response:
            raise UndeterminedError(f"{service} {operation}: {_failure(response['failure'])}")
        result: dict[str, Any] = response["response"]
        return result

    def items(self, table: str) -> list[dict[str, Value]]:
        """Every item of a DynamoDB table, with plain attribute values; numbers are strings."""
        response = self.aws("dynamodb", "scan", TableName=table, ConsistentRead=True)
        return [
            {name: _attribute(value) for name, value in item.items()}
            for item in response.get("Items", ())
        ]

    def end(self) -> None:
        """End the function and its account."""
        if self._ended is None:
            self._send({"do": "end"}, GRACE)

    def _send(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        if self._ended is None:
            response = self._process.request(request, seconds)
            if "ended" in response:
                self._ended = _crash(response["ended"])
                if request["do"] != "end":
                    self._process.kill()  # the request may still be in its pipe
            elif response.get("failure", {}).get("type") == "ProcessEnded":
                self._ended = _failure(response["failure"])
            else:
                return response
        return {"failure": asdict(self._ended)}

    @property
    def _log_size(self) -> int:
        return self._process.log.stat().st_size if self._process.log.exists() else 0

    def _log_since(self, position: int) -> str:
        if not self._process.log.exists():
            return ""
        with self._process.log.open("rb") as log:
            log.seek(max(position, self._log_size - _LOG_TAIL))
            text = log.read().decode("utf-8", "replace")
        return re.sub(re.escape(f"{self._process.log.parent}/") + "[0-9a-f]{64}", TASK_ROOT, text)


def _crash(code: int) -> Failure:
    status = f"signal {-code}" if code < 0 else f"exit code {code}"
    return Failure("Crashed", f"its process ended with {status}")


def _failure(entry: Mapping[str, Any], phase: str = "call") -> Failure:
    return Failure(
        entry["type"],
        entry["message"],
        entry.get("where", ""),
        entry.get("phase", phase),
        entry.get("missing"),
    )


def _recorded_call(entry: Mapping[str, Any]) -> RecordedCall:
    failure = entry.get("failure")
    return RecordedCall(
        entry["service"],
        entry["operation"],
        entry["parameters"],
        entry.get("response"),
        _failure(failure) if failure else None,
        tuple(entry["model_violations"]),
    )


def _attribute(value: Mapping[str, Any]) -> Value:
    """A plain DynamoDB attribute value: "x" for ``{"S": "x"}``; numbers are strings."""
    ((kind, content),) = value.items()
    if kind == "M":
        return {name: _attribute(inner) for name, inner in content.items()}
    if kind == "L":
        return [_attribute(inner) for inner in content]
    return None if kind == "NULL" else content
