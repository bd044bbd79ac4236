"""Ends a run on Ctrl-C or SIGTERM, in a time that does not depend on what it is doing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from types import FrameType
from typing import Any, TypeVar

from planproof.processes import descendants, end_all

Result = TypeVar("Result")

LIMIT = 4.5
"""Seconds from the first signal to the end of the process."""
INTERRUPTED = 2
"""The exit code of pytest after an interrupt."""
_TO_SAY = 0.2  # seconds: a terminal that takes no more text must not keep the process alive
_SIGNALS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


def in_background(work: Callable[[], Result]) -> Future[Result]:
    """Start work in a thread that Python does not wait for at its end, unlike an executor's."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as problem:
            future.set_exception(problem)

    threading.Thread(target=run, daemon=True, name="planproof-background").start()
    return future


class Interrupts:
    """Turns the first SIGINT or SIGTERM into a KeyboardInterrupt in the main thread.

    Later ones are ignored, so that they do not end the cleanup. Where the cleanup takes longer than
    :data:`LIMIT`, all child processes and this one are ended.

    Args:
        say: prints a line; may block.

    Attributes:
        by: the name of the first signal, or "".
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._before: dict[int, Any] = {}
        self._watch: threading.Timer | None = None
        self._held = False
        self.by = ""

    def install(self) -> None:
        """Handle the signals from now on; does nothing in another thread than the main one."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            # Ignored, as in a background job, or handled by code that is not Python's.
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._before[number] = signal.signal(number, self._handle)

    def hold(self) -> None:
        """Let the run, which is at its end, write its reports, for :data:`LIMIT` after a signal."""
        self._held = True

    def restore(self) -> None:
        """Handle the signals as before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.by:
            return
        self.by = _SIGNALS[signal.Signals(number)]
        self._watch = threading.Timer(LIMIT, self._end)
        self._watch.daemon = True
        self._watch.start()
        if not self._held:
            raise KeyboardInterrupt

    def _end(self) -> None:
        """End this process and its children, whatever they do."""
        end_all(descendants(os.getpid()))
        what = "the reports were not written" if self._held else "the cleanup was not done"
        saying = in_background(
            lambda: self._say(f"Interrupted: by {self.by}; {what} within {LIMIT:g} s")
        )
        wait([saying], _TO_SAY)
        end_all(descendants(os.getpid()))  # also what was started meanwhile
        os._exit(INTERRUPTED)
