"""Serializes results of services that respond in JSON.

Only the members that a result has are visited. A serializer that visits every member of the service
model takes a quarter of a second for a page of MediaConvert jobs, whose model has thousands.
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
    """Whether a result goes into the body alone, not into headers, status or a payload."""
    if shape is None:
        return True
    return "payload" not in shape.serialization and not any(
        "location" in member.serialization for member in shape.members.values()
    )


def body_of(shape: Any, result: Mapping[str, Any]) -> bytes:
    """The body of a response.

    Args:
        shape: output shape of the operation; None if it has no output.
        result: by the names of the service model; unknown members are left out.
    """
    return json.dumps(_serialized(shape, result) if shape is not None else {}).encode()


def _serialized(shape: Any, value: Any) -> Any:
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        return {
            member.serialization.get("name", name): _serialized(member, value[name])
            for name in value
            if (member := shape.members.get(name)) is not None and value[name] is not None
        }
    if kind == "list":
        return [_serialized(shape.member, item) for item in value]
    if kind == "map":
        return {str(key): _serialized(shape.value, item) for key, item in value.items()}
    if kind == "timestamp":
        return _timestamp(shape, value)
    if kind == "blob":
        held = value if isinstance(value, bytes) else str(value).encode()
        return base64.b64encode(held).decode()
    return value


def _timestamp(shape: Any, value: Any) -> Any:
    """Seconds since the epoch, or ISO 8601 if the model requires it."""
    if not isinstance(value, datetime):
        return value
    if shape.serialization.get("timestampFormat") == "iso8601":
        return value.isoformat().replace("+00:00", "Z")
    seconds = value.timestamp()
    return int(seconds) if seconds == int(seconds) else seconds
