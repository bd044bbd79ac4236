"""Handles AWS requests: applies faults, authorizes, calls the service, records the call."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import sys
import traceback
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from werkzeug.test import run_wsgi_app

from planproof.emulation.account import wire
from planproof.emulation.account.faults import AccountFaults
from planproof.emulation.account.model import (
    ApiCall,
    AwsError,
    Caller,
    Decisions,
    Denial,
    Fault,
    Service,
)
from planproof.emulation.account.response_cache import ResponseCache
from planproof.emulation.account.sessions import Sessions
from planproof.emulation.account.signature import Signature, signature_of
from planproof.emulation.account.trail import AccountTrail, summarize
from planproof.emulation.account.wire import HttpResponse, ParsedRequest

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# https://docs.aws.amazon.com/general/latest/gr/api-retries.html, and the services' own names
_THROTTLING_CODES = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}


class UnansweredError(ConnectionError):
    """The connection must be closed without a response."""


class ServingAccount(Protocol):
    """What the handler uses of its account."""

    sessions: Sessions
    faults: AccountFaults
    trail: AccountTrail

    @property
    def services(self) -> Mapping[str, Service]:
        """The services that moto lacks, by botocore's names."""

    @property
    def decisions(self) -> Decisions:
        """Authorizes calls."""

    def kill(self, instance: str) -> None:
        """Kill an instance of a function."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    response: HttpResponse
    outcome: str = "ok"
    about: str = ""
    detail: Mapping[str, Any] | None = None


_EMPTY = HttpResponse(400, [], b"")


class RequestHandler:
    """Handles requests to AWS services.

    Args:
        moto: the WSGI application of the services that moto has.
    """

    def __init__(self, account: ServingAccount, moto: Wsgi) -> None:
        self._account = account
        self._moto = moto
        self._numbers = itertools.count(1)
        self._cache = ResponseCache()
        self.count = 0

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """A WSGI application.

        Raises:
            UnansweredError: a fault requires it.
        """
        self.count = number = next(self._numbers)
        signature = signature_of(environ)
        key = signature.access_key_id
        caller = self._account.sessions.caller(key) if key else None
        if not signature.signing_name and not _may_be_unsigned(environ):
            return _send(_unsigned(environ), start_response)
        if not (caller or self._is_extension(signature) or self._account.faults.affect_calls()):
            handle = partial(self._for_owner, environ, signature)
            return _send(self._cache.respond_once(environ, handle), start_response)
        return _send(self._handle(environ, signature, caller, number), start_response)

    def _for_owner(self, environ: Environ, signature: Signature) -> HttpResponse:
        body = b"" if signature.signing_name == "s3" else _body_of(environ)
        try:
            return self._call_moto(environ)
        except Exception as failure:  # before any response
            try:
                request = wire.parse(environ, body, signature)
            except AwsError:
                name, method = signature.signing_name, str(environ["REQUEST_METHOD"])
                request = ParsedRequest(name, None, "json", {}, method)
            return _moto_error(request, failure)

    def _is_extension(self, signature: Signature) -> bool:
        return signature.signing_name in self._account.services

    def _handle(
        self, environ: Environ, signature: Signature, caller: Caller | None, number: int
    ) -> HttpResponse:
        body = _body_of(environ)
        try:
            if signature.signing_name != "s3":  # for S3, the encoding belongs to the object
                body = _decompressed(environ, body)
            request = wire.parse(environ, body, signature)
        except AwsError as error:
            unparsed = ParsedRequest("", None, "json", {}, str(environ["REQUEST_METHOD"]))
            if caller is None and not self._is_extension(signature):
                return self._from_moto(environ, unparsed)
            if caller is not None:
                call = ApiCall(signature.signing_name, "?", {}, signature.region, caller, number)
                self._record(unparsed, call, self._failed(_EMPTY, unparsed, error))
            return wire.error_response(unparsed, error)
        call = ApiCall(
            request.service, request.operation, request.parameters, signature.region, caller, number
        )
        outcome = self._perform(environ, request, call, self._fault_before(call))
        if caller is None:
            return outcome.response
        succeeded = outcome.outcome == "ok"  # a failed call changed nothing
        kill = self._due("kill after", call) if caller.instance and succeeded else None
        if kill is not None:
            detail = {"fault": kill.kind}
            self._record(request, call, _Outcome(outcome.response, "killed", "", detail))
            self._account.kill(caller.instance)
            raise UnansweredError
        lost = self._due("lost answer", call) if succeeded else None
        if lost is not None:
            outcome = replace(outcome, detail={"fault": lost.kind})
        self._record(request, call, outcome)
        if lost is not None:
            raise UnansweredError
        return outcome.response

    def _due(self, kind: str, call: ApiCall) -> Fault | None:
        return self._account.faults.due(kind, call.service, call.operation, call.parameters)

    def _fault_before(self, call: ApiCall) -> Fault | None:
        """The "error" fault of a call, if any; other faults before a call end it."""
        caller = call.caller
        unreachable = self._due("unreachable", call)
        kills = None
        if unreachable is None and caller is not None and caller.instance:
            kills = self._due("kill before", call)
        if unreachable is None and kills is None:
            return self._due("error", call)
        if caller is not None:
            self._account.trail.record(
                "call",
                caller.arn,
                str(call),
                outcome="killed" if kills else "failed",
                instance=caller.instance,
                fault="kill before" if kills else "unreachable",
            )
        if kills is not None and caller is not None:
            self._account.kill(caller.instance)
        raise UnansweredError

    def _perform(
        self, environ: Environ, request: ParsedRequest, call: ApiCall, fault: Fault | None
    ) -> _Outcome:
        if fault is not None:
            error = AwsError(fault.code or "InternalFailure", fault.message, fault.status)
            return self._failed(wire.error_response(request, error), request, error)
        denial = self._denial(request, call)
        if denial is not None:
            error = AwsError(denial.code, denial.message, wire.denial_status(request.protocol))
            detail = {**denial.detail, "error": denial.code}
            response = wire.error_response(request, error)
            return _Outcome(response, "denied", denial.resource, detail)
        service = self._account.services.get(request.service)
        if service is None:
            response = self._from_moto(environ, request)
            failed = response.status >= 400
            return self._failed(response, request) if failed else _Outcome(response)
        try:
            return _Outcome(wire.success_response(request, service.answer(call)))
        except AwsError as failure:
            error = failure
        except Exception as failure:  # a defect of the service, reported as AWS reports its own
            traceback.print_exc(file=sys.stderr)
            error = AwsError("InternalServerErrorException", repr(failure), 500)
        return self._failed(wire.error_response(request, error), request, error)

    def _denial(self, request: ParsedRequest, call: ApiCall) -> Denial | None:
        is_checked = call.caller is not None or call.service in self._account.services
        if request.model is None and is_checked:
            principal = call.caller.arn if call.caller else "the owner of the account"
            service = call.service or "an unknown service"
            return Denial(
                f"{service}:?",
                "*",
                principal,
                message=f"{principal} requests an unknown operation of {service}",
                undetermined=True,
                because="the request matches no operation of the service model",
            )
        return self._account.decisions.check_call(call) if call.caller is not None else None

    def _from_moto(self, environ: Environ, request: ParsedRequest) -> HttpResponse:
        try:
            return self._call_moto(environ)
        except Exception as failure:  # an operation that moto lacks, or a defect
            return _moto_error(request, failure)

    def _call_moto(self, environ: Environ) -> HttpResponse:
        """moto's complete response."""
        chunks, status, headers = run_wsgi_app(self._moto, environ, buffered=True)
        return HttpResponse(int(status.split()[0]), list(headers), b"".join(chunks))

    def _failed(
        self,
        response: HttpResponse,
        request: ParsedRequest,
        error: AwsError | None = None,
    ) -> _Outcome:
        if error is not None:
            code, message = error.code, error.message
        else:
            code, message = wire.error_code(request, response)
        outcome = "throttled" if code in _THROTTLING_CODES else "failed"
        return _Outcome(response, outcome, "", {"error": code, "message": message})

    def _record(self, request: ParsedRequest, call: ApiCall, outcome: _Outcome) -> None:
        if call.caller is None:
            return
        shape = request.model.input_shape if request.model is not None else None
        self._account.trail.record(
            "call",
            call.caller.arn,
            str(call),
            outcome.about,
            outcome.outcome,
            region=call.region,
            instance=call.caller.instance,
            parameters=summarize(shape, call.parameters),
            **(outcome.detail or {}),
        )


def _moto_error(request: ParsedRequest, failure: Exception) -> HttpResponse:
    """The response where moto lacks an operation (501, which no SDK retries) or fails."""
    missing = isinstance(failure, NotImplementedError)
    if not missing:
        traceback.print_exception(failure, file=sys.stderr)
    code, status = ("NotImplemented", 501) if missing else ("InternalFailure", 500)
    message = f"the emulated account does not support {request.service}:{request.operation}"
    error = AwsError(code, f"{message} ({failure or type(failure).__name__})", status)
    return wire.error_response(request, error)


def _may_be_unsigned(environ: Environ) -> bool:
    """moto's own pages, and HEAD of a bucket, by which an SDK finds the bucket's region."""
    path = str(environ.get("PATH_INFO", ""))
    if path.startswith("/moto-api"):
        return True
    return environ["REQUEST_METHOD"] == "HEAD" and "/" not in path.strip("/")


def _unsigned(environ: Environ) -> HttpResponse:
    """The response to an anonymous request: the account has no public resources."""
    message = "the request is not signed, and the emulated account allows no anonymous requests"
    body = json.dumps({"__type": "MissingAuthenticationTokenException", "message": message})
    content = b"" if environ["REQUEST_METHOD"] == "HEAD" else body.encode()
    headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("Content-Length", str(len(content))),
    ]
    return HttpResponse(403, headers, content)


def _send(response: HttpResponse, start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response(response.line, response.headers)
    return [response.body]


def _body_of(environ: Environ) -> bytes:
    """The complete body; the stream stays readable."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body: bytes = stream.read()
    else:
        body = stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _decompressed(environ: Environ, body: bytes) -> bytes:
    """The decompressed body; replaces the body for moto, too.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-compression.html

    Raises:
        AwsError: the encoding is not supported, or the body is damaged.
    """
    encoding = str(environ.get("HTTP_CONTENT_ENCODING", ""))
    if not encoding:
        return body
    try:
        if encoding != "gzip":
            raise ValueError(f"the content encoding {encoding!r} is not supported")
        plain = gzip.decompress(body)
    except (OSError, EOFError, ValueError, zlib.error) as failure:
        raise AwsError("SerializationException", str(failure)) from failure
    del environ["HTTP_CONTENT_ENCODING"]
    environ["wsgi.input"] = io.BytesIO(plain)
    environ["CONTENT_LENGTH"] = str(len(plain))
    return plain
