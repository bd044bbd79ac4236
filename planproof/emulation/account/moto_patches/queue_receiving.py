"""Locks queues, keeps the order of FIFO queues, records redrives, and drops expired messages.

moto reads and changes a queue without a lock, so that concurrent requests may receive the same
message, or lose a message that is sent while another is deleted. The patch locks the queue for each
request, records messages that are moved to a dead-letter queue, and drops messages that exceed the
retention period. It also speeds up long queues: for every received message, moto counts all.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from moto.core.utils import unix_time, unix_time_millis
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend

from planproof.emulation.account.model import Account
from planproof.emulation.account.moto_patches.patches import replace
from planproof.emulation.account.moto_patches.queue_attributes import may_redrive

_POLL_SECONDS = 0.2  # nothing signals that a message becomes visible again
_MAX_BODY = 300


def patch(account: Account) -> None:
    """Lock a queue whenever it is read or changed."""
    replace(SQSBackend, "receive_message", lambda original: _receive_message(account, original))
    for name in ("change_message_visibility", "delete_message", "purge_queue"):
        replace(SQSBackend, name, _locked)
    replace(SQSBackend, "is_message_valid_based_on_retention_period", lambda _: _is_retained)
    replace(Queue, "messages", lambda _: property(_visible))
    replace(Queue, "delete_message", lambda _: _delete)


def _locked(original: Any) -> Any:
    @functools.wraps(original)
    def locked(backend: SQSBackend, queue_name: str, *args: Any, **kwargs: Any) -> Any:
        with backend.get_queue(queue_name)._messages_lock:
            return original(backend, queue_name, *args, **kwargs)

    return locked


def _receive_message(account: Account, original: Callable[..., list[Message]]) -> Any:
    def receive_message(
        backend: SQSBackend,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[Message]:
        end = unix_time() + (wait_seconds_timeout or 0)
        while True:
            queue = backend.get_queue(queue_name)  # it may have been deleted
            with queue._messages_lock:
                _drop_expired(queue)
                if queue.fifo_queue:
                    # In moto a message in flight also blocks earlier messages of its group, even
                    # once all are visible again, so that the last would come first:
                    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
                    queue._pending_messages -= {m for m in queue._pending_messages if m.visible}
                messages = _receive_once(
                    account,
                    queue,
                    lambda: original(
                        backend, queue_name, count, 0, visibility_timeout, message_attribute_names
                    ),
                )
                if messages or unix_time() >= end:
                    return messages
                queue._messages_lock.wait(_POLL_SECONDS)

    return receive_message


def _is_retained(backend: Any, queue_name: str, message: Any) -> bool:
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


def _drop_expired(queue: Queue) -> None:
    oldest = (unix_time() - queue.message_retention_period) * 1000  # type: ignore[attr-defined]
    if any((m.sent_timestamp or 0) <= oldest for m in queue._messages):
        queue._messages = [m for m in queue._messages if (m.sent_timestamp or 0) > oldest]


def _receive_once(
    account: Account, queue: Queue, receive: Callable[[], list[Message]]
) -> list[Message]:
    """Receive visible messages, and record those that go to the dead-letter queue."""
    target = queue.dead_letter_queue
    exhausted = _exhausted(queue)
    if target is None or not exhausted:
        return receive()
    if not may_redrive(queue, target):
        queue.dead_letter_queue = None
        try:
            messages = receive()
        finally:
            queue.dead_letter_queue = target
        _record(account, queue, exhausted, "denied")
        return messages
    messages = receive()
    remaining = set(map(id, queue._messages))
    _record(account, queue, [m for m in exhausted if id(m) not in remaining], "ok")
    return messages


def _exhausted(queue: Queue) -> list[Message]:
    policy = queue.redrive_policy
    if not policy:
        return []
    limit = policy["maxReceiveCount"]
    return [m for m in queue.messages if m.approximate_receive_count >= limit]


def _record(account: Account, queue: Queue, messages: Sequence[Message], outcome: str) -> None:
    target = queue.dead_letter_queue.queue_arn if queue.dead_letter_queue else ""
    for message in messages:
        account.trail.record(
            "redrive",
            "sqs.amazonaws.com",
            "moved to the dead-letter queue" if outcome == "ok" else "redrive denied",
            target,
            outcome,
            source=queue.queue_arn,
            message_id=message.id,
            receive_count=message.approximate_receive_count,
            body=message.body[:_MAX_BODY],
        )
