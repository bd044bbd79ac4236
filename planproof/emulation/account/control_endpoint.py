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
        self._commands = _commands(account)

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
            return "200 OK", method(**json.loads(text or b"{}")) or {}
        except (TypeError, ValueError) as failure:  # invalid arguments
            return "400 Bad Request", {"error": str(failure)}
        except Exception as failure:  # a defect of a component
            traceback.print_exc(file=sys.stderr)
            return "500 Internal Server Error", {"error": repr(failure)}


def _commands(account: ControlledAccount) -> Mapping[str, Callable[..., Mapping[str, Any] | None]]:
    """The commands by name; what each takes and returns is described in control.py."""

    def now() -> Mapping[str, Any]:
        return {"now": account.clock.now()}

    def advance_clock(seconds: float, real: float = 60.0) -> Mapping[str, Any]:
        if seconds < 0:
            raise ValueError("the account's clock cannot go back")
        advance(account.clock, seconds, real)
        return now()

    return {
        "settle": lambda limit, real: Settling(account.activity, limit, real).run(),
        "advance": advance_clock,
        "now": now,
        "trail": lambda since=0: {
            "entries": [asdict(entry) for entry in account.trail.since(since)]
        },
        "add_fault": lambda **fault: account.faults.add(Fault(**fault)),
        "remove_faults": lambda name=None: {"removed": account.faults.remove(name)},
        "pause": account.pause,
        "resume": account.resume,
        "activity": account.activity.snapshot,
    }
