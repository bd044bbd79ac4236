"""An emulated AWS account on loopback, for the questions Terraform asks the cloud while planning.

moto (https://docs.getmoto.org) answers as account 123456789012; nothing leaves this machine.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

ACCOUNT = "123456789012"


@contextmanager
def emulated_account() -> Iterator[str]:
    """Run moto's server on a free loopback port; yields its endpoint URL, stops it at the end."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # or it prints every request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


class LazyAccount:
    """An emulated account that starts in the background and is waited for only when needed.

    moto takes about a second to import; Terraform's ``init`` takes as long and needs no account.
    """

    def __init__(self) -> None:
        self._context: Any = None
        self._endpoint = ""
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._start, daemon=True)
        self._thread.start()

    def _start(self) -> None:
        try:
            context = emulated_account()
            self._endpoint = context.__enter__()
            self._context = context
        except BaseException as failure:  # handed to whoever waits for the endpoint
            self._failure = failure

    @property
    def endpoint(self) -> str:
        """URL of the account; waits until it answers."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._endpoint

    def stop(self) -> None:
        """Stop the server, if it ever started."""
        self._thread.join()
        if self._context is not None:
            self._context.__exit__(None, None, None)
            self._context = None


def credentials(endpoint: str) -> Mapping[str, str]:
    """Environment that sends an AWS SDK to ``endpoint`` with keys that open nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": os.environ.get("AWS_REGION") or "us-east-1",
    }
