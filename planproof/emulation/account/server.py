"""The HTTP server of the account, on loopback."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from planproof.emulation.account.handling import Environ, UnansweredError, Wsgi
from planproof.errors import PlanproofError

HOST = "127.0.0.1"
CONTROL = "/_planproof/"


def moto_application() -> Wsgi:
    """What answers for all services that moto has."""
    application: Wsgi = DomainDispatcherApplication(_backend)
    return application


def _backend(name: Any) -> Any:  # one of the names that moto spells out in a type
    if name is None:
        raise NotImplementedError("moto has no such service")
    return create_backend_app(name)


class _Handler(MotoRequestHandler):
    """One connection; moto's handler keeps the names of S3 metadata as they are written."""

    def log_request(self, *_: Any) -> None:
        """Nothing: the trail says what happened."""


class AccountServer:
    """Listens from the moment it is made, answers once it is started.

    Args:
        port: 0 for a free one.

    Raises:
        PlanproofError: the port is taken.
    """

    def __init__(self, port: int = 0) -> None:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen(512)
        except (OSError, OverflowError) as failure:
            listening.close()
            taken = getattr(failure, "errno", None) == errno.EADDRINUSE
            what = f"port {port} of {HOST} is taken" if taken else f"port {port} cannot be used"
            todo = "name another port, or 0 for a free one"
            raise PlanproofError(what, todo) from failure
        self._listening = listening
        self.port = int(listening.getsockname()[1])
        self.endpoint = f"http://{HOST}:{self.port}"
        self._server: BaseWSGIServer | None = None

    def start(self, requests: Wsgi, control: Wsgi) -> None:
        """Answer, each request in a thread of its own.

        Args:
            requests: answers requests to AWS.
            control: answers what is asked below /_planproof/.
        """

        def application(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
            if str(environ.get("PATH_INFO", "")).startswith(CONTROL):
                return control(environ, start)
            try:
                return requests(environ, start)
            except UnansweredError:
                with suppress(OSError):
                    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
                raise

        self._server = make_server(
            HOST,
            self.port,
            application,
            threaded=True,
            request_handler=_Handler,
            fd=self._listening.fileno(),
        )
        threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.1},
            name="server",
            daemon=True,
        ).start()

    def stop(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._listening.close()
