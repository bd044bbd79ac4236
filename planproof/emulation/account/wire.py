"""Requests and answers of AWS as they are on the wire, by botocore's models of the services.

A service speaks one of five protocols (json, query, ec2, rest-json, rest-xml);
https://smithy.io/2.0/aws/protocols/index.html. moto reads and writes all of them for its own
services, and does so here for any.
"""

from __future__ import annotations

import io
import uuid
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from botocore.parsers import create_parser
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from planproof.emulation.account.json_answers import PROTOCOLS, body_of, is_plain
from planproof.emulation.account.model import AwsError
from planproof.emulation.account.scope import Scope
from planproof.emulation.account.signing_names import services_signed_as

# moto warns of errors that a service's model does not name, such as those common to all services.
warnings.filterwarnings("ignore", message=r"Exception\(AwsError\)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A request as far as it was understood.

    Attributes:
        service: botocore's name, or "" if the request names none that is known.
        model: of the operation, or None if it cannot be told.
        protocol: that the request speaks.
        parameters: by the names of the service model.
    """

    service: str
    model: OperationModel | None
    protocol: str
    parameters: Mapping[str, Any]

    @property
    def operation(self) -> str:
        """As AWS spells it, or ""."""
        return str(self.model.name) if self.model is not None else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of HTTP.

    Attributes:
        status: 200 and so on.
        headers: name and value.
        body: empty for HEAD.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def line(self) -> str:
        """The status with its phrase: ``200 OK``."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"{self.status} Unknown"


def read(environ: Mapping[str, Any], body: bytes, scope: Scope) -> Reading:
    """Tell the operation and its parameters.

    Args:
        environ: of WSGI; its input is not touched.
        body: all of the request's.
        scope: of its signature.

    Raises:
        AwsError: the operation is known and its parameters cannot be read (AWS says
            SerializationException).
    """
    candidates = services_signed_as(scope.signed_as)
    for service in candidates:
        request = Request(dict(environ) | {"wsgi.input": io.BytesIO(body)})
        model = get_service_model(service)
        try:
            protocol = determine_request_protocol(model, request.content_type)
            if not _of_version(request, model, protocol):
                continue
            operation, in_path = get_service_router(service).match(request)
        except (HTTPException, NotImplementedError):
            continue
        return Reading(service, operation, protocol, _parameters(request, operation, in_path))
    service = next(
        (name for name in candidates if name == scope.signed_as), "".join(candidates[:1])
    )
    protocol = str(get_service_model(service).protocol) if service else "json"
    return Reading(service, None, protocol, {})


def _of_version(request: Request, model: ServiceModel, protocol: str) -> bool:
    """APIs of one signing name are told apart by the version that a query names."""
    version = request.values.get("Version") if protocol in ("query", "ec2") else None
    return version is None or version == model.api_version


def _parameters(
    request: Request, operation: OperationModel, in_path: Mapping[str, Any]
) -> Mapping[str, Any]:
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    parser = PROTOCOL_PARSERS[protocol](operation)
    try:
        parsed = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": dict(in_path),
            }
        )
    except Exception as failure:  # whatever a parser stumbles over, the request is at fault
        raise AwsError("SerializationException", str(failure) or "cannot be read") from failure
    shape = operation.input_shape
    members: Mapping[str, Any] = shape.members if shape is not None else {}
    # A server cannot know how the names of headers were written; S3's metadata is in small letters.
    return {
        name: {key.lower(): held for key, held in value.items()}
        if members[name].serialization.get("location") == "headers"
        else value
        for name, value in parsed.items()
        if value is not None
    }


def answer_of(reading: Reading, result: Mapping[str, Any]) -> Answer:
    """The response of an operation, as its service writes it."""
    model = reading.model
    if model is None or reading.protocol not in PROTOCOLS or not is_plain(model.output_shape):
        return _written(reading, dict(result))
    body = body_of(model.output_shape, result)
    version = model.metadata.get("jsonVersion", "1.0")
    kind = f"application/x-amz-json-{version}" if reading.protocol == "json" else "application/json"
    headers = [
        ("Content-Type", kind),
        ("x-amzn-RequestId", str(uuid.uuid4())),
        ("Content-Length", str(len(body))),
    ]
    return Answer(int(model.http.get("responseCode", 200)), headers, body)


def error_of(reading: Reading, error: AwsError, method: str = "POST") -> Answer:
    """An error, as the service writes it; where the service is not known, as JSON."""
    return _written(reading, error, error.status, method)


def _written(reading: Reading, result: Any, status: int = 0, method: str = "POST") -> Answer:
    model = reading.model
    if model is None:
        service = get_service_model(reading.service or "sts")
        model = OperationModel({}, service, reading.operation or "Unknown")
    serializer = get_serializer_class(model.service_model.service_name, reading.protocol)
    written = serializer(operation_model=model).serialize(result)
    body = written["body"]
    held = body if isinstance(body, bytes) else str(body).encode()
    headers = [(name, str(value)) for name, value in written["headers"].items()]
    headers.append(("x-amzn-RequestId", str(uuid.uuid4())))
    if method == "HEAD":
        held = b""
    headers.append(("Content-Length", str(len(held))))
    return Answer(status or int(written["status_code"]), headers, held)


def error_code(reading: Reading, answer: Answer) -> tuple[str, str]:
    """Code and message of an answer that is an error, as an SDK reads them."""
    shape: Any = reading.model.output_shape if reading.model is not None else None
    parser = create_parser(reading.protocol)
    headers = {name.lower(): value for name, value in answer.headers}
    response = {"status_code": answer.status, "headers": headers, "body": answer.body}
    try:
        error = parser.parse(response, shape).get("Error", {})
    except Exception:  # an answer that no SDK could read still has its status
        return str(answer.status), ""
    return str(error.get("Code", answer.status)), str(error.get("Message", ""))


def denial_status(protocol: str) -> int:
    """The status of a refusal: 400 for the json protocols, 403 for all others.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html,
    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    return 400 if protocol == "json" else 403
