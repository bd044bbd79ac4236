"""Structured logs: one JSON object a line, with the ids of whatever is being worked on."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

logger = logging.getLogger("video_pipeline")

_context: ContextVar[dict[str, Any] | None] = ContextVar("log_context", default=None)


class _JsonLines(logging.Formatter):
    """Line feeds in an object key or a traceback stay inside the JSON string."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname,
            "message": record.getMessage(),
            **(_context.get() or {}),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class _Stdout(logging.Handler):
    """Lambda ships stdout to CloudWatch Logs; the stream is looked up when a line is written."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stdout, flush=True)


_handler = _Stdout()
_handler.setFormatter(_JsonLines())


def configure(level: str) -> None:
    """Set the level (a name of the logging module; INFO if it is none) and the JSON format."""
    logger.addHandler(_handler)
    # The runtime's own root handler would print every line a second time.
    logger.propagate = False
    logger.setLevel(logging.getLevelNamesMapping().get(level.upper(), logging.INFO))


@contextmanager
def context(**fields: Any) -> Iterator[None]:
    """Add these fields to every line logged inside the block."""
    token = _context.set({**(_context.get() or {}), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def info(message: str, **fields: Any) -> None:
    """Something happened as it should."""
    logger.info(message, extra={"fields": fields})


def warning(message: str, **fields: Any) -> None:
    """Something will be tried again, or was not expected."""
    logger.warning(message, extra={"fields": fields})


def error(message: str, *, exc_info: bool = False, **fields: Any) -> None:
    """Somebody has to look; `exc_info` adds the traceback of the current exception."""
    logger.error(message, exc_info=exc_info, extra={"fields": fields})
