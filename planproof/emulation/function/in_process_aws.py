"""AWS in the process of a function: moto, stubs for what moto lacks, and no network.

moto (https://docs.getmoto.org) emulates most services. A stub responds to an operation that it
lacks, once botocore has validated the parameters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from planproof.processes import plain


class NotEmulatedError(Exception):
    """The function called an operation that neither moto nor a stub supports."""


class InProcessAws:
    """Responds to the function's AWS calls and records them.

    botocore validates the parameters of every call; ``model_violations`` are what it accepts
    although the service model forbids it: unknown enum values and numbers above the maximum.
    """

    def __init__(self, stubs: Sequence[Mapping[str, Any]]) -> None:
        self._calls: list[dict[str, Any]] | None = None
        self._current: list[tuple[dict[str, Any], Mapping[str, Any]]] = []
        self._stubs = {(s["service"], s["operation"]): s for s in stubs}
        self._responses: dict[str, Any] = {}
        self._count = 0

    @contextmanager
    def recording(self) -> Iterator[list[dict[str, Any]]]:
        """The calls that are made in a block."""
        calls: list[dict[str, Any]] = []
        self._calls = calls
        try:
            yield calls
        finally:
            self._calls = None

    def attach(self) -> None:
        """Intercept the calls of all clients that are created from now on, behind moto."""
        base = import_module("botocore.client").BaseClient
        original = base._make_api_call
        account = self

        def call(self: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
            return account._record_call(original, self, operation, parameters)

        # Every client, resource, paginator and waiter calls this method, with the parameters as
        # they were given; tracers patch it, too.
        base._make_api_call = call
        import_module("botocore.handlers").BUILTIN_HANDLERS.append(("before-call", self._stubbed))
        # A call that neither a stub nor moto handles would leave this machine here.
        import_module("botocore.httpsession").URLLib3Session.send = self._refuse
        import_module("moto").mock_aws().start()

    def _record_call(
        self, original: Any, client: Any, operation: str, parameters: Mapping[str, Any]
    ) -> Any:
        model = client.meta.service_model
        entry: dict[str, Any] = {
            "service": model.service_name,
            "operation": operation,
            "parameters": plain(parameters),
            "model_violations": list(
                _model_violations(model.operation_model(operation).input_shape, parameters)
            ),
        }
        if self._calls is not None:
            self._calls.append(entry)
        self._current.append((entry, parameters))
        try:
            response = _call_moto(original, client, operation, parameters)
        except BaseException as problem:
            entry["failure"] = {"type": type(problem).__name__, "message": str(problem)}
            raise
        finally:
            self._current.pop()
        entry["response"] = plain(response)
        return response

    def _stubbed(self, model: Any, **_: Any) -> Any:
        """Replaces the HTTP exchange of a call whose parameters are valid."""
        service = model.service_model.service_name
        stub = self._stubs.get((service, model.name))
        if stub is None:
            return None
        if error := stub.get("error"):
            status = int(error.get("status", 400))
            body = {"Error": {"Code": error["code"], "Message": error.get("message", "")}}
            metadata = {"ResponseMetadata": {"HTTPStatusCode": status}}
            return SimpleNamespace(status_code=status), body | metadata
        parameters = self._current[-1][1]
        token = parameters.get(stub["repeat"]) if stub.get("repeat") else None
        key = json.dumps([service, model.name, plain(token)])
        if token is not None and key in self._responses:
            return SimpleNamespace(status_code=200), self._responses[key]
        self._count += 1
        response = _numbered(stub["response"], self._count)
        if stub.get("echo"):
            response[stub["echo"]] = {**parameters, **response.get(stub["echo"], {})}
        self._responses[key] = response
        return SimpleNamespace(status_code=200), response

    def _refuse(self, *_: Any, **__: Any) -> None:
        entry = self._current[-1][0]
        raise NotEmulatedError(f"{entry['service']}:{entry['operation']} is not emulated here")


def _call_moto(original: Any, client: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
    """The response; raises NotEmulatedError if moto lacks the operation."""
    try:
        return original(client, operation, parameters)
    except Exception as problem:
        unknown_service = "calling the " in str(problem) and str(problem).endswith(_MOTO_LACKS)
        if not unknown_service and not isinstance(problem, NotImplementedError):
            raise
    service = client.meta.service_model.service_name
    raise NotEmulatedError(f"{service}:{operation} is not emulated here")


_MOTO_LACKS = "operation: Not yet implemented"


def _numbered(value: Any, number: int) -> Any:
    """A stub's response, for the response of that number."""
    if isinstance(value, Mapping):
        return {k: _numbered(v, number) for k, v in value.items()}
    if isinstance(value, list):
        return [_numbered(item, number) for item in value]
    if value == "{now}":
        return datetime.now(UTC)
    return value.replace("{number}", str(number)) if isinstance(value, str) else value


def _model_violations(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """What in ``value`` violates the service model, besides what botocore checks."""
    kind = getattr(shape, "type_name", "")
    if kind == "structure" and isinstance(value, Mapping):
        for name, member in shape.members.items():
            if name in value:
                yield from _model_violations(
                    member, value[name], f"{path}.{name}" if path else name
                )
    elif kind == "list" and isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            yield from _model_violations(shape.member, item, f"{path}[{position}]")
    elif kind == "map" and isinstance(value, Mapping):
        for name, item in value.items():
            yield from _model_violations(shape.value, item, f"{path}.{name}")
    elif kind == "string" and isinstance(value, str):
        known = shape.metadata.get("enum") or ()
        if known and value not in known:
            yield f"{path} is {value!r}, and must be one of {', '.join(known)}"
    elif kind in ("integer", "long", "double", "float") and isinstance(value, (int, float)):
        maximum = shape.metadata.get("max")
        if maximum is not None and value > maximum:
            yield f"{path} is {value}, and must be at most {maximum}"
