"""What a run asks of its emulated account, and tells it: time, faults, the trail, rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from planproof.emulation.account.model import Entry, Fault
from planproof.errors import PlanproofError

_SOON = 30.0


class Control:
    """Speaks with an account, in another process or this one.

    Args:
        endpoint: URL of the account.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._opener = build_opener(ProxyHandler({}))  # loopback is behind no proxy

    def settle(self, limit: float = 86_400.0, real: float = 120.0) -> dict[str, Any]:
        """Let it come to rest: nobody busy, no message visible, nothing still to come.

        Args:
            limit: seconds of the account's time that may pass.
            real: seconds of real time that it may take.

        Returns:
            ``{"settled": True, "advanced": seconds}``, or ``"settled": False`` and ``"why"``.
        """
        return dict(self._ask("settle", real + _SOON, limit=limit, real=real))

    def advance(self, seconds: float, real: float = 60.0) -> float:
        """Set the time forward; what falls due on the way is done in its turn. Says the time."""
        return float(self._ask("advance", real + _SOON, seconds=seconds, real=real)["now"])

    def now(self) -> float:
        """The account's time, in seconds since the epoch."""
        return float(self._ask("now")["now"])

    def trail(self, since: int = 0) -> list[Entry]:
        """What happened after the entry of that number."""
        return [Entry(**entry) for entry in self._ask("trail", since=since)["entries"]]

    def fault(self, fault: Fault) -> None:
        """Let something go wrong."""
        self._ask("fault", **asdict(fault))

    def withdraw(self, name: str) -> int:
        """Let the faults of that name go wrong no longer; says how many there still were."""
        return int(self._ask("withdraw", name=name)["withdrawn"])

    def withdraw_all(self) -> int:
        """Let nothing go wrong any longer; says how many faults there still were."""
        return int(self._ask("withdraw")["withdrawn"])

    def pause(self) -> None:
        """Let the event source mappings take no more messages."""
        self._ask("pause")

    def resume(self) -> None:
        """Let the event source mappings take messages again."""
        self._ask("resume")

    def rest(self) -> dict[str, Any]:
        """How it stands: ``busy``, ``visible`` and ``invisible`` messages in mapped queues, seconds
        to the ``next`` task or None, ``pending`` of the services, how many ``requests`` there were,
        and the time it is ``at``."""
        return dict(self._ask("rest"))

    def _ask(self, what: str, timeout: float = _SOON, /, **values: Any) -> Mapping[str, Any]:
        request = Request(  # noqa: S310 (the endpoint is http on loopback)
            f"{self.endpoint}/_planproof/{what}",
            data=json.dumps(values).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=timeout) as response:
                answer: Mapping[str, Any] = json.load(response)
        except HTTPError as failure:
            detail = failure.read().decode("utf-8", "replace")
            raise PlanproofError(
                f"the emulated account refused {what!r}", "see what it says", detail=detail
            ) from failure
        except (URLError, OSError, ValueError) as failure:
            raise PlanproofError(
                f"the emulated account at {self.endpoint} does not answer",
                "start it again; if it happens again, look at what it wrote",
                detail=str(failure),
            ) from failure
        return answer
