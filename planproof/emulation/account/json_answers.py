"""How does a service that answers in JSON write a result?

Only what a result has is written. A serializer that asks for every member of the service model
takes a quarter of a second for a page of MediaConvert's jobs, whose settings have thousands.
https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

PROTOCOLS = ("json", "rest-json")


def is_plain(shape: Any) -> bool:
    """Whether a result is all body: none of it goes into headers, the status or a payload."""
    if shape is None:
        return True
    return "payload" not in shape.serialization and not any(
        "location" in member.serialization for member in shape.members.values()
    )


def body_of(shape: Any, result: Mapping[str, Any]) -> bytes:
    """The body of a response.

    Args:
        shape: the output of the operation; None for one that answers nothing.
        result: by the names of the service model; what the model does not know is left out.
    """
    return json.dumps(_written(shape, result) if shape is not None else {}).encode()


def _written(shape: Any, value: Any) -> Any:
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        return {
            member.serialization.get("name", name): _written(member, value[name])
            for name in value
            if (member := shape.members.get(name)) is not None and value[name] is not None
        }
    if kind == "list":
        return [_written(shape.member, item) for item in value]
    if kind == "map":
        return {str(key): _written(shape.value, item) for key, item in value.items()}
    if kind == "timestamp":
        return _moment(shape, value)
    if kind == "blob":
        held = value if isinstance(value, bytes) else str(value).encode()
        return base64.b64encode(held).decode()
    return value


def _moment(shape: Any, value: Any) -> Any:
    """Seconds since the epoch, unless the model asks for a text."""
    if not isinstance(value, datetime):
        return value
    if shape.serialization.get("timestampFormat") == "iso8601":
        return value.isoformat().replace("+00:00", "Z")
    seconds = value.timestamp()
    return int(seconds) if seconds == int(seconds) else seconds
