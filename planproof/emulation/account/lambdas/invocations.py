"""Invokes a function: assumes its role, chooses an instance, records the result and its log.

https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from planproof.emulation.account.lambdas.functions import DeployedFunction
from planproof.emulation.account.lambdas.instances import Instances
from planproof.emulation.account.lambdas.logs import LogWriter
from planproof.emulation.account.model import Account
from planproof.emulation.function.runtime import Instance
from planproof.errors import PlanproofError

INIT_SECONDS = 10.0
"""Timeout of the import of a handler.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
_GRACE = 1.0
_LOG_TAIL = 2_000
_NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """The result of an invocation.

    Attributes:
        outcome: as in the trail: "ok", "denied", "failed", "killed", "timed out", "throttled".
        payload: the returned value, as JSON.
        error_type, error_message: as Lambda reports them, or "".
        instance: id of the instance that ran it.
        log: what the function printed.
        detail: further detail for the trail.
    """

    outcome: str
    payload: str = "null"
    error_type: str = ""
    error_message: str = ""
    instance: str = ""
    log: str = field(default="", repr=False)
    detail: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the handler returned."""
        return self.outcome == "ok"


class Invoker:
    """Invokes functions in the instances of an account."""

    def __init__(self, account: Account, instances: Instances, logs: LogWriter) -> None:
        self._account = account
        self._instances = instances
        self._logs = logs

    def invoke(
        self, function: DeployedFunction, event: Any, avoid: str = ""
    ) -> tuple[str, InvocationResult]:
        """Invoke a function with an event.

        Args:
            avoid: id of an instance that must not be used.

        Returns:
            the request id and the result, which is not yet recorded.
        """
        request_id = str(uuid.uuid4())
        denial = self._account.decisions.check_assume(
            "lambda.amazonaws.com", function.role, function.arn
        )
        if denial is not None:
            result = InvocationResult(
                "denied", "", "AccessDeniedException", _NOT_ASSUMABLE, detail=denial.detail
            )
        elif function.unsupported:
            result = InvocationResult("failed", "", "InvalidRuntimeException", function.unsupported)
        else:
            result = self._run(function, event, request_id, avoid)
        return request_id, result

    def record(
        self, function: DeployedFunction, request_id: str, result: InvocationResult, **detail: Any
    ) -> None:
        """Record an invocation in the trail."""
        detail = {"request_id": request_id, "instance": result.instance, **detail, **result.detail}
        if result.error_type:
            detail |= {"error_type": result.error_type, "error_message": result.error_message}
        if result.log and (not result.ok or detail.get("failed_items")):
            detail["log"] = result.log[-_LOG_TAIL:]
        self._account.trail.record(
            "invocation", function.name, "invoke", function.arn, result.outcome, **detail
        )

    def _run(
        self, function: DeployedFunction, event: Any, request_id: str, avoid: str
    ) -> InvocationResult:
        instance = self._instances.warm(function, avoid)
        clock, seconds = self._account.clock, float(function.timeout)
        started = time.monotonic()
        try:
            answer: Mapping[str, Any] | None = {}
            if instance is None:
                instance = self._instances.cold(function)
                seconds = max(INIT_SECONDS, seconds)
                answer = instance.load(seconds, ahead=clock.ahead)
            if answer is not None and "failure" not in answer:
                seconds = float(function.timeout)
                started = time.monotonic()
                answer = instance.invoke(event, request_id, seconds, ahead=clock.ahead)
        except TimeoutError:
            assert instance is not None  # noqa: S101
            self._instances.end(instance)
            message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
            result = InvocationResult("timed out", "", "Sandbox.Timedout", message)
        except PlanproofError as problem:
            return InvocationResult(
                "failed", "", "Runtime.Unknown", problem.sentence, log=problem.detail
            )
        else:
            result = self._result(function, instance, answer)
        return self._logged(function, instance, request_id, result, started)

    def _result(
        self, function: DeployedFunction, instance: Instance, answer: Mapping[str, Any] | None
    ) -> InvocationResult:
        """The result by the response of an instance, which ends as it would in Lambda; its log is
        what Lambda's runtime adds to the function's own."""
        failure = answer.get("failure") if answer is not None else None
        if answer is None or (failure and _ends_instance(failure)):
            # Without a response the process is ending by itself.
            code = self._instances.end(instance, _GRACE if answer is None else 0.0)
            if instance.killed:
                message = "Runtime exited with error: signal: killed"
                return InvocationResult("killed", "", "Runtime.ExitError", message)
            if answer is None:
                signaled = code is not None and code < 0
                status = f"signal: {-(code or 0)}" if signaled else f"exit status {code}"
                message = f"Runtime exited with error: {status}"
                return InvocationResult("failed", "", "Runtime.ExitError", message)
        if failure is None:
            return InvocationResult("ok", json.dumps(answer["returned"]))
        kind, message = _error(function.handler, failure)
        lines = "" if kind == "Runtime.ExitError" else f"[ERROR] {kind}: {message}\n"
        if lines and failure["trace"]:
            lines += f"Traceback (most recent call last):\n{failure['trace']}"
        return InvocationResult("failed", "", kind, message, log=lines)

    def _logged(
        self,
        function: DeployedFunction,
        instance: Instance,
        request_id: str,
        result: InvocationResult,
        started: float,
    ) -> InvocationResult:
        """Sends the log to CloudWatch Logs and releases the instance; the result with its log."""
        printed = instance.new_log()
        if result.log:
            printed += "\n" * (printed[-1:] not in ("", "\n")) + result.log
        milliseconds = (time.monotonic() - started) * 1000
        lines = [f"START RequestId: {request_id} Version: $LATEST", printed.rstrip("\n")]
        if result.error_type == "Sandbox.Timedout":
            lines.append(result.error_message)
        if result.error_type == "Runtime.ExitError":
            lines.append(f"RequestId: {request_id} Error: {result.error_message}")
        lines += [
            f"END RequestId: {request_id}",
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Memory Size: {function.memory} MB",
        ]
        self._logs.write(function, instance.log_stream, "\n".join(lines))
        if not instance.ended:
            self._instances.release(instance)
        return replace(result, instance=instance.id, log=printed)


def _ends_instance(failure: Mapping[str, Any]) -> bool:
    return failure["phase"] == "import" or "SystemExit" in failure["bases"]


def _error(handler: str, failure: Mapping[str, Any]) -> tuple[str, str]:
    """Type and message of a function's failure (see worker.py), as Lambda's runtime words it.

    https://repost.aws/knowledge-center/lambda-import-module-error-python
    """
    module, dot, attribute = handler.rpartition(".")
    kind, message, bases = failure["type"], failure["message"], failure["bases"]
    if "SystemExit" in bases:
        return "Runtime.ExitError", f"Runtime exited with error: exit status {failure['exit']}"
    if failure["phase"] == "return":
        return "Runtime.MarshalError", f"Unable to marshal response: {message}"
    if failure["phase"] == "import":
        if not (module and dot and attribute):
            return "Runtime.MalformedHandlerName", f"Bad handler '{handler}'"
        if "ImportError" in bases:
            return "Runtime.ImportModuleError", f"Unable to import module '{module}': {message}"
        if "SyntaxError" in bases:
            return "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {message}"
        if "AttributeError" in bases and not failure["where"]:  # not of the package's own code
            return "Runtime.HandlerNotFound", f"Handler '{attribute}' missing on module '{module}'"
    return kind, message
