"""Replaces moto's Invoke, which would start a container.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any
from unittest import mock

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction

from planproof.emulation.account.lambdas.invocations import InvocationResult

RETRY_SECONDS = (60.0, 120.0)
"""Delays, in the account's time, of the retries of a failed asynchronous invocation."""

Invoke = Callable[[str, Any], InvocationResult]


def patch_invoke(invoke: Invoke, later: Callable[[float, Callable[[], None]], None]) -> Any:
    """Let Invoke requests run functions; returns a function that undoes the patch.

    Args:
        invoke: invokes a function by its ARN with an event.
        later: schedules a task, in seconds of the account's clock.
    """

    def attempt(arn: str, event: Any, number: int) -> None:
        failed = not invoke(arn, event).ok
        if failed and number < len(RETRY_SECONDS):
            later(RETRY_SECONDS[number], lambda: attempt(arn, event, number + 1))

    def respond(
        self: Any,
        body: Any,
        request_headers: Mapping[str, str],
        response_headers: MutableMapping[str, str],
    ) -> bytes:
        try:
            event = json.loads(body) if body else {}
        except ValueError as problem:
            message = f"Could not parse request body into json: {problem}"
            raise LambdaClientError("InvalidRequestContentException", message) from None
        kind = request_headers.get("X-Amz-Invocation-Type") or "RequestResponse"
        if kind == "Event":
            later(0.0, lambda: attempt(self.function_arn, event, 0))
        if kind != "RequestResponse":
            return b""
        result = invoke(self.function_arn, event)
        if result.ok:
            return result.payload.encode()
        response_headers["x-amz-function-error"] = "Unhandled"
        failure = {"errorMessage": result.error_message, "errorType": result.error_type}
        return json.dumps(failure).encode()

    patch = mock.patch.object(LambdaFunction, "invoke", respond)
    patch.start()
    return patch.stop
