"""What becomes of one request: faults, then decisions, then the service, then the trail."""

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
from typing import Any, Protocol

from planproof.emulation.account import wire
from planproof.emulation.account.answers_kept import AnswersKept
from planproof.emulation.account.faults import AccountFaults
from planproof.emulation.account.model import (
    AwsError,
    Call,
    Caller,
    Decisions,
    Denial,
    Fault,
    Service,
)
from planproof.emulation.account.scope import Scope, scope_of
from planproof.emulation.account.sessions import Sessions
from planproof.emulation.account.trail import AccountTrail, in_short

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# https://docs.aws.amazon.com/general/latest/gr/api-retries.html, and the services' own names
_THROTTLED = {
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
    """The connection is to be closed without an answer."""


class Home(Protocol):
    """What requests need of the account they come to."""

    sessions: Sessions
    faults: AccountFaults
    trail: AccountTrail

    @property
    def services(self) -> Mapping[str, Service]:
        """What moto lacks, by botocore's names."""

    @property
    def decisions(self) -> Decisions:
        """What AWS allows."""

    def kill(self, instance: str) -> None:
        """End an instance of a function at once."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    answer: wire.Answer
    outcome: str = "ok"
    about: str = ""
    detail: Mapping[str, Any] | None = None


_NOTHING = wire.Answer(400, [], b"")


class Requests:
    """Answers requests to AWS.

    Args:
        home: the account.
        moto: what answers for the services that moto has.
    """

    def __init__(self, home: Home, moto: Wsgi) -> None:
        self._home = home
        self._moto = moto
        self._numbers = itertools.count(1)
        self._kept = AnswersKept()
        self.count = 0

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """A WSGI application.

        Raises:
            UnansweredError: a fault wants it so.
        """
        self.count = number = next(self._numbers)
        scope = scope_of(environ)
        caller = self._home.sessions.caller(scope.key) if scope.key else None
        if not scope.signed_as and not _may_be_unsigned(environ):
            return _send(_unsigned(environ), start_response)
        if not (caller or self._extends(scope) or self._home.faults.of_calls()):
            answer = self._kept.given_again(environ, lambda: self._of_owner(environ, scope))
            return _send(answer, start_response)
        answer = self._answer(environ, _body_of(environ), scope, caller, number)
        return _send(answer, start_response)

    def _of_owner(self, environ: Environ, scope: Scope) -> wire.Answer:
        body = b"" if scope.signed_as == "s3" else _body_of(environ)
        try:
            return self._whole(environ)
        except Exception as failure:  # nothing was answered yet
            try:
                reading = wire.read(environ, body, scope)
            except AwsError:
                reading = wire.Reading(scope.signed_as, None, "json", {})
            return _lacking(environ, reading, failure)

    def _extends(self, scope: Scope) -> bool:
        return scope.signed_as in self._home.services

    def _answer(
        self, environ: Environ, body: bytes, scope: Scope, caller: Caller | None, number: int
    ) -> wire.Answer:
        method = str(environ["REQUEST_METHOD"])
        try:
            if scope.signed_as != "s3":  # where the encoding is the object's, not the request's
                body = _unpacked(environ, body)
            reading = wire.read(environ, body, scope)
        except AwsError as error:
            unread = wire.Reading("", None, "json", {})
            if caller is None and not self._extends(scope):
                return self._from_moto(environ, unread)
            if caller is not None:
                call = Call(scope.signed_as, "?", {}, scope.region, caller, number)
                self._note(unread, call, self._failed(_NOTHING, unread, error))
            return wire.error_of(unread, error, method)
        call = Call(
            reading.service, reading.operation, reading.parameters, scope.region, caller, number
        )
        fault = self._before(call)
        done = self._carried_out(environ, reading, call, fault, method)
        if caller is None:
            return done.answer
        after = None
        if caller.instance and done.outcome == "ok":  # what failed was not carried out
            after = self._due("kill after", call)
        if after is not None:
            self._note(reading, call, _Outcome(done.answer, "killed", "", {"fault": after.what}))
            self._home.kill(caller.instance)
            raise UnansweredError
        lost = self._due("lost answer", call) if done.outcome == "ok" else None
        self._note(reading, call, replace(done, detail={"fault": lost.what}) if lost else done)
        if lost is not None:
            raise UnansweredError
        return done.answer

    def _due(self, what: str, call: Call) -> Fault | None:
        return self._home.faults.due(what, call.service, call.operation, call.parameters)

    def _before(self, call: Call) -> Fault | None:
        """The error that is answered instead of the operation, if any."""
        caller = call.caller
        unreachable = self._due("unreachable", call)
        kills = None
        if unreachable is None and caller is not None and caller.instance:
            kills = self._due("kill before", call)
        if unreachable is None and kills is None:
            return self._due("error", call)
        if caller is not None:
            self._home.trail.note(
                "call",
                caller.arn,
                str(call),
                outcome="killed" if kills else "failed",
                instance=caller.instance,
                fault="kill before" if kills else "unreachable",
            )
        if kills is not None and caller is not None:
            self._home.kill(caller.instance)
        raise UnansweredError

    def _carried_out(
        self, environ: Environ, reading: wire.Reading, call: Call, fault: Fault | None, method: str
    ) -> _Outcome:
        if fault is not None:
            error = AwsError(fault.code or "InternalFailure", fault.message, fault.status)
            return self._failed(wire.error_of(reading, error, method), reading, error)
        denial = self._refused(reading, call)
        if denial is not None:
            error = AwsError(denial.code, denial.message, wire.denial_status(reading.protocol))
            answer = wire.error_of(reading, error, method)
            detail = {**denial.told, "error": denial.code}
            return _Outcome(answer, "denied", denial.resource, detail)
        service = self._home.services.get(reading.service)
        if service is None:
            answer = self._from_moto(environ, reading)
            return _Outcome(answer) if answer.status < 400 else self._failed(answer, reading)
        try:
            return _Outcome(wire.answer_of(reading, service.answer(call)))
        except AwsError as answered:
            error = answered
        except Exception as failure:  # a service's defect: said here, told as AWS tells its own
            traceback.print_exc(file=sys.stderr)
            error = AwsError("InternalServerErrorException", repr(failure), 500)
        return self._failed(wire.error_of(reading, error, method), reading, error)

    def _refused(self, reading: wire.Reading, call: Call) -> Denial | None:
        if reading.model is None and (call.caller is not None or self._serves(call)):
            who = call.caller.arn if call.caller else "the owner of the account"
            service = call.service or "a service that is not known"
            return Denial(
                action=f"{service}:?",
                resource="*",
                principal=who,
                message=f"{who} asks {service} for an operation that cannot be told",
                undetermined=True,
                because="no operation of the service's model fits the request",
            )
        return self._home.decisions.check_call(call) if call.caller is not None else None

    def _serves(self, call: Call) -> bool:
        return call.service in self._home.services

    def _from_moto(self, environ: Environ, reading: wire.Reading) -> wire.Answer:
        try:
            return self._whole(environ)
        except Exception as failure:  # moto's way of saying that it lacks an operation, or a defect
            return _lacking(environ, reading, failure)

    def _whole(self, environ: Environ) -> wire.Answer:
        """All of moto's answer."""
        started: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            started.update(status=status, headers=headers)

        answered = self._moto(environ, start)
        try:
            body = b"".join(answered)
        finally:
            close = getattr(answered, "close", None)
            if close is not None:
                close()
        return wire.Answer(int(started["status"].split()[0]), list(started["headers"]), body)

    def _failed(
        self, answer: wire.Answer, reading: wire.Reading, error: AwsError | None = None
    ) -> _Outcome:
        if error is not None:
            code, message = error.code, error.message
        else:
            code, message = wire.error_code(reading, answer)
        outcome = "throttled" if code in _THROTTLED else "failed"
        return _Outcome(answer, outcome, "", {"error": code, "message": message})

    def _note(self, reading: wire.Reading, call: Call, done: _Outcome) -> None:
        if call.caller is None:
            return
        shape = reading.model.input_shape if reading.model is not None else None
        self._home.trail.note(
            "call",
            call.caller.arn,
            str(call),
            done.about,
            done.outcome,
            region=call.region,
            instance=call.caller.instance,
            parameters=in_short(shape, call.parameters),
            **(done.detail or {}),
        )


def _lacking(environ: Environ, reading: wire.Reading, failure: Exception) -> wire.Answer:
    """What moto has no answer to, in the service's own form; 501, which no SDK tries again."""
    lacks = isinstance(failure, NotImplementedError)
    if not lacks:
        traceback.print_exception(failure, file=sys.stderr)
    code, status = ("NotImplemented", 501) if lacks else ("InternalFailure", 500)
    message = f"the emulated account cannot do {reading.service}:{reading.operation}"
    error = AwsError(code, f"{message} ({failure or type(failure).__name__})", status)
    return wire.error_of(reading, error, str(environ["REQUEST_METHOD"]))


def _may_be_unsigned(environ: Environ) -> bool:
    """moto's own pages, and how an SDK asks S3 for a bucket's region: without saying who asks."""
    path = str(environ.get("PATH_INFO", ""))
    if path.startswith("/moto-api"):
        return True
    return environ["REQUEST_METHOD"] == "HEAD" and "/" not in path.strip("/")


def _unsigned(environ: Environ) -> wire.Answer:
    """Nobody in particular is allowed nothing: nothing in the account is open to the public."""
    message = "the request is not signed, and the emulated account serves nobody in particular"
    body = json.dumps({"__type": "MissingAuthenticationTokenException", "message": message})
    content = b"" if environ["REQUEST_METHOD"] == "HEAD" else body.encode()
    headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("Content-Length", str(len(content))),
    ]
    return wire.Answer(403, headers, content)


def _send(answer: wire.Answer, start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response(answer.line, answer.headers)
    return [answer.body]


def _body_of(environ: Environ) -> bytes:
    """The whole body, which stays readable for whoever comes next."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body: bytes = stream.read()
    else:
        body = stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _unpacked(environ: Environ, body: bytes) -> bytes:
    """A compressed body as it was, for moto too.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-compression.html

    Raises:
        AwsError: it is compressed in a way that is not known, or not at all.
    """
    encoding = str(environ.get("HTTP_CONTENT_ENCODING", ""))
    if not encoding:
        return body
    try:
        if encoding != "gzip":
            raise ValueError(f"the content encoding {encoding!r} is not known")
        plain = gzip.decompress(body)
    except (OSError, EOFError, ValueError, zlib.error) as failure:
        raise AwsError("SerializationException", str(failure)) from failure
    del environ["HTTP_CONTENT_ENCODING"]
    environ["wsgi.input"] = io.BytesIO(plain)
    environ["CONTENT_LENGTH"] = str(len(plain))
    return plain
