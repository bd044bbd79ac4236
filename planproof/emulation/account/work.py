"""Who in the account is busy, so that it can be told whether it is at rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Work:
    """Counts what is under way."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._begun = 0

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Around work that is under way."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def begin(self) -> None:
        """Something begins; whoever ends it may be another thread."""
        with self._changed:
            self._count += 1
            self._begun += 1

    def end(self) -> None:
        """Something that began is over."""
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    @property
    def count(self) -> int:
        """How many are busy."""
        return self._count

    @property
    def begun(self) -> int:
        """How much ever began: a look that finds this unchanged has missed nothing."""
        return self._begun

    def wait(self, until: float) -> bool:
        """Wait until nobody is busy, at most until a time of ``time.monotonic()``."""
        with self._changed:
            while self._count:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 1.0))
            return True
