"""Receiving from a queue: one message to one receiver at a time, and what goes to dead letters.

moto looks through a queue and changes it without holding it, so that two requests at once may get
the same message, or one be lost that is sent while another is deleted. Here every request holds
the queue. What is moved to a dead-letter queue is noted; messages older than the queue keeps them
are gone, as AWS has it.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from moto.core.utils import unix_time
from moto.sqs.models import Message, Queue, SQSBackend

from planproof.emulation.account.model import Account
from planproof.emulation.account.moto_patches.patches import replace
from planproof.emulation.account.moto_patches.queue_attributes import may_redrive

_LOOK_AGAIN = 0.2  # seconds: a message becomes visible again without anybody saying so
_SHOWN = 300


def patch(account: Account) -> None:
    """Hold a queue whenever it is read or changed."""
    replace(SQSBackend, "receive_message", lambda own: _receiving(account, own))
    for name in ("change_message_visibility", "delete_message", "purge_queue"):
        replace(SQSBackend, name, _holding)


def _holding(own: Any) -> Any:
    @functools.wraps(own)
    def held(backend: SQSBackend, queue_name: str, *args: Any, **named: Any) -> Any:
        with backend.get_queue(queue_name)._messages_lock:
            return own(backend, queue_name, *args, **named)

    return held


def _receiving(account: Account, own: Callable[..., list[Message]]) -> Any:
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
            queue = backend.get_queue(queue_name)  # it may have been deleted meanwhile
            with queue._messages_lock:
                _drop_expired(queue)
                found = _one_look(
                    account,
                    queue,
                    lambda: own(
                        backend, queue_name, count, 0, visibility_timeout, message_attribute_names
                    ),
                )
                if found or unix_time() >= end:
                    return found
                queue._messages_lock.wait(_LOOK_AGAIN)

    return receive_message


def _drop_expired(queue: Queue) -> None:
    oldest = (unix_time() - queue.message_retention_period) * 1000  # type: ignore[attr-defined]
    if any((m.sent_timestamp or 0) <= oldest for m in queue._messages):
        queue._messages = [m for m in queue._messages if (m.sent_timestamp or 0) > oldest]


def _one_look(account: Account, queue: Queue, look: Callable[[], list[Message]]) -> list[Message]:
    """Receive what is there, and say what went to the dead-letter queue instead."""
    target = queue.dead_letter_queue
    exhausted = _exhausted(queue)
    if target is None or not exhausted:
        return look()
    if not may_redrive(queue, target):
        queue.dead_letter_queue = None
        try:
            found = look()
        finally:
            queue.dead_letter_queue = target
        _note(account, queue, exhausted, "denied")
        return found
    found = look()
    left = set(map(id, queue._messages))
    _note(account, queue, [m for m in exhausted if id(m) not in left], "ok")
    return found


def _exhausted(queue: Queue) -> list[Message]:
    policy = queue.redrive_policy
    if not policy:
        return []
    most = policy["maxReceiveCount"]
    return [m for m in queue.messages if m.approximate_receive_count >= most]


def _note(account: Account, queue: Queue, messages: Sequence[Message], outcome: str) -> None:
    target = queue.dead_letter_queue.queue_arn if queue.dead_letter_queue else ""
    for message in messages:
        account.trail.record(
            "redrive",
            "sqs.amazonaws.com",
            "moved to the dead-letter queue" if outcome == "ok" else "kept out of it",
            target,
            outcome,
            source=queue.queue_arn,
            message_id=message.id,
            receive_count=message.approximate_receive_count,
            body=message.body[:_SHOWN],
        )
