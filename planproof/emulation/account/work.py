"""Counts the ongoing work of the account, to tell when it is settled."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Work:
    """A counter of ongoing work."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._begun = 0

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Count a block as ongoing work."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def begin(self) -> None:
        """Work begins; another thread may end it."""
        with self._changed:
            self._count += 1
            self._begun += 1

    def end(self) -> None:
        """Work ends."""
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    @property
    def count(self) -> int:
        """How much work is ongoing."""
        return self._count

    @property
    def begun(self) -> int:
        """How much work has ever begun."""
        return self._begun

    def wait(self, deadline: float) -> bool:
        """Wait until no work is ongoing, at most until a time of ``time.monotonic()``."""
        with self._changed:
            while self._count:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 1.0))
            return True
