"""The event source mappings that stand in the account, and how each is getting on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.backends import get_backend

from planproof.emulation.account.lambdas.deployed_function import (
    DeployedFunction,
    deployed_function,
)
from planproof.emulation.account.lambdas.permission_fingerprint import permission_fingerprint
from planproof.emulation.account.lambdas.queues import queue_contents, queue_of
from planproof.emulation.account.model import ACCOUNT_ID

CONCURRENCY = 5
"""Batches at once where the mapping sets no maximum: what Lambda starts with.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
REFUSED_SECONDS = 60.0
"""Seconds of the account's time after which what was refused is asked for again."""
_LONGEST_RETRY = 60.0
_EMPTY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class QueueMapping:
    """An event source mapping from a queue, as it is configured at this moment.

    Attributes:
        window: seconds of the account's time that Lambda gathers messages.
        concurrency: batches at once.
        partial: whether the function reports which items failed.
    """

    id: str
    queue_arn: str
    function_arn: str
    batch_size: int
    window: float
    concurrency: int
    partial: bool
    criteria: Mapping[str, Any] | None


def queue_mappings() -> Iterator[QueueMapping]:
    """Every enabled mapping from a queue, in all regions."""
    for backend in list(get_backend("lambda")[ACCOUNT_ID].values()):
        for mapping in list(backend._event_source_mappings.values()):
            if mapping.enabled and ":sqs:" in mapping.event_source_arn:
                yield _source(mapping)


def _source(mapping: Any) -> QueueMapping:
    scaling = mapping.scaling_config or {}
    return QueueMapping(
        mapping.uuid,
        mapping.event_source_arn,
        mapping.function_arn,
        int(mapping.batch_size),
        float(mapping.max_batch_window or 0),
        int(scaling.get("MaximumConcurrency") or CONCURRENCY),
        "ReportBatchItemFailures" in (mapping.function_response_types or ()),
        mapping.filter_criteria,
    )


@dataclass(slots=True)
class Redelivery:
    """Messages that are delivered once more although they were deleted.

    Attributes:
        avoid: the instance that had them.
    """

    records: Sequence[Mapping[str, Any]]
    avoid: str = ""


@dataclass(slots=True)
class MappingState:
    """How a mapping is getting on.

    Attributes:
        running: batches under way; receiving: those of them that have no messages yet.
        allowed: the standing (see standing.py) with which it was last seen to have permission.
        refused: the standing with which it was refused, None where it is not.
        refused_until, retry_at, gathering_since: by the account's clock.
        again, repeats: what is to be delivered once more, and how often that was so.
        told: what was said in the trail of why nothing is delivered.
    """

    running: int = 0
    receiving: int = 0
    allowed: int | None = None
    refused: int | None = None
    refused_until: float = 0.0
    retry_at: float = 0.0
    retries: int = 0
    gathering_since: float | None = None
    empty_until: float = 0.0
    again: deque[Redelivery] = field(default_factory=deque)
    repeats: int = 0
    told: set[str] = field(default_factory=set)

    def refuse(self, now: float, at: int) -> None:
        """It was refused; until something changes nothing waits for it."""
        self.refused, self.refused_until, self.allowed = at, now + REFUSED_SECONDS, None

    def fail(self, now: float) -> None:
        """It failed for another reason: it is tried again after 1, 2, 4 … seconds."""
        self.retry_at = now + min(_LONGEST_RETRY, 2.0**self.retries)
        self.retries += 1

    def succeed(self, at: int) -> None:
        """It was let through."""
        self.allowed, self.refused, self.retries, self.retry_at = at, None, 0, 0.0

    def found_nothing(self) -> None:
        """A look into the queue promised more than came."""
        self.empty_until = time.monotonic() + _EMPTY_SECONDS


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a mapping has before it.

    Attributes:
        waits: for each message that it will deliver, seconds of the account's time until then.
        batches: how many could be received now.
    """

    function: DeployedFunction | None = None
    queue: Any = None
    waits: tuple[float, ...] = ()
    batches: int = 0
    fingerprint: int = 0


def backlog_of(mapping: QueueMapping, state: MappingState, now: float) -> Backlog:
    """What a mapping has before it at a time; it keeps account of the gathering of messages."""
    function, queue = deployed_function(mapping.function_arn), queue_of(mapping.queue_arn)
    if function is None or queue is None or function.reserved == 0:
        return Backlog(function, queue)
    at = permission_fingerprint(function.role, queue)
    if state.refused == at and now < state.refused_until:
        return Backlog(function, queue, fingerprint=at)
    lying = queue_contents(queue, now)
    hold = _hold(mapping, state, lying.ready, now)
    waits = tuple(max(wait, hold) for wait in lying.waits)
    batches = 0
    if hold <= 0 and time.monotonic() >= state.empty_until:
        batches = -(-lying.ready // mapping.batch_size)
    return Backlog(function, queue, waits, batches, at)


def _hold(mapping: QueueMapping, state: MappingState, ready: int, now: float) -> float:
    """Seconds until what is ready may be received: for the batching window, or a retry."""
    hold = state.retry_at - now
    if not ready or not mapping.window:
        state.gathering_since = None
    elif state.gathering_since is None:
        state.gathering_since = now
    if state.gathering_since is not None and ready < mapping.batch_size:
        hold = max(hold, state.gathering_since + mapping.window - now)
    return hold
