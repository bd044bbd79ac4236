"""Does a request have the shape that MediaConvert's service model asks for?

AWS's SDKs check required members and types before they send; lists of allowed values, limits and
patterns only the service does. It names the place as a JSON pointer, the settings of a job from
their own root: ``/outputGroups/0/outputs/0: containerSettings is a required property``.
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


def bad_request(place: str, what: str) -> AwsError:
    """What MediaConvert answers to a request that it will never take.

    Args:
        place: JSON pointer: ``/inputs/0/fileInput``; "" for the whole.
        what: ``Should not be null``.
    """
    return AwsError("BadRequestException", _told(place, what), 400)


@cache
def service_model() -> ServiceModel:
    """MediaConvert's API, as botocore describes it."""
    return botocore.session.get_session().get_service_model("mediaconvert")


def check_request(operation: str, parameters: Mapping[str, Any]) -> None:
    """Refuse what the service model does not allow.

    Raises:
        AwsError: BadRequestException, about everything that is wrong.
    """
    model: OperationModel = service_model().operation_model(operation)
    if model.input_shape is None:
        return
    problems = list(_problems(model.input_shape, parameters, ""))
    if problems:
        raise AwsError("BadRequestException", " | ".join(problems), 400)


def _problems(shape: Shape, value: Any, place: str) -> Iterator[str]:
    if value is None:
        yield _told(place, "Should not be null")
        return
    kinds = _KINDS.get(shape.type_name)
    wrong_bool = isinstance(value, bool) and shape.type_name != "boolean"
    if kinds and (wrong_bool or not isinstance(value, kinds)):
        yield _told(place, f"Should be of type {shape.type_name}")
        return
    match shape.type_name:
        case "structure":
            yield from _in_structure(shape, value, place)
        case "list":
            for index, item in enumerate(value):
                yield from _problems(shape.member, item, f"{place}/{index}")
        case "map":
            for key, item in value.items():
                yield from _problems(shape.value, item, f"{place}/{key}")
        case "string":
            yield from _in_text(shape, value, place)
        case "integer" | "long" | "double" | "float":
            yield from _in_number(shape, value, place)


def _in_structure(shape: Shape, value: Mapping[str, Any], place: str) -> Iterator[str]:
    names = {name: _sent_as(name, member) for name, member in shape.members.items()}
    for name in shape.required_members:
        if name not in value:
            yield _told(place, f"{names[name]} is a required property")
    for name, item in value.items():
        if name not in names:
            yield _told(place, f"Should not have additional properties: {_lower(name)}")
            continue
        # The settings of a job are a document of their own, that places are given in.
        below = "" if shape.name == "CreateJobRequest" and name == "Settings" else place
        below = below if name == "Settings" else f"{place}/{names[name]}"
        yield from _problems(shape.members[name], item, below)


def _in_text(shape: Shape, value: str, place: str) -> Iterator[str]:
    limits = shape.metadata
    if limits.get("enum") and value not in limits["enum"]:
        allowed = json.dumps(limits["enum"], separators=(",", ":"))
        yield _told(place, f"Should be equal to one of the allowed values in {allowed}")
    if len(value) < limits.get("min", 0):
        yield _told(place, f"Should be at least {limits['min']} characters long")
    if len(value) > limits.get("max", len(value)):
        yield _told(place, f"Should be at most {limits['max']} characters long")
    if limits.get("pattern") and not re.search(limits["pattern"], value):
        yield _told(place, f"Should match the pattern {limits['pattern']}")


def _in_number(shape: Shape, value: float, place: str) -> Iterator[str]:
    limits = shape.metadata
    if value < limits.get("min", value):
        yield _told(place, f"Should be greater than or equal to {limits['min']}")
    if value > limits.get("max", value):
        yield _told(place, f"Should be less than or equal to {limits['max']}")


def _told(place: str, what: str) -> str:
    return f"{place or '/'}: {what}"


def _sent_as(name: str, shape: Shape) -> str:
    return str(shape.serialization.get("name", _lower(name)))


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
