"""The event source mappings of the account and the state of each."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.backends import get_backend

from planproof.emulation.account.lambdas.functions import DeployedFunction, deployed_function
from planproof.emulation.account.lambdas.permission_fingerprint import permission_fingerprint
from planproof.emulation.account.lambdas.queues import queue_contents, queue_of
from planproof.emulation.account.model import ACCOUNT_ID

CONCURRENCY = 5
"""Concurrent batches if the mapping sets no maximum, as Lambda starts.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
DENIED_SECONDS = 60.0
"""Seconds of the account's time after which a denied request is tried again."""
_MAX_RETRY_SECONDS = 60.0
_EMPTY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class QueueMapping:
    """The configuration of an event source mapping of a queue.

    Attributes:
        window: batching window, in seconds of the account's time.
        concurrency: maximum of concurrent batches.
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
    """Every enabled mapping of a queue, in all regions."""
    for backend in list(get_backend("lambda")[ACCOUNT_ID].values()):
        for mapping in list(backend._event_source_mappings.values()):
            if mapping.enabled and ":sqs:" in mapping.event_source_arn:
                yield _queue_mapping(mapping)


def _queue_mapping(mapping: Any) -> QueueMapping:
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
    """Deleted messages that a fault delivers again.

    Attributes:
        avoid: id of the instance that had them.
    """

    records: Sequence[Mapping[str, Any]]
    avoid: str = ""


@dataclass(slots=True)
class MappingState:
    """The state of a mapping.

    Attributes:
        running: concurrent batches; receiving: those of them that have no messages yet.
        allowed: the permission fingerprint with which it was last allowed.
        denied: the permission fingerprint with which it was denied; None if it is not.
        denied_until, retry_at, gathering_since: by the account's clock.
        repeats: how often a fault has repeated messages.
        recorded: the messages in the trail about why nothing is delivered.
    """

    running: int = 0
    receiving: int = 0
    allowed: int | None = None
    denied: int | None = None
    denied_until: float = 0.0
    retry_at: float = 0.0
    retries: int = 0
    gathering_since: float | None = None
    empty_until: float = 0.0
    redeliveries: deque[Redelivery] = field(default_factory=deque)
    repeats: int = 0
    recorded: set[str] = field(default_factory=set)

    def deny(self, now: float, fingerprint: int) -> None:
        """It was denied; it delivers nothing until a policy changes or the time has passed."""
        self.denied, self.denied_until, self.allowed = fingerprint, now + DENIED_SECONDS, None

    def fail(self, now: float) -> None:
        """It failed for another reason; it is retried after 1, 2, 4 … seconds."""
        self.retry_at = now + min(_MAX_RETRY_SECONDS, 2.0**self.retries)
        self.retries += 1

    def succeed(self, fingerprint: int) -> None:
        """It was allowed."""
        self.allowed, self.denied, self.retries, self.retry_at = fingerprint, None, 0, 0.0

    def received_nothing(self) -> None:
        """It received no messages although some seemed visible."""
        self.empty_until = time.monotonic() + _EMPTY_SECONDS


@dataclass(frozen=True, slots=True)
class Backlog:
    """The messages that a mapping has to deliver.

    Attributes:
        waits: seconds of the account's time until each message can be delivered.
        batches: how many can be received now.
        fingerprint: of the policies that apply.
    """

    function: DeployedFunction
    waits: tuple[float, ...] = ()
    batches: int = 0
    fingerprint: int = 0


def backlog_of(mapping: QueueMapping, state: MappingState, now: float) -> Backlog | None:
    """The backlog of a mapping at a time, or None if its function or its queue does not exist.

    Updates the start of the batching window.
    """
    function, queue = deployed_function(mapping.function_arn), queue_of(mapping.queue_arn)
    if function is None or queue is None:
        return None
    fingerprint = permission_fingerprint(function.role, queue)
    is_denied = state.denied == fingerprint and now < state.denied_until
    if is_denied or function.reserved == 0:
        return Backlog(function)
    contents = queue_contents(queue, now)
    hold = _hold(mapping, state, contents.ready, now)
    waits = tuple(max(wait, hold) for wait in contents.waits)
    batches = 0
    if hold <= 0 and time.monotonic() >= state.empty_until:
        batches = -(-contents.ready // mapping.batch_size)
    return Backlog(function, waits, batches, fingerprint)


def _hold(mapping: QueueMapping, state: MappingState, ready: int, now: float) -> float:
    """Seconds until visible messages may be received: the batching window, or a retry."""
    hold = state.retry_at - now
    if not ready or not mapping.window:
        state.gathering_since = None
    elif state.gathering_since is None:
        state.gathering_since = now
    if state.gathering_since is not None and ready < mapping.batch_size:
        hold = max(hold, state.gathering_since + mapping.window - now)
    return hold
