"""The last failures in the emulated account, as an addition to evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from planproof.emulation.account.model import Entry

_EXPECTED: Final = {"ConditionalCheckFailedException"}
"""Errors that a function handles: a conditional write that finds an existing record."""
_MOST: Final = 3
_LONGEST: Final = 900
_REASONS: Final = ("exception", "reason", "error", "trouble", "message")


def recent_failures(entries: Iterable[Entry]) -> str:
    """The last few failures, as the end of a sentence; "" without any."""
    described = [text for entry in entries if (text := _description(entry))]
    last = list(dict.fromkeys(described))[-_MOST:]
    return f"; recent failures: {'; '.join(last)}"[:_LONGEST] if last else ""


def _description(entry: Entry) -> str:
    detail = entry.detail
    if entry.outcome == "ok":
        return _last_line(str(detail.get("log", ""))) if detail.get("failed_items") else ""
    if detail.get("error") in _EXPECTED:
        return ""
    if text := detail.get("message") or detail.get("error_message") or detail.get("error"):
        return str(text)
    if fault := detail.get("fault"):
        return f"{fault}: {entry.what}"
    return f"{entry.who}: {entry.what} {entry.outcome}"


def _last_line(log: str) -> str:
    """The reason in the last log line of a function that returned failed messages."""
    lines = [line for line in log.splitlines() if line.strip()]
    if not lines:
        return "the function returned a failed message and logged nothing"
    try:
        line = json.loads(lines[-1])
    except ValueError:
        return lines[-1].strip()
    reasons = [line[name] for name in _REASONS if line.get(name)] if isinstance(line, dict) else []
    return str(reasons[0] if reasons else lines[-1]).strip().splitlines()[-1]
