"""Requests to invoke a function, which moto would pass on to a container.

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
"""Of the account's time, after which an asynchronous invocation that failed is repeated."""

Invoke = Callable[[str, Any], InvocationResult]


def patch_invoke(invoke: Invoke, later: Callable[[float, Callable[[], None]], None]) -> Any:
    """Let requests to Invoke reach the functions; what it returns takes that back.

    Args:
        invoke: gives a function, by its ARN, an event.
        later: does something when so many seconds of the account's time have passed.
    """

    def attempt(arn: str, event: Any, number: int) -> None:
        failed = not invoke(arn, event).ok
        if failed and number < len(RETRY_SECONDS):
            later(RETRY_SECONDS[number], lambda: attempt(arn, event, number + 1))

    def answer(
        self: Any,
        body: Any,
        request_headers: Mapping[str, str],
        response_headers: MutableMapping[str, str],
    ) -> bytes:
        try:
            event = json.loads(body) if body else {}
        except ValueError as problem:
            told = f"Could not parse request body into json: {problem}"
            raise LambdaClientError("InvalidRequestContentException", told) from None
        kind = request_headers.get("X-Amz-Invocation-Type") or "RequestResponse"
        if kind == "Event":
            later(0.0, lambda: attempt(self.function_arn, event, 0))
        if kind != "RequestResponse":
            return b""
        answered = invoke(self.function_arn, event)
        if answered.ok:
            return answered.payload.encode()
        response_headers["x-amz-function-error"] = "Unhandled"
        failure = {"errorMessage": answered.error_message, "errorType": answered.error_type}
        return json.dumps(failure).encode()

    patch = mock.patch.object(LambdaFunction, "invoke", answer)
    patch.start()
    return patch.stop
