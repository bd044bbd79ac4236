"""The queues of one region. Every region has a queue named Default.

https://docs.aws.amazon.com/mediaconvert/latest/ug/creating-queues.html and, for paused queues,
https://docs.aws.amazon.com/mediaconvert/latest/ug/updating-queue-status.html
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from planproof.emulation.account.model import AwsError
from steps.mediaconvert.validation import bad_request, not_found

DEFAULT: Final = "Default"
ACTIVE: Final = "ACTIVE"
PAUSED: Final = "PAUSED"


@dataclass(slots=True)
class Queue:
    """One on-demand queue; times in seconds since the epoch."""

    name: str
    arn: str
    created: float
    kind: str = "CUSTOM"
    status: str = ACTIVE
    description: str = ""
    updated: float = 0.0
    tags: dict[str, str] = field(default_factory=dict)


class Queues:
    """All queues of one region.

    Args:
        prefix: ``arn:aws:mediaconvert:REGION:ACCOUNT``.
        now: seconds since the epoch.
    """

    def __init__(self, prefix: str, now: float) -> None:
        self._prefix = prefix
        self._lock = threading.RLock()
        default = Queue(DEFAULT, self._arn(DEFAULT), now, kind="SYSTEM", updated=now)
        self._queues = {DEFAULT: default}

    def find(self, name: str) -> Queue:
        """The queue with this name or ARN.

        Raises:
            AwsError: NotFoundException.
        """
        with self._lock:
            queue = self._queues.get(name.removeprefix(self._arn("")))
        if queue is None or (name.startswith("arn:") and name != queue.arn):
            raise not_found(f"queue {name}")
        return queue

    def create(self, parameters: Mapping[str, Any], now: float) -> Queue:
        """Create a queue.

        Raises:
            AwsError: its name exists, or it has a reserved pricing plan or a limit of concurrent
                jobs, which are not emulated.
        """
        name = str(parameters["Name"])
        _check_unlimited(parameters)
        if not name:
            raise bad_request("/name", "Should be at least 1 characters long")
        if parameters.get("PricingPlan", "ON_DEMAND") != "ON_DEMAND":
            raise bad_request(
                "/pricingPlan",
                "reserved queues are not supported by this emulation of MediaConvert",
            )
        with self._lock:
            if name in self._queues:
                raise AwsError("ConflictException", f"The queue {name} already exists.", 409)
            queue = Queue(
                name,
                self._arn(name),
                now,
                status=parameters.get("Status", ACTIVE),
                description=parameters.get("Description", ""),
                updated=now,
                tags=dict(parameters.get("Tags") or {}),
            )
            self._queues[name] = queue
        return queue

    def update(self, parameters: Mapping[str, Any], now: float) -> Queue:
        """Change the status or the description of a queue."""
        queue = self.find(str(parameters["Name"]))
        _check_unlimited(parameters)
        with self._lock:
            queue.status = parameters.get("Status", queue.status)
            queue.description = parameters.get("Description", queue.description)
            queue.updated = now
        return queue

    def delete(self, name: str) -> None:
        """Delete a queue; the default queue cannot be deleted."""
        queue = self.find(name)
        if queue.kind == "SYSTEM":
            raise bad_request("/name", "The default queue cannot be deleted.")
        with self._lock:
            self._queues.pop(queue.name, None)

    def tag(self, name: str, tags: Mapping[str, str]) -> None:
        """Add tags to a queue, or change them."""
        queue = self.find(name)
        with self._lock:
            queue.tags = {**queue.tags, **tags}

    def untag(self, name: str, keys: Iterable[str]) -> None:
        """Remove tags from a queue; keys that it does not have are ignored."""
        queue, removed = self.find(name), set(keys)
        with self._lock:
            queue.tags = {key: value for key, value in queue.tags.items() if key not in removed}

    def all(self) -> list[Queue]:
        """Every queue, by name."""
        with self._lock:
            return sorted(self._queues.values(), key=lambda queue: queue.name)

    def _arn(self, name: str) -> str:
        return f"{self._prefix}:queues/{name}"


def _check_unlimited(parameters: Mapping[str, Any]) -> None:
    if "ConcurrentJobs" in parameters:
        message = "a limit of concurrent jobs is not supported by this emulation of MediaConvert"
        raise bad_request("/concurrentJobs", message)
