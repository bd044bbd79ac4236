"""Reads the queues of event source mappings, and fixes their order and speed in moto."""

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
    """The messages of a queue at one moment.

    Attributes:
        waits: seconds of the account's time until each message can be received.
    """

    waits: tuple[float, ...]

    @property
    def ready(self) -> int:
        """How many messages can be received now."""
        return sum(wait <= 0 for wait in self.waits)


def queue_of(arn: str) -> Any:
    """moto's queue by its ARN; None if it does not exist."""
    _, _, _, region, _, name = arn.split(":")
    return get_backend("sqs")[ACCOUNT_ID][region].queues.get(name)


def queue_contents(queue: Any, now: float) -> QueueContents:
    """The messages of a queue, without deleted and expired ones."""
    oldest = now - int(queue.message_retention_period)
    waits: list[float] = []
    groups: dict[str, float] = {}
    for message in list(queue._messages):
        if (message.sent_timestamp or 0) / 1000 <= oldest:
            continue
        wait = max(message.visible_at, message.delayed_until) / 1000 - now
        if queue.fifo_queue and message.group_id:
            # A message waits for the earlier messages of its group.
            wait = groups[message.group_id] = max(wait, groups.get(message.group_id, -math.inf))
        waits.append(wait)
    return QueueContents(tuple(waits))


def patch_queues() -> Callable[[], None]:
    """Keep the order of moto's FIFO queues, and speed up its long queues.

    Returns:
        a function that undoes the patch.
    """
    original = SQSBackend.receive_message

    def receive_message(self: Any, queue_name: str, *args: Any, **kwargs: Any) -> Any:
        queue = self.get_queue(queue_name)
        if queue.fifo_queue:
            # In moto a message in flight also blocks earlier messages of its group, even once all
            # are visible again, so that the last would come first:
            # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
            with queue._messages_lock:
                queue._pending_messages -= {m for m in queue._pending_messages if m.visible}
        return original(self, queue_name, *args, **kwargs)

    patches: list[Any] = [
        mock.patch.object(SQSBackend, "receive_message", receive_message),
        # For every received message, moto counts all messages in the queue.
        mock.patch.object(
            SQSBackend, "is_message_valid_based_on_retention_period", _is_within_retention
        ),
        mock.patch.object(Queue, "messages", property(_visible)),
        mock.patch.object(Queue, "delete_message", _delete),
    ]
    for patch in patches:
        patch.start()

    def undo() -> None:
        for patch in reversed(patches):
            patch.stop()

    return undo


def _is_within_retention(backend: Any, queue_name: str, message: Any) -> bool:
    retention = backend.get_queue(queue_name).message_retention_period
    return bool(message.sent_timestamp / 1000 + retention > unix_time())


def _visible(queue: Any) -> list[Any]:
    now = unix_time_millis()
    return [m for m in queue._messages if m.visible_at < now and m.delayed_until <= now]


def _delete(queue: Any, receipt_handle: str) -> None:
    if receipt_handle in queue.deleted_messages:
        return
    for index, message in enumerate(queue._messages):
        if receipt_handle in (message.receipt_handle, *message._old_receipt_handles):
            queue.pending_messages.discard(message)
            queue.deleted_messages.update(message.all_receipt_handles)
            del queue._messages[index]
            return
    raise ReceiptHandleIsInvalid
