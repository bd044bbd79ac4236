"""Frames between a run and the process of a function: JSON, preceded by its length in bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

TASK_ROOT = "/var/task"
"""Where Lambda unpacks a package; replaces the local folder in messages."""
_LENGTH_DIGITS = 10


def frame(message: Mapping[str, Any]) -> bytes:
    """The frame of a message."""
    body = json.dumps(plain(message)).encode()
    return f"{len(body):0{_LENGTH_DIGITS}d}".encode() + body


def read_frame(read: Callable[[int], bytes]) -> dict[str, Any] | None:
    """The next message; None at the end of the stream.

    Args:
        read: returns up to a number of bytes, none at the end.
    """
    length = _exactly(read, _LENGTH_DIGITS)
    body = _exactly(read, int(length)) if length else None
    if body is None:
        return None
    message: dict[str, Any] = json.loads(body)
    return message


def _exactly(read: Callable[[int], bytes], count: int) -> bytes | None:
    parts: list[bytes] = []
    while count:
        part = read(count)
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def plain(value: Any) -> Any:
    """A value as JSON can hold it: times, DynamoDB numbers and others become strings."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, (str, bool, int, float, type(None))):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "backslashreplace")
    return str(value)
