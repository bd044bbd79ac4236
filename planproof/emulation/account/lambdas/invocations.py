"""One invocation: who may make it, in which instance, how it ended, and what is written of it.

https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from planproof.emulation.account.lambdas.deployed_function import DeployedFunction
from planproof.emulation.account.lambdas.instances import INIT_SECONDS, Instance, Instances
from planproof.emulation.account.lambdas.logs import LogWriter
from planproof.emulation.account.model import Account
from planproof.errors import PlanproofError

_TAIL = 2_000
_NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """How an invocation ended.

    Attributes:
        outcome: as in the trail: "ok", "denied", "failed", "killed", "timed out", "throttled".
        payload: what the handler returned, as JSON; "null" where it returned nothing.
        error_type, error_message: as Lambda tells them, or "".
        instance: which one ran it.
        log: what was printed.
        detail: more for the trail.
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
        """Give a function one event.

        Args:
            avoid: an instance that shall not be used.

        Returns:
            the request id, and how it ended; nothing is noted yet.
        """
        request_id = str(uuid.uuid4())
        denial = self._account.decisions.check_assume(
            "lambda.amazonaws.com", function.role, function.arn
        )
        if denial is not None:
            told = denial.detail
            answer = InvocationResult(
                "denied", "", "AccessDeniedException", _NOT_ASSUMABLE, detail=told
            )
        elif function.unsupported:
            answer = InvocationResult("failed", "", "InvalidRuntimeException", function.unsupported)
        else:
            answer = self._run(function, event, request_id, avoid)
        return request_id, answer

    def note(
        self, function: DeployedFunction, request_id: str, answer: InvocationResult, **detail: Any
    ) -> None:
        """Write an invocation into the trail."""
        detail = {"request_id": request_id, "instance": answer.instance, **detail, **answer.detail}
        if answer.error_type:
            detail |= {"error_type": answer.error_type, "error_message": answer.error_message}
        if answer.log and (not answer.ok or detail.get("failed_items")):
            detail["log"] = answer.log[-_TAIL:]
        self._account.trail.record(
            "invocation", function.name, "invoke", function.arn, answer.outcome, **detail
        )

    def _run(
        self, function: DeployedFunction, event: Any, request_id: str, avoid: str
    ) -> InvocationResult:
        instance = self._instances.warm(function, avoid)
        started = time.monotonic()
        try:
            if instance is None:
                instance = self._instances.cold(function)
                seconds = max(INIT_SECONDS, float(function.timeout))
                answer = instance.ask(None, seconds)
            else:
                answer = {}
            if answer is not None and "failure" not in answer:
                seconds = float(function.timeout)
                request = {
                    "event": event,
                    "request_id": request_id,
                    "seconds": seconds,
                    "ahead": self._account.clock.ahead,
                }
                started = time.monotonic()
                answer = instance.ask(request, seconds)
        except TimeoutError:
            assert instance is not None  # noqa: S101
            self._instances.end(instance)
            told = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
            ended = InvocationResult("timed out", "", "Sandbox.Timedout", told)
            return self._logged(function, instance, request_id, ended, started)
        except PlanproofError as problem:
            return InvocationResult(
                "failed", "", "Runtime.Unknown", problem.sentence, log=problem.detail
            )
        return self._logged(function, instance, request_id, self._judge(instance, answer), started)

    def _judge(self, instance: Instance, answer: Mapping[str, Any] | None) -> InvocationResult:
        if answer is None or "ends" in answer:
            code = self._instances.ended_by_itself(instance)
            if instance.killed:
                told = "Runtime exited with error: signal: killed"
                return InvocationResult("killed", "", "Runtime.ExitError", told)
            if answer is None:
                told = (
                    f"signal: {-code}" if code is not None and code < 0 else (f"exit status {code}")
                )
                told = f"Runtime exited with error: {told}"
                return InvocationResult("failed", "", "Runtime.ExitError", told)
        if "failure" in answer:
            failure = answer["failure"]
            return InvocationResult("failed", "", failure["type"], failure["message"])
        return InvocationResult("ok", answer["payload"])

    def _logged(
        self,
        function: DeployedFunction,
        instance: Instance,
        request_id: str,
        answer: InvocationResult,
        started: float,
    ) -> InvocationResult:
        """The answer with its log, which is on its way to CloudWatch; its instance may rest."""
        printed = instance.new_log()
        milliseconds = (time.monotonic() - started) * 1000
        lines = [f"START RequestId: {request_id} Version: $LATEST", printed.rstrip("\n")]
        if answer.error_type == "Sandbox.Timedout":
            lines.append(answer.error_message)
        if answer.error_type == "Runtime.ExitError":
            lines.append(f"RequestId: {request_id} Error: {answer.error_message}")
        lines += [
            f"END RequestId: {request_id}",
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Memory Size: {function.memory} MB",
        ]
        self._logs.write(function, instance.log_stream, "\n".join(lines))
        if not instance.gone:
            self._instances.rest(instance)
        return InvocationResult(
            answer.outcome,
            answer.payload,
            answer.error_type,
            answer.error_message,
            instance.id,
            printed,
        )
