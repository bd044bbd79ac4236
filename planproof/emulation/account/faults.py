"""What shall go wrong, and when it is its turn."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

from planproof.emulation.account.model import Fault

OF_CALLS = ("error", "kill before", "kill after", "lost answer", "unreachable")
KINDS = (*OF_CALLS, "repeat event", "repeat message", "delay")


@dataclass(slots=True)
class _Planned:
    fault: Fault
    skip: int
    left: int | None


class AccountFaults:
    """The faults that are planned, in the order they came in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []

    def add(self, fault: Fault) -> None:
        """From now on it may happen.

        Raises:
            ValueError: there is no fault of that kind.
        """
        if fault.what not in KINDS:
            raise ValueError(f"there is no fault {fault.what!r}, only {', '.join(KINDS)}")
        with self._lock:
            self._planned.append(_Planned(fault, fault.skip, fault.times))

    def withdraw(self, name: str | None = None) -> int:
        """Let a fault no longer happen, or none at all without a name; says how many those were."""
        with self._lock:
            kept = [p for p in self._planned if name is not None and p.fault.name != name]
            gone = len(self._planned) - len(kept)
            self._planned = kept
            return gone

    def of_calls(self) -> bool:
        """Whether any request at all may meet one."""
        return any(planned.fault.what in OF_CALLS for planned in self._planned)

    def due(self, what: str, service: str, operation: str, content: Any) -> Fault | None:
        """The fault of a kind that is to happen now; it is counted as having happened.

        Each fault counts for itself what it spares; an earlier one goes first.
        """
        if not self._planned:
            return None
        with self._lock:
            happens: Fault | None = None
            text: str | None = None
            for planned in self._planned:
                fault = planned.fault
                if fault.what != what or fault.service not in ("", service):
                    continue
                if fault.operation not in ("", operation):
                    continue
                if fault.containing:
                    text = _text(content) if text is None else text
                    if fault.containing not in text:
                        continue
                if planned.skip > 0:
                    planned.skip -= 1
                    continue
                if planned.left is not None:
                    planned.left -= 1
                happens = fault
                break
            self._planned = [p for p in self._planned if p.left is None or p.left > 0]
            return happens


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, default=_held)


def _held(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    return str(value)
