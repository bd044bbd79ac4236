"""Caches AWS clients with the credentials of functions' roles."""

from __future__ import annotations

import threading
from typing import Any

from planproof.emulation.account.model import Account


class RoleClients:
    """Creates one client, with one role session, for each service, region and session name."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, str, str], Any] = {}

    def of(self, service: str, region: str, role: str, session: str) -> Any:
        """The client of a service with the credentials of a role.

        Args:
            session: its name; Lambda uses the name of the function.
        """
        key = (service, region, role, session)
        with self._lock:
            if key not in self._clients:
                caller = self._account.credentials(role, session)
                self._clients[key] = self._account.client(service, region, caller)
            return self._clients[key]
