"""The account's time: the machine's, as far ahead of it as it was set forward."""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import time_machine

from planproof.emulation.account.work import Work

_AT_ONCE = 4


class AccountClock:
    """A clock that the whole process goes by, and what is to be done at which time.

    ``time.time`` and ``datetime.now`` follow it everywhere in the process, moto's included;
    ``time.monotonic``, sleeps and waits do not.

    Args:
        work: a task counts as busy from the moment its time has come.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._ahead = 0.0
        self._changed = threading.Condition()
        self._tasks: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._running = 0
        self._stopped = False
        self._travel: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="later")

    def start(self) -> None:
        """From now on the process goes by this clock."""
        self._travel = time_machine.travel(time.time() + self._ahead, tick=True)
        self._traveller = self._travel.start()
        self.now()  # it begins to tick when it is first looked at
        threading.Thread(target=self._run, name="clock", daemon=True).start()

    def stop(self) -> None:
        """The process goes by the machine's clock again; what is still to be done is not done."""
        with self._changed:
            self._stopped = True
            self._tasks.clear()
            self._changed.notify_all()
            if self._travel is not None:
                self._travel.stop()
                self._travel = self._traveller = None
        self._pool.shutdown(wait=False, cancel_futures=True)

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() if self._traveller is not None else time.time() + self._ahead

    @property
    def ahead(self) -> float:
        """Seconds by which it is ahead of the machine's clock."""
        return self._ahead

    def advance(self, seconds: float) -> None:
        """Set it forward; it never goes back."""
        if seconds < 0:
            raise ValueError(f"the account's time does not go back, by {seconds} s or at all")
        with self._changed:
            self._ahead += seconds
            if self._traveller is not None:
                self._traveller.shift(seconds)
            self._changed.notify_all()

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """Do something when so many seconds of the account's time have passed."""
        with self._changed:
            heapq.heappush(self._tasks, (self.now() + seconds, next(self._order), do))
            self._changed.notify_all()

    def next_in(self) -> float | None:
        """Seconds until the earliest task, 0 or less if it is due or running; None without any."""
        with self._changed:
            if self._running:
                return 0.0
            return self._tasks[0][0] - self.now() if self._tasks else None

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                if not self._tasks:
                    self._changed.wait()
                    continue
                left = self._tasks[0][0] - self.now()
                if left > 0:
                    self._changed.wait(left)
                    continue
                _, _, do = heapq.heappop(self._tasks)
                self._running += 1
                self._work.begin()
                self._pool.submit(self._do, do)

    def _do(self, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception:  # a task that fails is a defect, and must not end the others
            traceback.print_exc(file=sys.stderr)
        finally:
            with self._changed:
                self._running -= 1
            self._work.end()
