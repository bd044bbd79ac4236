"""SDK clients of the account, for those in it who act in a role's name or the owner's."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

_KEPT = 256
_OWNER = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
}


class Clients:
    """Makes clients, and keeps those in use: making one takes longer than most calls.

    Args:
        endpoint: URL of the account.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._session: Any = None
        self._kept: OrderedDict[tuple[str, str, str], Any] = OrderedDict()

    def client(self, service: str, region: str, keys: Mapping[str, str] | None = None) -> Any:
        """A client; of the owner where no keys are given. It may be used by many threads."""
        keys = keys or _OWNER
        which = (service, region, keys["AWS_ACCESS_KEY_ID"])
        with self._lock:  # making one is not safe in threads, using one is
            client = self._kept.get(which)
            if client is None:
                client = self._kept[which] = self._make(service, region, keys)
            self._kept.move_to_end(which)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return client

    def _make(self, service: str, region: str, keys: Mapping[str, str]) -> Any:
        # Only here: botocore takes its time, and most starts of an account need no client at once.
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
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys.get("AWS_SESSION_TOKEN"),
            config=config,
        )
