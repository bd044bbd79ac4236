"""Letting the account come to rest: time is set forward to whatever is next, until nothing is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planproof.emulation.account.clock import AccountClock
from planproof.emulation.account.work import Work

_LOOK = 0.02
_PATIENCE = 10.0
_LITTLE = 0.001
_ASIDE = ("at", "requests")


@dataclass(frozen=True, slots=True)
class Signs:
    """By what one sees that an account is not at rest.

    Attributes:
        work: who is busy.
        clock: what is to be done at which time.
        waiting: seconds of account time until each message in a mapped queue becomes visible.
        pending: how much the services still have to do in times to come.
        activity: grows with everything that happens.
        requests: how many the account had, its owner's too.
    """

    work: Work
    clock: AccountClock
    waiting: Callable[[], list[float]]
    pending: Callable[[], int]
    activity: Callable[[], int]
    requests: Callable[[], int]

    def rest(self) -> Mapping[str, Any]:
        """How it stands at this moment, as JSON can hold it."""
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
    """Waits and sets the time forward until the account is at rest.

    Args:
        signs: of the account.
        limit: seconds of account time after which it is given up.
        real: seconds of real time after which it is given up.
    """

    def __init__(self, signs: Signs, limit: float, real: float) -> None:
        self._signs = signs
        self._limit = limit
        self._real = real
        self._began = signs.clock.now()
        self._until = time.monotonic() + real
        self._activity = -1
        self._stirred = time.monotonic()

    def run(self) -> Mapping[str, Any]:
        """Whether it is at rest (``settled``), else ``why`` not; ``advanced`` by which seconds."""
        ahead = self._signs.clock.ahead
        why: str | None = ""
        while True:
            why = self._step()
            if why is not None:
                break
        passed = {"advanced": self._signs.clock.ahead - ahead}
        return passed | ({"settled": True} if not why else {"settled": False, "why": why})

    def _step(self) -> str | None:
        """None to go on, "" at rest, else why it does not come to rest."""
        signs = self._signs
        if time.monotonic() > self._until:
            return f"it was not at rest after {self._real:g} s: {self._state()}"
        if not signs.work.wait(self._until):
            return f"{signs.work.count} are still busy after {self._real:g} s"
        begun, activity = signs.work.begun, signs.activity()
        if activity != self._activity:
            self._activity, self._stirred = activity, time.monotonic()
        waiting = signs.waiting()
        due = signs.clock.next_in()
        times = [*waiting, *([due] if due is not None else [])]
        if any(seconds <= 0 for seconds in times):
            return self._wait("messages are visible, or tasks due, and nobody takes them")
        pending = signs.pending()
        if not times and pending:
            return self._wait(f"services say that {pending} are pending, and nothing is scheduled")
        # Between a look at the queues and one at who is busy, somebody may have taken a message.
        time.sleep(_LOOK / 2)
        if signs.work.count or signs.work.begun != begun or signs.activity() != activity:
            return None
        if not times:
            return ""
        step = min(times) + _LITTLE
        if signs.clock.now() - self._began + step > self._limit:
            return f"it was not at rest after {self._limit:g} s of its time: {self._state()}"
        signs.clock.advance(step)
        return None

    def _wait(self, why: str) -> str | None:
        if time.monotonic() - self._stirred > _PATIENCE:
            return f"{why} for {_PATIENCE:g} s: {self._state()}"
        time.sleep(_LOOK)
        return None

    def _state(self) -> str:
        held = self._signs.rest()
        return ", ".join(f"{name} {value}" for name, value in held.items() if name not in _ASIDE)


def advance(signs: Signs, seconds: float, real: float = 60.0) -> None:
    """Set the time forward, and let what falls due on the way be done in its turn."""
    target = signs.clock.now() + seconds
    until = time.monotonic() + real
    while time.monotonic() < until:
        due = signs.clock.next_in()
        if due is None or signs.clock.now() + due > target:
            break
        if due > 0:
            signs.clock.advance(due)
        else:
            time.sleep(0.001)
    left = target - signs.clock.now()
    if left > 0:
        signs.clock.advance(left)
