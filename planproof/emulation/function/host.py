"""Runs a Lambda function of a stack as planned, with an emulated account in its process."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from types import TracebackType
from typing import Any

from planproof.aws.lambda_package import PackageError
from planproof.emulation.function.configuration import FunctionConfiguration
from planproof.emulation.function.runtime import START_SECONDS, FunctionRuntime, Instance
from planproof.errors import PlanproofError, UndeterminedError
from planproof.values import Value

SECONDS_PER_EVENT = 20.0
GRACE = 10.0
"""Seconds beyond the limit after which an unresponsive process is killed."""
_LOG_TAIL = 4_000
# The same for every run, so that a record of the function is, too.
_LOG_STREAM = "2024/01/01/[$LATEST]planproof"
_REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed import or call.

    Attributes:
        type: name of the exception; ``Crashed`` if the process ended, ``FunctionTimedOut`` if
            it exceeded its time limit.
        where: ``file:line`` in the package, or "".
        phase: "import", "call", or "return" if the returned value is not JSON.
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


class FunctionHost:
    """Starts functions, one after the other; a context manager. Forks of this process may, too."""

    def __init__(self, seconds_per_event: float = SECONDS_PER_EVENT) -> None:
        self._limit = seconds_per_event
        self._runtime = FunctionRuntime(moto=True)
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
        """End all processes and remove their files."""
        self._runtime.close()

    def import_handler(self, configuration: FunctionConfiguration) -> Failure | None:
        """Import the handler with only the modules of Lambda's runtime; None on success."""
        function = self._begin(configuration)
        try:
            failure = function.load().failure
        finally:
            function.end()
        if failure is not None and failure.type == "Crashed":
            return Failure("ProcessEnded", failure.message, phase="import")
        return failure

    def start(
        self, configuration: FunctionConfiguration, stubs: Iterable[Stub] = ()
    ) -> RunningFunction:
        """Start a cold function in an empty account; ends the previous one.

        Raises:
            UndeterminedError: no function can run on this machine.
        """
        if self._running is not None:
            self._running.end()
        self._running = self._begin(configuration, [asdict(stub) for stub in stubs])
        return self._running

    def _begin(
        self, configuration: FunctionConfiguration, stubs: list[dict[str, Any]] | None = None
    ) -> RunningFunction:
        try:
            instance = self._runtime.start(
                configuration, uuid.uuid4().hex, _LOG_STREAM, stubs=stubs
            )
        except PackageError:
            raise
        except PlanproofError as problem:
            raise UndeterminedError(f"no function can run here: {problem}") from problem
        return RunningFunction(instance, self._limit)


class RunningFunction:
    """A function that runs in its emulated account."""

    def __init__(self, instance: Instance, limit: float) -> None:
        self._instance = instance
        self._region = instance.configuration.region
        self._limit = limit
        self._is_cold = True
        self._ended: Failure | None = None

    def load(self) -> Invocation:
        """Import the handler, if the function is cold."""
        if not self._is_cold:
            return Invocation()
        loaded = self._result(self._instance.load)
        self._is_cold = loaded.failure is not None
        return loaded

    def invoke(self, event: Mapping[str, Any]) -> Invocation:
        """Invoke the function with an event."""
        loaded = self.load()
        if loaded.failure is not None:
            return loaded
        done = self._result(partial(self._instance.invoke, event, _REQUEST_ID))
        log = (loaded.log + done.log)[-_LOG_TAIL:]
        return replace(done, calls=loaded.calls + done.calls, log=log)

    def restart(self) -> None:
        """Make the next event a cold start; keeps the account."""
        self._is_cold = True

    def switch_to(self, configuration: FunctionConfiguration) -> None:
        """Replace the function by another, cold, in the same account."""
        self._instance.use(configuration)
        self._is_cold = True

    def aws(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call AWS as the owner of the account; ``operation`` is boto3's name of the method.

        Raises:
            UndeterminedError: the call failed.
        """
        request = {
            "do": "aws",
            "service": service,
            "region": self._region,
            "operation": operation,
            "parameters": parameters,
        }
        response = self._send(partial(self._instance.request, request), START_SECONDS)
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
        self._instance.end()
        self._ended = self._ended or Failure("ProcessEnded", "it has already ended")

    def _result(self, send: Callable[..., dict[str, Any] | None]) -> Invocation:
        limited = partial(send, limit=self._limit)
        response = self._send(limited, self._limit + GRACE)
        return Invocation(
            response.get("returned"),
            _failure(response.get("failure")),
            tuple(_recorded_call(entry) for entry in response.get("calls", ())),
            self._instance.new_log()[-_LOG_TAIL:],
        )

    def _send(
        self, send: Callable[[float], dict[str, Any] | None], seconds: float
    ) -> dict[str, Any]:
        if self._ended is None:
            try:
                response = send(seconds)
            except TimeoutError:
                self._instance.end()
                message = f"it did not respond within {seconds:g} seconds"
                self._ended = Failure("ProcessEnded", message)
            else:
                if response is not None:
                    return response
                self._ended = _crash(self._instance.end(GRACE))
        return {"failure": asdict(self._ended)}


def _crash(code: int | None) -> Failure:
    if code is None:
        return Failure("ProcessEnded", "its process ended, and its exit code is unknown")
    status = f"signal {-code}" if code < 0 else f"exit code {code}"
    return Failure("Crashed", f"its process ended with {status}")


def _failure(entry: Mapping[str, Any] | None) -> Failure | None:
    names = [field.name for field in fields(Failure)]
    return Failure(**{name: entry[name] for name in names if name in entry}) if entry else None


def _recorded_call(entry: Mapping[str, Any]) -> RecordedCall:
    failure, violations = _failure(entry.get("failure")), tuple(entry["model_violations"])
    return RecordedCall(**{**entry, "failure": failure, "model_violations": violations})


def _attribute(value: Mapping[str, Any]) -> Value:
    """A plain DynamoDB attribute value: "x" for ``{"S": "x"}``; numbers are strings."""
    ((kind, content),) = value.items()
    if kind == "M":
        return {name: _attribute(inner) for name, inner in content.items()}
    if kind == "L":
        return [_attribute(inner) for inner in content]
    return None if kind == "NULL" else content
