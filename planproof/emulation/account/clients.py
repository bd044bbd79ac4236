"""SDK clients of the account, with a role's credentials or the owner's."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

_MAX_CLIENTS = 256
_OWNER = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
}


class Clients:
    """Creates and caches clients: creating one takes longer than most calls.

    Args:
        endpoint: URL of the account.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._session: Any = None
        self._clients: OrderedDict[tuple[str, str, str], Any] = OrderedDict()

    def client(
        self, service: str, region: str, credentials: Mapping[str, str] | None = None
    ) -> Any:
        """A client that threads may share; the owner's if no credentials are given."""
        credentials = credentials or _OWNER
        key = (service, region, credentials["AWS_ACCESS_KEY_ID"])
        with self._lock:  # creating a client is not thread-safe, using it is
            client = self._clients.get(key)
            if client is None:
                client = self._clients[key] = self._create(service, region, credentials)
            self._clients.move_to_end(key)
            while len(self._clients) > _MAX_CLIENTS:
                self._clients.popitem(last=False)
            return client

    def _create(self, service: str, region: str, credentials: Mapping[str, str]) -> Any:
        # Imported late: botocore is slow to import, and most accounts need no client at once.
        from botocore.config import Config
        from botocore.session import get_session

        if self._session is None:
            self._session = get_session()
        config = Config(
            connect_timeout=5,
            read_timeout=120,
            max_pool_connections=32,
            retries={"mode": "standard", "total_max_attempts": 3},
            s3={"addressing_style": "path"},
            proxies={},
        )
        return self._session.create_client(
            service,
            region_name=region,
            endpoint_url=self._endpoint,
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
            config=config,
        )
