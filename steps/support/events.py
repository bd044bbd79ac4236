"""Whether an EventBridge pattern matches state changes of MediaConvert jobs.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_event_list.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from planproof.values import Truth, Value, is_unknown

JOB_STATES: Final = {"source": "aws.mediaconvert", "detail-type": "MediaConvert Job State Change"}
"""Top-level fields of every such event."""


def may_match(pattern: Value, event: Mapping[str, str]) -> Truth:
    """Whether a pattern (JSON) matches such events; None for an unknown pattern.

    False for a pattern that names none of the event's fields, since it matches any event.
    """
    if is_unknown(pattern):
        return None
    try:
        wanted = json.loads(pattern) if isinstance(pattern, str) else None
    except ValueError:
        return False
    if not isinstance(wanted, Mapping) or not any(name in wanted for name in event):
        return False
    return all(_accepts(wanted[name], text) for name, text in event.items() if name in wanted)


def _accepts(matchers: Any, text: str) -> bool:
    return isinstance(matchers, list) and any(_accepts_one(one, text) for one in matchers)


def _accepts_one(matcher: Any, text: str) -> bool:
    if not isinstance(matcher, Mapping):
        return bool(matcher == text)
    for operator, operand in matcher.items():
        if operator == "exists":
            return bool(operand)
        if isinstance(operand, str):
            if operator == "prefix":
                return text.startswith(operand)
            if operator == "suffix":
                return text.endswith(operand)
            if operator == "equals-ignore-case":
                return text.lower() == operand.lower()
            if operator == "wildcard":
                return fnmatchcase(text, operand.replace("[", "[[]").replace("?", "[?]"))
        if operator == "anything-but":
            refused = operand if isinstance(operand, list) else [operand]
            return not any(_accepts_one(one, text) for one in refused)
    return False
