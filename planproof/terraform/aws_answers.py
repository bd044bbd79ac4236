"""Answers to requests that moto does not answer, or not as every account would.

A value that is the same in every account is AWS's own (the id of a managed cache policy). All other
values have the right shape and are stand-ins (see :mod:`planproof.stand_ins`), which the resolution
takes for unknown: the id of an AMI, of a hosted zone, the text of a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from planproof.stand_ins import stand_in

_CREDENTIAL = re.compile(r"Credential=[^/]*/\d*/([^/]*)/([^/]*)/")
_XML = frozenset({"s3", "cloudfront", "route53", "s3control"})  # REST services that speak XML
_SHOWN = re.compile(r"(?:name|id|arn|identifier|path)s?(?:\.\w+)*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to an AWS service.

    Attributes:
        service: its name in the signature ("ec2", "states").
        operation: as its API names it, or method and path where only these are there.
        parameters: of the query, the form or the JSON document.
    """

    service: str
    region: str
    operation: str
    path: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, environ: Mapping[str, Any], body: bytes) -> Request:
        """The request of a WSGI environment and its body."""
        scope = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION") or "")
        region, service = scope.groups() if scope else ("", "")
        path = unquote(environ.get("PATH_INFO") or "/")
        parameters: dict[str, Any] = dict(parse_qsl(environ.get("QUERY_STRING") or ""))
        kind = environ.get("CONTENT_TYPE") or ""
        if "json" in kind:
            try:
                document = json.loads(body or b"{}")
            except ValueError:
                document = {}
            parameters |= document if isinstance(document, dict) else {}
        elif "form" in kind:
            parameters |= dict(parse_qsl(body.decode("utf-8", "replace")))
        target = str(environ.get("HTTP_X_AMZ_TARGET") or "").rpartition(".")[2]
        operation = target or str(parameters.get("Action") or "")
        if not operation:
            operation = f"{environ.get('REQUEST_METHOD', 'GET')} {path}"
        return cls(service, region or "us-east-1", operation, path, parameters)

    def __str__(self) -> str:
        """Service, operation and what it is asked about."""
        named = [
            f"{key}={value}"
            for key, value in self.parameters.items()
            if _SHOWN.search(key) and isinstance(value, str) and len(value) <= 200
        ]
        about = f" ({', '.join(named[:3])})" if named else ""
        return f"{self.service or 'AWS'} {self.operation}{about}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: status, body and headers."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def refusal(request: Request) -> Answer:
    """The error for a request that has no answer; SDKs do not retry it."""
    return error(request, 400, "NotEmulated", f"planproof has no answer to {request}")


def error(request: Request, status: int, code: str, message: str) -> Answer:
    """An error in the form that the protocol of the service has."""
    if request.service == "ec2":
        text = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message>"
            "</Error></Errors><RequestID>planproof</RequestID></Response>"
        )
    elif request.service == "s3":
        text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    elif request.service in _XML or "Action" in request.parameters:
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
            f"<Message>{escape(message)}</Message></Error>"
            "<RequestId>planproof</RequestId></ErrorResponse>"
        )
    else:
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}
        return Answer(
            status, json.dumps({"__type": code, "message": message}).encode(), headers
        )
    return Answer(status, text.encode(), {"Content-Type": "text/xml"})


class Ids:
    """Replaces the ids that moto assigns by stand-ins, and back.

    Every account has a default VPC, with subnets and a group, and its ids are not known.
    """

    _ID = re.compile(rb"\b(vpc|subnet|sg|sgr|igw|rtb|rtbassoc|acl|aclassoc|eni|dopt)-[0-9a-f]{8,17}\b")
    _SHOWN = re.compile(rb"\b[a-z]+-0bad[0-9a-f]{13}\b")

    def __init__(self) -> None:
        self._real: dict[bytes, bytes] = {}

    def shown(self, body: bytes) -> bytes:
        """A body with stand-ins for the ids."""

        def replaced(match: re.Match[bytes]) -> bytes:
            text = stand_in(match[0].decode(), "$hex17", known=False).encode()
            shown = match[1] + b"-" + text
            self._real[shown] = match[0]
            return shown

        return self._ID.sub(replaced, body)

    def real(self, body: bytes) -> bytes:
        """A body with the ids that moto knows."""
        return self._SHOWN.sub(lambda match: self._real.get(match[0], match[0]), body)


def answer(request: Request) -> Answer | None:
    """The answer to a request; None where moto answers it."""
    return None
