"""What lies in a queue that a function works from? And its order, where it has one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

from moto.backends import get_backend
from moto.core.utils import unix_time, unix_time_millis
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Queue, SQSBackend

from planproof.emulation.account.model import ACCOUNT_ID


@dataclass(frozen=True, slots=True)
class QueueContents:
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


def queue_contents(queue: Any, now: float) -> QueueContents:
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
    return QueueContents(tuple(waits))


def patch_queues() -> Callable[[], None]:
    """Let moto's FIFO queues keep their order, and all of its queues be quick when they are long.

    Returns:
        what takes it back.
    """
    received = SQSBackend.receive_message

    def receive_message(self: Any, queue_name: str, *given: Any, **named: Any) -> Any:
        queue = self.get_queue(queue_name)
        if queue.fifo_queue:
            # In moto a message in flight blocks those before it in its group too, even when all
            # are visible again, so that the last would come first:
            # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
            with queue._messages_lock:
                queue._pending_messages -= {m for m in queue._pending_messages if m.visible}
        return received(self, queue_name, *given, **named)

    patches: list[Any] = [
        mock.patch.object(SQSBackend, "receive_message", receive_message),
        # For every message received, moto counts all that are in the queue.
        mock.patch.object(SQSBackend, "is_message_valid_based_on_retention_period", _is_kept),
        mock.patch.object(Queue, "messages", property(_visible)),
        mock.patch.object(Queue, "delete_message", _delete),
    ]
    for patch in patches:
        patch.start()

    def undo() -> None:
        for patch in reversed(patches):
            patch.stop()

    return undo


def _is_kept(backend: Any, queue_name: str, message: Any) -> bool:
    kept = backend.get_queue(queue_name).message_retention_period
    return bool(message.sent_timestamp / 1000 + kept > unix_time())


def _visible(queue: Any) -> list[Any]:
    now = unix_time_millis()
    return [m for m in queue._messages if m.visible_at < now and m.delayed_until <= now]


def _delete(queue: Any, receipt_handle: str) -> None:
    if receipt_handle in queue.deleted_messages:
        return
    for place, message in enumerate(queue._messages):
        if receipt_handle in (message.receipt_handle, *message._old_receipt_handles):
            queue.pending_messages.discard(message)
            queue.deleted_messages.update(message.all_receipt_handles)
            del queue._messages[place]
            return
    raise ReceiptHandleIsInvalid
