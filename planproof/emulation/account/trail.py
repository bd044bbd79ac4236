"""The trail of the account: its events in order."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from planproof.emulation.account.model import Entry

_MAX_TEXT = 200
_MAX_ITEMS = 20
_MASK = "***"


class AccountTrail:
    """Stores entries, numbered from 1.

    Args:
        now: the account's time.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._entries: list[Entry] = []

    def record(
        self,
        kind: str,
        who: str,
        what: str,
        about: str = "",
        outcome: str = "ok",
        **detail: Any,
    ) -> None:
        """Record an event; values of the detail that JSON cannot hold become text."""
        plain = json.loads(json.dumps(detail, default=str))
        with self._lock:
            number = len(self._entries) + 1
            entry = Entry(self._now(), kind, who, what, about, outcome, plain, number)
            self._entries.append(entry)

    def since(self, number: int = 0) -> list[Entry]:
        """The entries after the entry of that number."""
        with self._lock:
            return self._entries[number:]

    def __len__(self) -> int:
        return len(self._entries)


def summarize(shape: Shape | None, value: Any) -> Any:
    """A call's parameters for the trail.

    Bodies are replaced by their size, long texts are truncated, and values that the service model
    marks as sensitive are masked.
    """
    if value is None or shape is None:
        return None
    if getattr(shape, "metadata", {}).get("sensitive"):
        return _MASK
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = shape.members
        return {name: summarize(members.get(name), item) for name, item in value.items()}
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {str(k): summarize(shape.value, v) for k, v in list(value.items())[:_MAX_ITEMS]}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [summarize(shape.member, item) for item in value[:_MAX_ITEMS]]
    if isinstance(value, bytes | bytearray) or shape.type_name == "blob":
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        return value if len(value) <= _MAX_TEXT else value[:_MAX_TEXT] + "…"
    return value if isinstance(value, bool | int | float) else str(value)[:_MAX_TEXT]
