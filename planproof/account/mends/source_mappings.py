"""Event source mappings: Lambda polls, and nobody else invokes the function.

moto invokes a mapped function while a message is being sent, or an item written, in a container
of its own. Lambda's poller asks the queue: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from typing import Any

from moto.dynamodb.models.table import Table
from moto.kinesis.models import Stream
from moto.sqs.models import Queue

from planproof.account.mends.patches import replace


class _NeverInvoked:
    """Mappings that a source shall not know of, whatever it is told."""

    def __get__(self, instance: object, owner: type | None = None) -> dict[str, Any]:
        return {}

    def __set__(self, instance: object, value: object) -> None:
        pass


def mend() -> None:
    """Hide the mappings from their sources; they are in the backend of Lambda."""
    for source in (Queue, Table, Stream):
        replace(source, "lambda_event_source_mappings", lambda _: _NeverInvoked())
