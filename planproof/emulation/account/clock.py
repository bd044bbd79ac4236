"""The account's clock: the machine's clock plus the seconds by which it was advanced."""

from __future__ import annotations

import sched
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import time_machine

from planproof.emulation.account.work import Work

_WORKERS = 4


class AccountClock:
    """A clock for the whole process, and a scheduler of tasks.

    ``time.time`` and ``datetime.now`` follow it everywhere in the process, moto's included;
    ``time.monotonic``, sleeps and waits do not.

    Args:
        work: counts a task as ongoing from its due time to its end.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._ahead = 0.0
        self._changed = threading.Condition()
        self._tasks = sched.scheduler(self.now)
        self._running = 0
        self._stopped = False
        self._travel: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="later")

    def start(self) -> None:
        """Set the process to this clock."""
        self._travel = time_machine.travel(time.time() + self._ahead, tick=True)
        self._traveller = self._travel.start()
        self.now()  # time_machine starts ticking at the first call
        threading.Thread(target=self._run, name="clock", daemon=True).start()

    def stop(self) -> None:
        """Set the process back to the machine's clock, and drop the remaining tasks."""
        with self._changed:
            self._stopped = True
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
        """Advance the clock; it cannot go back."""
        if seconds < 0:
            raise ValueError(f"the account's clock cannot go back (by {seconds} s)")
        with self._changed:
            self._ahead += seconds
            if self._traveller is not None:
                self._traveller.shift(seconds)
            self._changed.notify_all()

    def later(self, seconds: float, task: Callable[[], None]) -> None:
        """Schedule a task, in seconds of the account's clock."""
        with self._changed:
            self._tasks.enter(seconds, 0, self._begin, (task,))
            self._changed.notify_all()

    def next_in(self) -> float | None:
        """Seconds until the next task, 0 or less if one is due or running; None without tasks."""
        with self._changed:
            if self._running:
                return 0.0
            return self._tasks.queue[0].time - self.now() if self._tasks.queue else None

    def _run(self) -> None:
        with self._changed:
            while not self._stopped:
                self._changed.wait(self._tasks.run(blocking=False))

    def _begin(self, task: Callable[[], None]) -> None:
        self._running += 1
        self._work.begin()
        self._pool.submit(self._perform, task)

    def _perform(self, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception:  # a defect, which must not stop the scheduler
            traceback.print_exc(file=sys.stderr)
        finally:
            with self._changed:
                self._running -= 1
            self._work.end()
