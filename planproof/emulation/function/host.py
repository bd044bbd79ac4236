"""What does a Lambda function do with an event, in an emulated account and in a process of its own?

The function is code of somebody else: it is never imported here, it gets nothing of the caller's
environment, it reaches no network, and it may hang, crash or exit without harm to the run.
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

from planproof.emulation.function.configuration import Deployment, lambda_environment
from planproof.emulation.function.frames import TASK_ROOT
from planproof.emulation.function.process import DriverProcess
from planproof.errors import UndeterminedError
from planproof.values import Value

SECONDS_AN_EVENT = 20.0
GRACE = 10.0
"""Seconds beyond the limit after which a process that does not answer is ended."""
_START = 60.0
_LOG_TAIL = 4_000


@dataclass(frozen=True, slots=True)
class Failure:
    """How something ended that did not end well.

    Attributes:
        type: name of the exception; ``Crashed`` where the process ended, ``FunctionTimedOut``
            where it took too long.
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
    """One call of AWS that the function made.

    Attributes:
        service, operation: as boto3 and AWS spell them ("dynamodb", "PutItem").
        parameters: as the function gave them.
        response: None where the call failed.
        failure: what was raised instead of a response.
        model_violations: what the service model forbids beyond what botocore looks at.
    """

    service: str
    operation: str
    parameters: Mapping[str, Value]
    response: Mapping[str, Value] | None = None
    failure: Failure | None = None
    model_violations: tuple[str, ...] = ()

    @property
    def validation_errors(self) -> tuple[str, ...]:
        """What AWS's service model has against the parameters; nothing if they are valid."""
        if self.failure is not None and self.failure.type == "ParamValidationError":
            return (self.failure.message, *self.model_violations)
        return self.model_violations

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What became of one event.

    Attributes:
        returned: the handler's answer.
        failure: why there is none.
        calls: every call of AWS, in order.
        log: the end of what was printed and logged.
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
    """How an operation is answered that moto does not emulate, once its parameters are valid.

    Attributes:
        response: the answer; ``{number}`` in a text becomes the count of answers so far, and the
            text ``{now}`` the present time.
        echo: a member of the response that also holds the request's own parameters.
        repeat: a parameter whose value, given again, gets the same answer again.
        error: ``{"code", "message", "status"}``, to answer with an error instead.
    """

    service: str
    operation: str
    response: Mapping[str, Any] = field(default_factory=dict)
    echo: str = ""
    repeat: str = ""
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _ParentFolder:
    """A folder in that of the process that this one is a fork of, which will remove it.

    Attributes:
        of: kept, since a temporary folder that nobody holds any more removes itself.
    """

    name: str
    of: object

    def cleanup(self) -> None:
        """Nothing: the parent does."""


class FunctionHost:
    """Starts functions, one after the other, in one process that is kept; a context manager."""

    def __init__(self, seconds_an_event: float = SECONDS_AN_EVENT) -> None:
        self._limit = seconds_an_event
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
        """End the process and remove what it wrote."""
        self._notice_fork()
        self._running = None
        if self._process is not None:
            self._process.kill()
            self._process = None
        self._folder.cleanup()

    def warm_up(self) -> DriverProcess:
        """The process that functions are started in; it gets ready in the background."""
        self._notice_fork()
        if self._process is None or not self._process.alive:
            self._process = DriverProcess("serve", self._path)
        return self._process

    def import_handler(self, deployment: Deployment) -> Failure | None:
        """Import the handler in an interpreter that has only what Lambda's runtime has.

        Returns:
            None where that works, else why not.
        """
        self.warm_up()
        process = DriverProcess("import", self._path)
        try:
            answer = process.ask(self._request(deployment, ()), self._limit + GRACE)
        finally:
            process.kill()
        return _failure(answer["failure"], "import") if "failure" in answer else None

    def start(self, deployment: Deployment, stubs: Iterable[Stub] = ()) -> RunningFunction:
        """A cold function in an empty account; the one started before is ended.

        Raises:
            UndeterminedError: no function can be run on this machine.
        """
        process = self.warm_up()
        if self._running is not None:
            self._running.end()
        answer = process.ask(self._request(deployment, tuple(stubs)), _START)
        if "started" not in answer:
            raise UndeterminedError(f"no function can be run here: {answer['failure']['message']}")
        self._running = RunningFunction(process, self._limit, self._request)
        return self._running

    def _notice_fork(self) -> None:
        """In a fork of its process a host starts anew: what it has is the parent's."""
        if self._owner == os.getpid():
            return
        self._owner, self._process, self._running = os.getpid(), None, None
        folder = Path(self._folder.name) / f"fork-{self._owner}"
        folder.mkdir()
        self._folder = _ParentFolder(str(folder), self._folder)

    @property
    def _path(self) -> Path:
        return Path(self._folder.name).resolve()

    def _request(self, deployment: Deployment, stubs: Sequence[Stub]) -> dict[str, Any]:
        root = self._path / deployment.package.sha256
        if not root.exists():
            deployment.package.unpack(root)
        return {
            "root": str(root),
            "handler": deployment.handler,
            "environment": lambda_environment(deployment, root),
            "name": deployment.name,
            "arn": deployment.arn,
            "timeout": deployment.timeout,
            "memory": deployment.memory,
            "limit": self._limit,
            "stubs": [asdict(stub) for stub in stubs],
        }


class RunningFunction:
    """A function in its account: what it does, and what it leaves behind."""

    def __init__(
        self,
        process: DriverProcess,
        limit: float,
        request: Callable[[Deployment, Sequence[Stub]], Mapping[str, Any]],
    ) -> None:
        self._process = process
        self._limit = limit
        self._request = request
        self._over: Failure | None = None

    def invoke(self, event: Mapping[str, Any]) -> Invocation:
        """Give it one event; however it ends, that is the answer."""
        before = self._written
        answer = self._ask({"do": "invoke", "event": event}, self._limit + GRACE)
        failure = answer.get("failure")
        return Invocation(
            answer.get("returned"),
            _failure(failure) if failure else None,
            tuple(_call(entry) for entry in answer.get("calls", ())),
            self._log_since(before),
        )

    def restart(self) -> None:
        """Let the next event meet a cold start; the account stays as it is."""
        self._ask({"do": "restart"}, GRACE)

    def become(self, deployment: Deployment) -> None:
        """Let the next event go to another function, cold, in the same account."""
        self._ask({"do": "become", "spec": self._request(deployment, ())}, GRACE)

    def aws(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call the account from outside the function; ``operation`` as boto3 spells it.

        Raises:
            UndeterminedError: the call failed.
        """
        request = {
            "do": "aws",
            "service": service,
            "operation": operation,
            "parameters": parameters,
        }
        answer = self._ask(request, _START)
        if "failure" in answer:
            raise UndeterminedError(f"{service} {operation}: {_failure(answer['failure'])}")
        response: dict[str, Any] = answer["response"]
        return response

    def items(self, table: str) -> list[dict[str, Value]]:
        """Every item of a DynamoDB table, its attributes as plain values, numbers as text."""
        response = self.aws("dynamodb", "scan", TableName=table, ConsistentRead=True)
        return [
            {name: _attribute(value) for name, value in item.items()}
            for item in response.get("Items", ())
        ]

    def end(self) -> None:
        """End it, and its account with it."""
        if self._over is None:
            self._ask({"do": "end"}, GRACE)

    def _ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        if self._over is None:
            answer = self._process.ask(request, seconds)
            if "ended" in answer:
                self._over = _crash(answer["ended"])
                if request["do"] != "end":
                    self._process.kill()  # the request may still lie in its pipe
            elif answer.get("failure", {}).get("type") == "ProcessEnded":
                self._over = _failure(answer["failure"])
            else:
                return answer
        return {"failure": asdict(self._over)}

    @property
    def _written(self) -> int:
        return self._process.log.stat().st_size if self._process.log.exists() else 0

    def _log_since(self, position: int) -> str:
        if not self._process.log.exists():
            return ""
        with self._process.log.open("rb") as log:
            log.seek(max(position, self._written - _LOG_TAIL))
            text = log.read().decode("utf-8", "replace")
        return re.sub(re.escape(f"{self._process.log.parent}/") + "[0-9a-f]{64}", TASK_ROOT, text)


def _crash(code: int) -> Failure:
    told = f"signal {-code}" if code < 0 else f"exit code {code}"
    return Failure("Crashed", f"its process ended with {told}")


def _failure(entry: Mapping[str, Any], phase: str = "call") -> Failure:
    return Failure(
        entry["type"],
        entry["message"],
        entry.get("where", ""),
        entry.get("phase", phase),
        entry.get("missing"),
    )


def _call(entry: Mapping[str, Any]) -> RecordedCall:
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
    """A DynamoDB attribute value: ``{"S": "x"}`` is "x"; numbers stay text."""
    ((kind, content),) = value.items()
    if kind == "M":
        return {name: _attribute(inner) for name, inner in content.items()}
    if kind == "L":
        return [_attribute(inner) for inner in content]
    return None if kind == "NULL" else content
