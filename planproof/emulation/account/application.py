"""The emulated account, assembled from its components."""

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
from planproof.emulation.account.components import Components, default_components
from planproof.emulation.account.control_endpoint import ControlEndpoint
from planproof.emulation.account.faults import AccountFaults
from planproof.emulation.account.model import ACCOUNT_ID, Account, Decisions, Service
from planproof.emulation.account.request_handler import RequestHandler
from planproof.emulation.account.server import AccountServer, moto_application
from planproof.emulation.account.sessions import Sessions
from planproof.emulation.account.settling import Activity
from planproof.emulation.account.trail import AccountTrail
from planproof.emulation.account.work import Work


class Application:
    """An account in this process; at most one, because moto's state is global.

    Args:
        services: factories of the services that moto lacks.
        components: default_components() if None.
        port: to listen on; 0 for a free one.

    Raises:
        PlanproofError: the port is in use.
    """

    account_id = ACCOUNT_ID

    def __init__(
        self,
        services: Sequence[Callable[[Account], Service]] = (),
        components: Components | None = None,
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
        components = components or default_components()
        components.patch_moto(self)
        self.decisions: Decisions = components.decisions(self)
        self._functions = components.functions(self)
        self._paused = False
        extensions = [create(self) for create in services]
        self.services: Mapping[str, Service] = {service.name: service for service in extensions}
        self.activity = Activity(
            work=self.work,
            clock=self.clock,
            # Messages that no mapping delivers do not keep the account active.
            waiting=lambda: [] if self._paused else self._functions.waiting(),
            pending=lambda: sum(service.pending() for service in self.services.values()),
            events=lambda: self.work.begun + len(self.trail),
            requests=lambda: self._handler.count,
        )
        self._handler = RequestHandler(self, moto_application())

    def start(self) -> None:
        """Start the clock, the server and the event source mappings."""
        self.clock.start()
        self._server.start(self._handler, ControlEndpoint(self))
        self._functions.start()

    def stop(self) -> None:
        """Stop the functions, the server and the clock."""
        try:
            self._functions.stop()
        finally:
            self._server.stop()
            self.clock.stop()

    def busy(self) -> AbstractContextManager[None]:
        """Mark the account as busy while a block runs."""
        return self.work.busy()

    def credentials(self, role: str, session: str, instance: str = "") -> Mapping[str, str]:
        """Temporary credentials of a new role session, as environment variables."""
        return self.sessions.begin(role, session, instance)

    def client(self, service: str, region: str, caller: Mapping[str, str] | None = None) -> Any:
        """A boto3 client of this account; the owner's if no credentials are given."""
        return self._clients.client(service, region, caller)

    def kill(self, instance: str) -> None:
        """Kill an instance of a function."""
        self._functions.kill(instance)

    def pause(self) -> None:
        """Pause the event source mappings."""
        self._paused = True
        self._functions.pause()

    def resume(self) -> None:
        """Resume the event source mappings."""
        self._functions.resume()
        self._paused = False

    def emit(self, event: Mapping[str, Any], region: str) -> None:
        """Send an event of an AWS service to the rules of the region's default event bus.

        Faults apply when a rule delivers the event. Missing fields of the envelope are added:
        https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html.
        """
        time = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        complete: Any = {
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
                if rule.state != "DISABLED" and rule.event_pattern.matches_event(complete):
                    rule.send_to_targets(copy.deepcopy(complete))
