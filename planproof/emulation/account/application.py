"""The emulated account, put together from its parts."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from moto.backends import get_backend

from planproof.emulation.account.clients import Clients
from planproof.emulation.account.clock import AccountClock
from planproof.emulation.account.control_answers import ControlAnswers
from planproof.emulation.account.faults import AccountFaults
from planproof.emulation.account.handling import Requests
from planproof.emulation.account.model import ACCOUNT_ID, Account, Decisions, Service
from planproof.emulation.account.parts import Parts, usual_parts
from planproof.emulation.account.rest import Signs
from planproof.emulation.account.server import AccountServer, moto_application
from planproof.emulation.account.sessions import Sessions
from planproof.emulation.account.trail import AccountTrail
from planproof.emulation.account.work import Work


class Application:
    """An account in this process; there is at most one, since moto's state is the process's.

    Args:
        services: makes each service that moto lacks, given the account.
        parts: the rest of it; those that behave as AWS does by default.
        port: to listen on, 0 for a free one.

    Raises:
        PlanproofError: the port is taken.
    """

    account_id = ACCOUNT_ID

    def __init__(
        self,
        services: Sequence[Callable[[Account], Service]] = (),
        parts: Parts | None = None,
        port: int = 0,
    ) -> None:
        self._server = AccountServer(port)
        self.endpoint = self._server.endpoint
        self.work = Work()
        self.clock = AccountClock(self.work)
        self.trail = AccountTrail(self.clock.now)
        self.faults = AccountFaults()
        self.sessions = Sessions()
        self._clients = Clients(self.endpoint)
        parts = parts or usual_parts()
        parts.mend(self)
        self.decisions: Decisions = parts.decisions(self)
        self._functions = parts.functions(self)
        self._paused = False
        made = [make(self) for make in services]
        self.services: Mapping[str, Service] = {service.name: service for service in made}
        self.signs = Signs(
            work=self.work,
            clock=self.clock,
            # What nothing will deliver is not waited for.
            waiting=lambda: [] if self._paused else self._functions.waiting(),
            pending=lambda: sum(service.pending() for service in self.services.values()),
            activity=lambda: self.work.begun + len(self.trail),
            requests=lambda: self._requests.count,
        )
        self._requests = Requests(self, moto_application())

    def start(self) -> None:
        """Go by the account's clock, answer, and let functions take messages."""
        self.clock.start()
        self._server.start(self._requests, ControlAnswers(self))
        self._functions.start()

    def stop(self) -> None:
        """End the functions' instances, the server, and the account's time."""
        try:
            self._functions.stop()
        finally:
            self._server.stop()
            self.clock.stop()

    def busy(self) -> AbstractContextManager[None]:
        """Around work that is under way: an account is at rest when nobody is busy."""
        return self.work.busy()

    def credentials(self, role: str, session: str, instance: str = "") -> Mapping[str, str]:
        """New keys of a session of a role, as the environment of an SDK. Nothing is checked."""
        return self.sessions.begin(role, session, instance)

    def client(self, service: str, region: str, caller: Mapping[str, str] | None = None) -> Any:
        """A boto3 client of this account; of its owner where no credentials are given."""
        return self._clients.client(service, region, caller)

    def kill(self, instance: str) -> None:
        """End an instance of a function at once."""
        self._functions.kill(instance)

    def pause(self) -> None:
        """Let the event source mappings take no more messages."""
        self._paused = True
        self._functions.pause()

    def resume(self) -> None:
        """Let them take messages again."""
        self._functions.resume()
        self._paused = False

    def emit(self, event: Mapping[str, Any], region: str) -> None:
        """Hand an event of an AWS service to the rules of the region's default bus.

        Faults of events are met where a rule delivers. The envelope is completed as AWS's is:
        https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html.
        """
        time = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        whole: Any = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "account": self.account_id,
            "time": time,
            "region": region,
            "resources": [],
            **event,
        }
        bus = get_backend("events")[self.account_id][region].event_buses["default"]
        with self.busy():
            for rule in list(bus.rules.values()):
                if rule.state != "DISABLED" and rule.event_pattern.matches_event(whole):
                    rule.send_to_targets(copy.deepcopy(whole))
