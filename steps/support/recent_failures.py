"""What went wrong in the account lately, in the words of those to whom it did?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from planproof.emulation.account.model import Entry

_EXPECTED: Final = {"ConditionalCheckFailedException"}
"""What a function asks DynamoDB to answer, so that it learns what is on record already."""
_MOST: Final = 3
_LONGEST: Final = 900
_REASONS: Final = ("exception", "reason", "error", "trouble", "message")


def story(entries: Iterable[Entry]) -> str:
    """The last few things that went wrong, as the end of a sentence; "" where nothing did."""
    said = list(dict.fromkeys(told for entry in entries if (told := _told(entry))))
    return f"; lately: {'; '.join(said[-_MOST:])}"[:_LONGEST] if said else ""


def _told(entry: Entry) -> str:
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
    """What a function said last of messages that it named as failed."""
    lines = [line for line in log.splitlines() if line.strip()]
    if not lines:
        return "the function named a message as failed, and did not say why"
    try:
        said = json.loads(lines[-1])
    except ValueError:
        return lines[-1].strip()
    found = [said[name] for name in _REASONS if said.get(name)] if isinstance(said, dict) else []
    if not found:
        return lines[-1].strip()
    return str(found[0]).strip().splitlines()[-1]
