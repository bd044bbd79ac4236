"""An AWS endpoint on loopback, for the requests that Terraform sends while it plans.

moto (https://docs.getmoto.org) answers as account 123456789012; no request leaves this machine.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager

ACCOUNT = "123456789012"


@contextmanager
def aws_endpoint() -> Iterator[str]:
    """Run moto's server on a free loopback port; yields its URL."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line per request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


class BackgroundEndpoint:
    """An AWS endpoint that starts in a thread.

    Importing moto takes about a second; Terraform's ``init`` takes as long and needs no endpoint.
    """

    def __init__(self) -> None:
        self._resources = ExitStack()
        self._url: Future[str] = Future()
        threading.Thread(target=self._start, daemon=True).start()

    def _start(self) -> None:
        try:
            self._url.set_result(self._resources.enter_context(aws_endpoint()))
        except BaseException as failure:  # raised in the caller's thread by `url`
            self._url.set_exception(failure)

    @property
    def url(self) -> str:
        """URL of the endpoint; waits until it has started."""
        return self._url.result()

    def stop(self) -> None:
        """Stop the server; may be called twice."""
        self._url.exception()  # waits until the server has started, or failed to
        self._resources.close()


def endpoint_environment(url: str) -> Mapping[str, str]:
    """Environment variables that make an AWS SDK use the endpoint at ``url``, with dummy keys."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": os.environ.get("AWS_REGION") or "us-east-1",
    }
