"""Event source mappings: Lambda polls, and nobody else invokes the function.

moto invokes a mapped function while a message is being sent, or an item written, in a container
of its own. Lambda's poller asks the queue: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
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
    """Mappings that a source shall not know of, whatever it is told."""

    def __get__(self, instance: object, owner: type | None = None) -> dict[str, Any]:
        return {}

    def __set__(self, instance: object, value: object) -> None:
        pass


def _checked(
    own: Callable[[LambdaBackend, dict[str, Any]], EventSourceMapping],
) -> Callable[[LambdaBackend, dict[str, Any]], EventSourceMapping]:
    """Refuse a queue that would deliver a message again while the function is still at work on it.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """

    def create(self: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
        function = self._lambdas.get_function_by_name_or_arn_with_qualifier(
            spec.get("FunctionName", "")
        )
        for queue in sqs_backends[self.account_id][self.region_name].queues.values():
            invisible = int(getattr(queue, "visibility_timeout", 0))
            if queue.queue_arn == spec.get("EventSourceArn") and invisible < function.timeout:
                raise InvalidParameterValueException(
                    f"Queue visibility timeout: {invisible} seconds is less than "
                    f"Function timeout: {function.timeout} seconds"
                )
        return own(self, spec)

    return create


def patch() -> None:
    """Hide the mappings from their sources; they are in the backend of Lambda."""
    replace(LambdaBackend, "create_event_source_mapping", _checked)
    for source in (Queue, Table, Stream):
        replace(source, "lambda_event_source_mappings", lambda _: _NeverInvoked())
