"""Controls an emulated account: its clock, its faults, its trail and its settling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from planproof.emulation.account.model import Entry, Fault
from planproof.errors import PlanproofError

_TIMEOUT = 30.0


class Control:
    """Client of the control endpoint of an account.

    Args:
        endpoint: URL of the account.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._opener = build_opener(ProxyHandler({}))  # never a proxy for loopback

    def settle(self, limit: float = 86_400.0, real: float = 120.0) -> dict[str, Any]:
        """Advance the clock until the account is idle: no work, messages or tasks remain.

        Args:
            limit: maximum seconds of the account's clock.
            real: maximum seconds of real time.

        Returns:
            ``{"settled": True, "advanced": seconds}``, or ``"settled": False`` and ``"why"``.
        """
        return dict(self._request("settle", real + _TIMEOUT, limit=limit, real=real))

    def advance(self, seconds: float, real: float = 60.0) -> float:
        """Advance the clock, running tasks as they fall due; returns the account's time."""
        return float(self._request("advance", real + _TIMEOUT, seconds=seconds, real=real)["now"])

    def now(self) -> float:
        """The account's time, in seconds since the epoch."""
        return float(self._request("now")["now"])

    def trail(self, since: int = 0) -> list[Entry]:
        """The entries after the entry of that number."""
        return [Entry(**entry) for entry in self._request("trail", since=since)["entries"]]

    def add_fault(self, fault: Fault) -> None:
        """Inject a fault."""
        self._request("add_fault", **asdict(fault))

    def remove_faults(self, name: str | None = None) -> int:
        """Remove the faults of a name, or all without one; returns how many had not run out."""
        return int(self._request("remove_faults", name=name)["removed"])

    def pause(self) -> None:
        """Pause the event source mappings."""
        self._request("pause")

    def resume(self) -> None:
        """Resume the event source mappings."""
        self._request("resume")

    def activity(self) -> dict[str, Any]:
        """Its state: ``busy`` tasks, ``visible`` and ``invisible`` messages in mapped queues,
        seconds to the ``next`` task or None, ``pending`` work of services, the number of
        ``requests`` so far, and the time ``at``."""
        return dict(self._request("activity"))

    def _request(
        self, command: str, timeout: float = _TIMEOUT, /, **values: Any
    ) -> Mapping[str, Any]:
        request = Request(  # noqa: S310 (the endpoint is http on loopback)
            f"{self.endpoint}/_planproof/{command}",
            data=json.dumps(values).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=timeout) as response:
                result: Mapping[str, Any] = json.load(response)
        except HTTPError as failure:
            detail = failure.read().decode("utf-8", "replace")
            raise PlanproofError(
                f"the emulated account rejected {command!r}", "see its response", detail=detail
            ) from failure
        except (URLError, OSError, ValueError) as failure:
            raise PlanproofError(
                f"the emulated account at {self.endpoint} does not answer",
                "start it again; if that fails too, see its log",
                detail=str(failure),
            ) from failure
        return result
