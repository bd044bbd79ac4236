"""An account without a server, with fake decisions and faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from planproof.emulation.account.model import Denial, Entry, Fault

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z


def denial(action: str, resource: str, principal: str = "s3.amazonaws.com") -> Denial:
    return Denial(action, resource, principal, f"{principal} may not {action}", because="nothing")


@dataclass
class FakeClock:
    later_on: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    ahead: float = 0.0

    def now(self) -> float:
        return NOW

    def advance(self, seconds: float) -> None:
        self.ahead += seconds

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        self.later_on.append((seconds, do))


@dataclass
class FakeTrail:
    entries: list[Entry] = field(default_factory=list)

    def record(
        self, kind: str, who: str, what: str, about: str = "", outcome: str = "ok", **detail: Any
    ) -> None:
        self.entries.append(
            Entry(NOW, kind, who, what, about, outcome, detail, len(self.entries) + 1)
        )


@dataclass
class FakeFaults:
    """Faults by kind and service; each fires once."""

    planned: list[Fault] = field(default_factory=list)
    contents: list[Any] = field(default_factory=list)

    def due(self, kind: str, service: str, operation: str, content: Any) -> Fault | None:
        self.contents.append(content)
        for fault in self.planned:
            if (fault.kind, fault.service) == (kind, service):
                self.planned.remove(fault)
                return fault
        return None


@dataclass
class FakeDecisions:
    """Denies deliveries to the targets in ``closed``."""

    closed: set[str] = field(default_factory=set)
    checked: list[tuple[str, str, str, str]] = field(default_factory=list)

    def check_delivery(self, service: str, action: str, source: str, target: str) -> Denial | None:
        self.checked.append((service, action, source, target))
        return denial(action, target, service) if target in self.closed else None


@dataclass
class FakeAccount:
    account_id: str = "123456789012"
    endpoint: str = ""
    clock: FakeClock = field(default_factory=FakeClock)
    trail: FakeTrail = field(default_factory=FakeTrail)
    faults: FakeFaults = field(default_factory=FakeFaults)
    decisions: FakeDecisions = field(default_factory=FakeDecisions)
    emitted: list[tuple[Mapping[str, Any], str]] = field(default_factory=list)
    at_work: int = 0
    invoked: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def busy(self) -> Iterator[None]:
        self.at_work += 1
        with nullcontext():
            yield

    def emit(self, event: Mapping[str, Any], region: str) -> None:
        self.emitted.append((event, region))

    def client(self, service: str, region: str, caller: Any = None) -> Any:
        return self

    def invoke(self, **parameters: Any) -> None:
        self.invoked.append(parameters)

    def outcomes(self, kind: str) -> list[tuple[str, str, str, str]]:
        return [(e.who, e.what, e.about, e.outcome) for e in self.trail.entries if e.kind == kind]
