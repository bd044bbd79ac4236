"""Parses requests and serializes responses of AWS services, by botocore's service models.

A service uses one of five protocols (json, query, ec2, rest-json, rest-xml);
https://smithy.io/2.0/aws/protocols/index.html. moto implements them all.
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

from planproof.emulation.account.json_responses import PROTOCOLS, body_of, is_plain
from planproof.emulation.account.model import AwsError
from planproof.emulation.account.signature import Signature
from planproof.emulation.account.signing_names import services_with_signing_name

# moto warns of errors that a service model does not list, such as those common to all services.
warnings.filterwarnings("ignore", message=r"Exception\(AwsError\)")


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """A request, as far as it could be parsed.

    Attributes:
        service: botocore's name, or "" if unknown.
        model: of the operation, or None if unknown.
        protocol: of the request.
        parameters: by the names of the service model.
        method: HTTP method.
    """

    service: str
    model: OperationModel | None
    protocol: str
    parameters: Mapping[str, Any]
    method: str = "POST"

    @property
    def operation(self) -> str:
        """Name of the API operation, or ""."""
        return str(self.model.name) if self.model is not None else ""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP response; its body is empty for HEAD."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def line(self) -> str:
        """The status line: ``200 OK``."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"{self.status} Unknown"


def parse(environ: Mapping[str, Any], body: bytes, signature: Signature) -> ParsedRequest:
    """Parse the operation and its parameters.

    Args:
        environ: of WSGI; its input stream is not read.
        body: the complete body.

    Raises:
        AwsError: SerializationException; the parameters cannot be parsed.
    """
    candidates = services_with_signing_name(signature.signing_name)
    method = str(environ["REQUEST_METHOD"])
    for service in candidates:
        request = Request(dict(environ) | {"wsgi.input": io.BytesIO(body)})
        model = get_service_model(service)
        try:
            protocol = determine_request_protocol(model, request.content_type)
            if not _has_version(request, model, protocol):
                continue
            operation, path_parameters = get_service_router(service).match(request)
        except (HTTPException, NotImplementedError):
            continue
        parameters = _parameters(request, operation, path_parameters)
        return ParsedRequest(service, operation, protocol, parameters, method)
    name = signature.signing_name
    service = name if name in candidates else "".join(candidates[:1])
    protocol = str(get_service_model(service).protocol) if service else "json"
    return ParsedRequest(service, None, protocol, {}, method)


def _has_version(request: Request, model: ServiceModel, protocol: str) -> bool:
    """Whether the version of a query request, if any, is that of the model."""
    version = request.values.get("Version") if protocol in ("query", "ec2") else None
    return version is None or version == model.api_version


def _parameters(
    request: Request, operation: OperationModel, path_parameters: Mapping[str, Any]
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
                "url_params": dict(path_parameters),
            }
        )
    except Exception as failure:  # any failure of the parser is an invalid request
        raise AwsError("SerializationException", str(failure) or "cannot be parsed") from failure
    shape = operation.input_shape
    members: Mapping[str, Any] = shape.members if shape is not None else {}
    # Header names are case-insensitive; S3 returns the names of metadata in lower case.
    return {
        name: {key.lower(): item for key, item in value.items()}
        if members[name].serialization.get("location") == "headers"
        else value
        for name, value in parsed.items()
        if value is not None
    }


def success_response(request: ParsedRequest, result: Mapping[str, Any]) -> HttpResponse:
    """The response with the result of an operation."""
    model = request.model
    if model is None or request.protocol not in PROTOCOLS or not is_plain(model.output_shape):
        return _serialized(request, dict(result))
    body = body_of(model.output_shape, result)
    version = model.metadata.get("jsonVersion", "1.0")
    kind = f"application/x-amz-json-{version}" if request.protocol == "json" else "application/json"
    headers = [
        ("Content-Type", kind),
        ("x-amzn-RequestId", str(uuid.uuid4())),
        ("Content-Length", str(len(body))),
    ]
    return HttpResponse(int(model.http.get("responseCode", 200)), headers, body)


def error_response(request: ParsedRequest, error: AwsError) -> HttpResponse:
    """The response with an error; JSON if the service is unknown."""
    return _serialized(request, error, error.status)


def _serialized(request: ParsedRequest, result: Any, status: int = 0) -> HttpResponse:
    model = request.model
    if model is None:
        service = get_service_model(request.service or "sts")
        model = OperationModel({}, service, request.operation or "Unknown")
    serializer = get_serializer_class(model.service_model.service_name, request.protocol)
    serialized = serializer(operation_model=model).serialize(result)
    body = serialized["body"] if request.method != "HEAD" else b""
    content = body if isinstance(body, bytes) else str(body).encode()
    headers = [(name, str(value)) for name, value in serialized["headers"].items()]
    headers.append(("x-amzn-RequestId", str(uuid.uuid4())))
    headers.append(("Content-Length", str(len(content))))
    return HttpResponse(status or int(serialized["status_code"]), headers, content)


def error_code(request: ParsedRequest, response: HttpResponse) -> tuple[str, str]:
    """Code and message of an error response, as an SDK parses them."""
    shape: Any = request.model.output_shape if request.model is not None else None
    parser = create_parser(request.protocol)
    headers = {name.lower(): value for name, value in response.headers}
    plain = {"status_code": response.status, "headers": headers, "body": response.body}
    try:
        error = parser.parse(plain, shape).get("Error", {})
    except Exception:  # a response that no SDK could parse still has its status
        return str(response.status), ""
    return str(error.get("Code", response.status)), str(error.get("Message", ""))


def denial_status(protocol: str) -> int:
    """HTTP status of a denial: 400 for the json protocol, 403 for all others.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html,
    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    return 400 if protocol == "json" else 403
