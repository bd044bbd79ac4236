"""Reads the queues of event source mappings in moto."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend

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
