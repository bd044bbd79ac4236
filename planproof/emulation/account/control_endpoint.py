"""The control endpoint of the account: JSON below /_planproof/."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from planproof.emulation.account.clock import AccountClock
from planproof.emulation.account.faults import AccountFaults
from planproof.emulation.account.model import Fault
from planproof.emulation.account.request_handler import Environ
from planproof.emulation.account.settling import Activity, Settling, advance
from planproof.emulation.account.trail import AccountTrail


class ControlledAccount(Protocol):
    """What the endpoint uses of its account."""

    clock: AccountClock
    faults: AccountFaults
    trail: AccountTrail
    activity: Activity

    def pause(self) -> None:
        """Pause the event source mappings."""

    def resume(self) -> None:
        """Resume the event source mappings."""


class ControlEndpoint:
    """A WSGI application."""

    def __init__(self, account: ControlledAccount) -> None:
        self._account = account
        self._commands: Mapping[str, Callable[..., Mapping[str, Any]]] = {
            "settle": self._settle,
            "advance": self._advance,
            "now": self._now,
            "trail": self._trail,
            "add_fault": self._add_fault,
            "remove_faults": self._remove_faults,
            "pause": self._pause,
            "resume": self._resume,
            "activity": lambda: self._account.activity.snapshot(),
        }

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Run one command."""
        command = str(environ["PATH_INFO"]).rsplit("/", 1)[-1]
        status, result = self._run(command, environ)
        body = json.dumps(result).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [body]

    def _run(self, command: str, environ: Environ) -> tuple[str, Mapping[str, Any]]:
        method = self._commands.get(command)
        if method is None:
            known = ", ".join(self._commands)
            return "404 Not Found", {"error": f"there is no command {command!r}, only {known}"}
        try:
            text = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return "200 OK", method(**json.loads(text or b"{}"))
        except (TypeError, ValueError) as failure:  # invalid arguments
            return "400 Bad Request", {"error": str(failure)}
        except Exception as failure:  # a defect of a component
            traceback.print_exc(file=sys.stderr)
            return "500 Internal Server Error", {"error": repr(failure)}

    def _settle(self, limit: float, real: float) -> Mapping[str, Any]:
        return Settling(self._account.activity, limit, real).run()

    def _advance(self, seconds: float, real: float = 60.0) -> Mapping[str, Any]:
        if seconds < 0:
            raise ValueError("the account's clock cannot go back")
        advance(self._account.clock, seconds, real)
        return self._now()

    def _now(self) -> Mapping[str, Any]:
        return {"now": self._account.clock.now()}

    def _trail(self, since: int = 0) -> Mapping[str, Any]:
        return {"entries": [asdict(entry) for entry in self._account.trail.since(since)]}

    def _add_fault(self, **fault: Any) -> Mapping[str, Any]:
        self._account.faults.add(Fault(**fault))
        return {}

    def _remove_faults(self, name: str | None = None) -> Mapping[str, Any]:
        return {"removed": self._account.faults.remove(name)}

    def _pause(self) -> Mapping[str, Any]:
        self._account.pause()
        return {}

    def _resume(self) -> Mapping[str, Any]:
        self._account.resume()
        return {}
