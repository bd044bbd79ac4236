"""Keeps moto from invoking the functions of event source mappings; Lambdas polls instead.

moto invokes a mapped function in a container when a message is sent or an item is written. Lambda
polls the queue: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import EventSourceMapping, LambdaBackend
from moto.dynamodb.models.table import Table
from moto.kinesis.models import Stream
from moto.sqs.models import Queue, sqs_backends

from planproof.emulation.account.moto_patches.patches import replace


class _NeverInvoked:
    """An attribute that is always empty, so that a source knows no mappings."""

    def __get__(self, instance: object, owner: type | None = None) -> dict[str, Any]:
        return {}

    def __set__(self, instance: object, value: object) -> None:
        pass


def _checked(
    original: Callable[[LambdaBackend, dict[str, Any]], EventSourceMapping],
) -> Callable[[LambdaBackend, dict[str, Any]], EventSourceMapping]:
    """Reject a queue whose visibility timeout is shorter than the function's timeout.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """

    def create(self: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
        function = self._lambdas.get_function_by_name_or_arn_with_qualifier(
            spec.get("FunctionName", "")
        )
        for queue in sqs_backends[self.account_id][self.region_name].queues.values():
            timeout = int(getattr(queue, "visibility_timeout", 0))
            if queue.queue_arn == spec.get("EventSourceArn") and timeout < function.timeout:
                raise InvalidParameterValueException(
                    f"Queue visibility timeout: {timeout} seconds is less than "
                    f"Function timeout: {function.timeout} seconds"
                )
        return original(self, spec)

    return create


def patch() -> None:
    """Hide the mappings from their sources; Lambda's backend keeps them."""
    replace(LambdaBackend, "create_event_source_mapping", _checked)
    for source in (Queue, Table, Stream):
        replace(source, "lambda_event_source_mappings", lambda _: _NeverInvoked())
