"""An AWS endpoint on loopback, for the requests that Terraform sends while it plans.

moto (https://docs.getmoto.org) answers as account 123456789012; no request leaves this machine.
What moto does not have, and what its empty account would not have, is answered by
:mod:`planproof.terraform.aws_answers`. Every request is answered: one that neither has an answer
for is refused with an error that SDKs do not retry.
"""

from __future__ import annotations

import io
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Any

from planproof.terraform.aws_answers import Answer, Ids, Request, answer, refusal

ACCOUNT = "123456789012"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""An application as WSGI (https://peps.python.org/pep-3333/) defines it."""


class RequestLog:
    """The requests that an endpoint got, for the error that names a call without an answer."""

    def __init__(self) -> None:
        self._open: dict[int, str] = {}
        self._number = 0
        self._lock = threading.Lock()
        self.last = ""
        self.last_answered = 0.0
        """When the last answer was sent, as :func:`time.monotonic` counts; 0 before the first."""

    @contextmanager
    def recorded(self, request: Request) -> Iterator[None]:
        """Record a request for the time that it takes to answer it."""
        with self._lock:
            self._number += 1
            number, self.last = self._number, str(request)
            self._open[number] = self.last
        try:
            yield
        finally:
            with self._lock:
                del self._open[number]
                self.last_answered = time.monotonic()

    def unanswered(self) -> str:
        """The oldest request that still has no answer; "" without one."""
        with self._lock:
            return next(iter(self._open.values()), "")


_logs: dict[str, RequestLog] = {}


def request_log(url: str) -> RequestLog | None:
    """The requests of the endpoint at ``url``; None where this process does not run it."""
    return _logs.get(url)


def answering(moto: Application, log: RequestLog) -> Application:
    """An application that answers every request, with moto's answers where they serve."""
    ids = Ids()

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        request = Request.of(environ, body)
        with log.recorded(request):
            found = answer(request)
            if found is None:
                found = _from_moto(moto, environ, ids.real(body), request)
                found = Answer(found.status, ids.shown(found.body), found.headers)
            headers = {**found.headers, "Content-Length": str(len(found.body))}
            start(f"{found.status} -", list(headers.items()))
            return [found.body]

    return application


def _from_moto(
    moto: Application, environ: Mapping[str, Any], body: bytes, request: Request
) -> Answer:
    status, headers = 500, dict[str, str]()

    def start(line: str, found: Iterable[tuple[str, str]], *_: object) -> Callable[..., None]:
        nonlocal status
        status = int(line.split()[0])
        headers.update(found)
        return lambda _: None

    given = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    try:
        content = b"".join(moto(given, start))
    except Exception:  # whatever a request makes moto raise, Terraform must get an answer
        return refusal(request)
    # SDKs retry a server error for minutes, and moto answers one where it lacks the operation.
    if status >= 500 or (status == 404 and b"Not Found</title>" in content):
        return refusal(request)
    headers = {k: v for k, v in headers.items() if k.lower() != "content-length"}
    return Answer(status, content, headers)


@contextmanager
def aws_endpoint() -> Iterator[str]:
    """Run the endpoint on a free loopback port; yields its URL."""
    # Read by moto when a request for IAM first comes.
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line per request
    log = RequestLog()
    application = answering(DomainDispatcherApplication(create_backend_app), log)
    server = make_server(
        "127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    _logs[url] = log
    try:
        yield url
    finally:
        del _logs[url]
        server.shutdown()
        thread.join()
        server.server_close()


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
        "AWS_MAX_ATTEMPTS": "2",
        "AWS_RETRY_MODE": "standard",
        "AWS_REGION": os.environ.get("AWS_REGION") or "us-east-1",
    }
