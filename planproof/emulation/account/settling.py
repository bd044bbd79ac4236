"""Settles the account: advances its clock from event to event until none is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.emulation.account.clock import AccountClock
from planproof.emulation.account.work import Work

_POLL_SECONDS = 0.02
_STALLED_SECONDS = 10.0
_MARGIN = 0.001
_UNREPORTED = ("at", "requests")


@dataclass(frozen=True, slots=True)
class Activity:
    """What keeps an account from being settled.

    Attributes:
        work: ongoing work.
        clock: scheduled tasks.
        waiting: seconds of account time until each message in a mapped queue becomes visible.
        pending: number of unfinished tasks of services.
        events: counter of everything that happens.
        requests: counter of requests, those of the owner included.
    """

    work: Work
    clock: AccountClock
    waiting: Callable[[], list[float]]
    pending: Callable[[], int]
    events: Callable[[], int]
    requests: Callable[[], int]

    def snapshot(self) -> Mapping[str, Any]:
        """The current state, as JSON values."""
        waiting = self.waiting()
        visible = sum(1 for seconds in waiting if seconds <= 0)
        return {
            "busy": self.work.count,
            "visible": visible,
            "invisible": len(waiting) - visible,
            "next": self.clock.next_in(),
            "pending": self.pending(),
            "requests": self.requests(),
            "at": self.clock.now(),
        }


class Settling:
    """Waits and advances the clock until the account is settled.

    Args:
        limit: maximum seconds of account time.
        real: maximum seconds of real time.
    """

    def __init__(self, activity: Activity, limit: float, real: float) -> None:
        self._activity = activity
        self._limit = limit
        self._real = real
        self._began = activity.clock.now()
        self._deadline = time.monotonic() + real
        self._events = -1
        self._changed_at = time.monotonic()

    def run(self) -> Mapping[str, Any]:
        """Whether the account is ``settled``, else ``why`` not, and the seconds ``advanced``."""
        ahead = self._activity.clock.ahead
        while (why := self._step()) is None:
            pass
        passed = {"advanced": self._activity.clock.ahead - ahead}
        return passed | ({"settled": True} if not why else {"settled": False, "why": why})

    def _step(self) -> str | None:
        """None to go on, "" once settled, else the reason why it does not settle."""
        activity = self._activity
        if time.monotonic() > self._deadline:
            return f"it was not settled after {self._real:g} s: {self._state()}"
        if not activity.work.wait(self._deadline):
            return f"{activity.work.count} tasks are still running after {self._real:g} s"
        begun, events = activity.work.begun, activity.events()
        if events != self._events:
            self._events, self._changed_at = events, time.monotonic()
        waiting = activity.waiting()
        due = activity.clock.next_in()
        times = [*waiting, *([due] if due is not None else [])]
        if any(seconds <= 0 for seconds in times):
            return self._wait("messages are visible or tasks are due, but none is taken")
        pending = activity.pending()
        if not times and pending:
            return self._wait(f"services report {pending} pending tasks, but none is scheduled")
        # A message may have been taken between reading the queues and the ongoing work.
        time.sleep(_POLL_SECONDS / 2)
        if activity.work.count or activity.work.begun != begun or activity.events() != events:
            return None
        if not times:
            return ""
        step = min(times) + _MARGIN
        if activity.clock.now() - self._began + step > self._limit:
            return f"it was not settled after {self._limit:g} s of its time: {self._state()}"
        activity.clock.advance(step)
        return None

    def _wait(self, why: str) -> str | None:
        if time.monotonic() - self._changed_at > _STALLED_SECONDS:
            return f"{why} for {_STALLED_SECONDS:g} s: {self._state()}"
        time.sleep(_POLL_SECONDS)
        return None

    def _state(self) -> str:
        snapshot = self._activity.snapshot()
        return ", ".join(
            f"{name} {value}" for name, value in snapshot.items() if name not in _UNREPORTED
        )


def advance(clock: AccountClock, seconds: float, real: float = 60.0) -> None:
    """Advance a clock, running tasks as they fall due."""
    target = clock.now() + seconds
    deadline = time.monotonic() + real
    while time.monotonic() < deadline:
        due = clock.next_in()
        if due is None or clock.now() + due > target:
            break
        if due > 0:
            clock.advance(due)
        else:
            time.sleep(0.001)
    left = target - clock.now()
    if left > 0:
        clock.advance(left)
