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

from planproof.emulation.account.request_handler import Environ, UnansweredError, Wsgi
from planproof.errors import PlanproofError

HOST = "127.0.0.1"
CONTROL = "/_planproof/"


def moto_application() -> Wsgi:
    """The WSGI application of all services that moto has."""
    application: Wsgi = DomainDispatcherApplication(_backend)
    return application


def _backend(name: Any) -> Any:  # a literal type of moto
    if name is None:
        raise NotImplementedError("moto has no such service")
    return create_backend_app(name)


class _Handler(MotoRequestHandler):
    """A connection; moto's handler keeps the case of S3 metadata names."""

    def log_request(self, *_: Any) -> None:
        """Log nothing: the trail records requests."""


class AccountServer:
    """Listens once it is created, responds once it is started.

    Args:
        port: 0 for a free one.

    Raises:
        PlanproofError: the port is in use.
    """

    def __init__(self, port: int = 0) -> None:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen(512)
        except (OSError, OverflowError) as failure:
            listening.close()
            in_use = getattr(failure, "errno", None) == errno.EADDRINUSE
            what = f"port {port} of {HOST} is {'in use' if in_use else 'not available'}"
            todo = "choose another port, or 0 for a free one"
            raise PlanproofError(what, todo) from failure
        self._listening = listening
        self.port = int(listening.getsockname()[1])
        self.endpoint = f"http://{HOST}:{self.port}"
        self._server: BaseWSGIServer | None = None

    def start(self, requests: Wsgi, control: Wsgi) -> None:
        """Serve requests, each in its own thread.

        Args:
            requests: handles requests to AWS.
            control: handles requests below /_planproof/.
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
        """Stop serving."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._listening.close()
