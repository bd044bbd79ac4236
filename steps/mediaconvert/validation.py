"""Validates requests against MediaConvert's service model.

AWS's SDKs validate required members and types before they send a request; only the service
validates allowed values, limits and patterns. It reports a JSON pointer, for job settings relative
to the settings: ``/outputGroups/0/outputs/0: containerSettings is a required property``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape

from planproof.emulation.account.model import AwsError

_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "boolean": (bool,),
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list, tuple),
}


def bad_request(pointer: str, problem: str) -> AwsError:
    """MediaConvert's error for an invalid request.

    Args:
        pointer: JSON pointer: ``/inputs/0/fileInput``; "" for the whole request.
        problem: ``Should not be null``.
    """
    return AwsError("BadRequestException", _message(pointer, problem), 400)


def not_found(what: str) -> AwsError:
    """MediaConvert's error for a resource that does not exist, such as ``job 1-abc``."""
    return AwsError("NotFoundException", f"The {what} does not exist.", 404)


@cache
def service_model() -> ServiceModel:
    """MediaConvert's API, as botocore describes it."""
    return botocore.session.get_session().get_service_model("mediaconvert")


def check_request(operation: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a request that the service model does not allow.

    Raises:
        AwsError: BadRequestException, with all problems.
    """
    model: OperationModel = service_model().operation_model(operation)
    if model.input_shape is None:
        return
    problems = list(_problems(model.input_shape, parameters, ""))
    if problems:
        raise AwsError("BadRequestException", " | ".join(problems), 400)


def _problems(shape: Shape, value: Any, pointer: str) -> Iterator[str]:
    if value is None:
        yield _message(pointer, "Should not be null")
        return
    kinds = _KINDS.get(shape.type_name)
    wrong_bool = isinstance(value, bool) and shape.type_name != "boolean"
    if kinds and (wrong_bool or not isinstance(value, kinds)):
        yield _message(pointer, f"Should be of type {shape.type_name}")
        return
    match shape.type_name:
        case "structure":
            yield from _structure_problems(shape, value, pointer)
        case "list":
            for index, item in enumerate(value):
                yield from _problems(shape.member, item, f"{pointer}/{index}")
        case "map":
            for key, item in value.items():
                yield from _problems(shape.value, item, f"{pointer}/{key}")
        case "string":
            yield from _text_problems(shape, value, pointer)
        case "integer" | "long" | "double" | "float":
            yield from _number_problems(shape, value, pointer)


def _structure_problems(shape: Shape, value: Mapping[str, Any], pointer: str) -> Iterator[str]:
    names = {name: _json_name(name, member) for name, member in shape.members.items()}
    for name in shape.required_members:
        if name not in value:
            yield _message(pointer, f"{names[name]} is a required property")
    for name, item in value.items():
        if name not in names:
            yield _message(pointer, f"Should not have additional properties: {lower_first(name)}")
            continue
        # Pointers are relative to the settings of a job.
        below = "" if shape.name == "CreateJobRequest" and name == "Settings" else pointer
        below = below if name == "Settings" else f"{pointer}/{names[name]}"
        yield from _problems(shape.members[name], item, below)


def _text_problems(shape: Shape, value: str, pointer: str) -> Iterator[str]:
    limits = shape.metadata
    if limits.get("enum") and value not in limits["enum"]:
        allowed = json.dumps(limits["enum"], separators=(",", ":"))
        yield _message(pointer, f"Should be equal to one of the allowed values in {allowed}")
    if len(value) < limits.get("min", 0):
        yield _message(pointer, f"Should be at least {limits['min']} characters long")
    if len(value) > limits.get("max", len(value)):
        yield _message(pointer, f"Should be at most {limits['max']} characters long")
    if limits.get("pattern") and not re.search(limits["pattern"], value):
        yield _message(pointer, f"Should match the pattern {limits['pattern']}")


def _number_problems(shape: Shape, value: float, pointer: str) -> Iterator[str]:
    limits = shape.metadata
    if value < limits.get("min", value):
        yield _message(pointer, f"Should be greater than or equal to {limits['min']}")
    if value > limits.get("max", value):
        yield _message(pointer, f"Should be less than or equal to {limits['max']}")


def _message(pointer: str, problem: str) -> str:
    return f"{pointer or '/'}: {problem}"


def _json_name(name: str, shape: Shape) -> str:
    return str(shape.serialization.get("name", lower_first(name)))


def lower_first(name: str) -> str:
    """The name of a member in JSON: ``codecSettings`` for ``CodecSettings``."""
    return name[:1].lower() + name[1:]
