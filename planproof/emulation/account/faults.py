"""The faults that are injected into the account."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

from planproof.emulation.account.model import Fault

CALL_FAULTS = ("error", "kill before", "kill after", "lost answer", "unreachable")
FAULT_KINDS = (*CALL_FAULTS, "repeat event", "repeat message", "delay")


@dataclass(slots=True)
class _Planned:
    fault: Fault
    skip: int
    remaining: int | None


class AccountFaults:
    """The planned faults, in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []

    def add(self, fault: Fault) -> None:
        """Plan a fault.

        Raises:
            ValueError: the kind is unknown.
        """
        if fault.kind not in FAULT_KINDS:
            raise ValueError(f"there is no fault {fault.kind!r}, only {', '.join(FAULT_KINDS)}")
        with self._lock:
            self._planned.append(_Planned(fault, fault.skip, fault.times))

    def remove(self, name: str | None = None) -> int:
        """Remove the faults of a name, or all without one; returns how many had not run out."""
        with self._lock:
            kept = [p for p in self._planned if name is not None and p.fault.name != name]
            removed = len(self._planned) - len(kept)
            self._planned = kept
            return removed

    def affect_calls(self) -> bool:
        """Whether any planned fault applies to API calls."""
        return any(planned.fault.kind in CALL_FAULTS for planned in self._planned)

    def due(self, kind: str, service: str, operation: str, content: Any) -> Fault | None:
        """The first matching fault, which is counted as fired; None if none matches.

        Each fault counts its skipped occurrences for itself.
        """
        if not self._planned:
            return None
        with self._lock:
            fired: Fault | None = None
            content_text: str | None = None
            for planned in self._planned:
                fault = planned.fault
                if fault.kind != kind or fault.service not in ("", service):
                    continue
                if fault.operation not in ("", operation):
                    continue
                if fault.containing:
                    if content_text is None:
                        content_text = _text(content)
                    if fault.containing not in content_text:
                        continue
                if planned.skip > 0:
                    planned.skip -= 1
                    continue
                if planned.remaining is not None:
                    planned.remaining -= 1
                fired = fault
                break
            self._planned = [p for p in self._planned if p.remaining is None or p.remaining > 0]
            return fired


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, default=_readable)


def _readable(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    return str(value)
