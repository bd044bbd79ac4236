"""Everything that happened in the account, in order."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from planproof.emulation.account.model import Entry

_LONGEST = 200
_MOST = 20
_MASK = "***"


class AccountTrail:
    """Keeps entries, numbered from 1.

    Args:
        now: the account's time.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._entries: list[Entry] = []

    def note(
        self,
        kind: str,
        who: str,
        what: str,
        about: str = "",
        outcome: str = "ok",
        **detail: Any,
    ) -> None:
        """Write one thing down; what JSON cannot hold of the detail is written as text."""
        held = json.loads(json.dumps(detail, default=str))
        with self._lock:
            number = len(self._entries) + 1
            entry = Entry(self._now(), kind, who, what, about, outcome, held, number)
            self._entries.append(entry)

    def since(self, number: int = 0) -> list[Entry]:
        """The entries after the one of that number."""
        with self._lock:
            return self._entries[number:]

    def __len__(self) -> int:
        return len(self._entries)


def in_short(shape: Shape | None, value: Any) -> Any:
    """A request's parameters as a trail may hold them.

    Bodies are told by their size, long texts are cut, and what the service model marks as
    sensitive is masked.
    """
    if value is None or shape is None:
        return None
    if getattr(shape, "metadata", {}).get("sensitive"):
        return _MASK
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = shape.members
        return {name: in_short(members.get(name), held) for name, held in value.items()}
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {str(k): in_short(shape.value, v) for k, v in list(value.items())[:_MOST]}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [in_short(shape.member, held) for held in value[:_MOST]]
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    if shape.type_name == "blob":
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    return value if isinstance(value, bool | int | float) else str(value)[:_LONGEST]
