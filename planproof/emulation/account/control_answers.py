"""How the account answers its control: JSON below /_planproof/."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from planproof.emulation.account.clock import AccountClock
from planproof.emulation.account.faults import AccountFaults
from planproof.emulation.account.handling import Environ
from planproof.emulation.account.model import Fault
from planproof.emulation.account.rest import Settling, Signs, advance
from planproof.emulation.account.trail import AccountTrail


class Home(Protocol):
    """What the control needs of its account."""

    clock: AccountClock
    faults: AccountFaults
    trail: AccountTrail
    signs: Signs

    def pause(self) -> None:
        """Let the event source mappings take no more messages."""

    def resume(self) -> None:
        """Let them take messages again."""


class ControlAnswers:
    """A WSGI application.

    Args:
        home: the account.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._known: Mapping[str, Callable[..., Mapping[str, Any]]] = {
            "settle": self._settle,
            "advance": self._advance,
            "now": self._now,
            "trail": self._trail,
            "fault": self._fault,
            "withdraw": self._withdraw,
            "pause": self._pause,
            "resume": self._resume,
            "rest": lambda: self._home.signs.rest(),
        }

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one question."""
        what = str(environ["PATH_INFO"]).rsplit("/", 1)[-1]
        status, answer = self._answered(what, environ)
        body = json.dumps(answer).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [body]

    def _answered(self, what: str, environ: Environ) -> tuple[str, Mapping[str, Any]]:
        answer = self._known.get(what)
        if answer is None:
            return "404 Not Found", {
                "error": f"there is no {what!r}, only {', '.join(self._known)}"
            }
        try:
            text = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return "200 OK", answer(**json.loads(text or b"{}"))
        except (TypeError, ValueError) as failure:  # what was asked does not fit
            return "400 Bad Request", {"error": str(failure)}
        except Exception as failure:  # a part's defect
            traceback.print_exc(file=sys.stderr)
            return "500 Internal Server Error", {"error": repr(failure)}

    def _settle(self, limit: float, real: float) -> Mapping[str, Any]:
        return Settling(self._home.signs, limit, real).run()

    def _advance(self, seconds: float, real: float = 60.0) -> Mapping[str, Any]:
        if seconds < 0:
            raise ValueError("the account's time does not go back")
        advance(self._home.signs, seconds, real)
        return self._now()

    def _now(self) -> Mapping[str, Any]:
        return {"now": self._home.clock.now()}

    def _trail(self, since: int = 0) -> Mapping[str, Any]:
        return {"entries": [asdict(entry) for entry in self._home.trail.since(since)]}

    def _fault(self, **fault: Any) -> Mapping[str, Any]:
        self._home.faults.add(Fault(**fault))
        return {}

    def _withdraw(self, name: str | None = None) -> Mapping[str, Any]:
        return {"withdrawn": self._home.faults.withdraw(name)}

    def _pause(self) -> Mapping[str, Any]:
        self._home.pause()
        return {}

    def _resume(self) -> Mapping[str, Any]:
        self._home.resume()
        return {}
