"""What lies in a queue that a function works from? And its order, where it has one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

from moto.backends import get_backend
from moto.sqs.models import SQSBackend

from planproof.account.model import ACCOUNT_ID


@dataclass(frozen=True, slots=True)
class Lying:
    """A queue at one moment.

    Attributes:
        waits: for each message, seconds of the account's time until it can be received.
    """

    waits: tuple[float, ...]

    @property
    def ready(self) -> int:
        """How many can be received now."""
        return sum(wait <= 0 for wait in self.waits)


def queue_of(arn: str) -> Any:
    """moto's queue of an ARN; None where there is none."""
    _, _, _, region, _, name = arn.split(":")
    return get_backend("sqs")[ACCOUNT_ID][region].queues.get(name)


def look(queue: Any, now: float) -> Lying:
    """See what lies in a queue, deleted and expired messages excepted."""
    oldest = now - int(queue.message_retention_period)
    waits: list[float] = []
    groups: dict[str, float] = {}
    for message in list(queue._messages):
        if (message.sent_timestamp or 0) / 1000 <= oldest:
            continue
        wait = max(message.visible_at, message.delayed_until) / 1000 - now
        if queue.fifo_queue and message.group_id:
            # What is behind a message of its group waits for that one.
            wait = groups[message.group_id] = max(wait, groups.get(message.group_id, -math.inf))
        waits.append(wait)
    return Lying(tuple(waits))


def mend() -> Callable[[], None]:
    """Let moto's FIFO queues keep the order of a group when its messages are received again.

    There a message that is in flight blocks those before it too, even when they are all visible
    again, so that the last of a group would come first.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html

    Returns:
        what takes it back.
    """
    received = SQSBackend.receive_message

    def receive_message(self: Any, queue_name: str, *given: Any, **named: Any) -> Any:
        queue = self.get_queue(queue_name)
        if queue.fifo_queue:
            with queue._messages_lock:
                queue._pending_messages -= {m for m in queue._pending_messages if m.visible}
        return received(self, queue_name, *given, **named)

    patch = mock.patch.object(SQSBackend, "receive_message", receive_message)
    patch.start()
    return patch.stop
