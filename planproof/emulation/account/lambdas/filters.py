"""Filters the messages of an event source mapping (FilterCriteria).

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_MISSING = object()
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


class FilterSyntaxError(ValueError):
    """A pattern that AWS rejects, or that is not supported here."""


class MessageFilter:
    """The patterns of a mapping: a message passes if it matches one, or if there are none.

    Raises:
        FilterSyntaxError: a pattern is invalid or not supported.
    """

    def __init__(self, criteria: Mapping[str, Any] | None) -> None:
        self._patterns = [_pattern(f) for f in (criteria or {}).get("Filters") or ()]

    def passes(self, record: Mapping[str, Any]) -> bool:
        """Whether a record of Lambda's event passes; a JSON body is matched by its fields."""
        if not self._patterns:
            return True
        try:
            body = json.loads(record["body"])
        except ValueError:
            body = record["body"]
        if not isinstance(body, dict):
            body = record["body"]
        matched = {**record, "body": body}
        return any(_matches(pattern, matched) for pattern in self._patterns)


def _pattern(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        pattern = json.loads(entry["Pattern"])
    except (KeyError, TypeError, ValueError):
        raise FilterSyntaxError(f"the filter {entry!r} has no JSON pattern") from None
    if not isinstance(pattern, dict):
        raise FilterSyntaxError(f"the pattern {pattern!r} is not a JSON object")
    _check(pattern)
    return pattern


def _check(pattern: Mapping[str, Any]) -> None:
    for name, wanted in pattern.items():
        if name == "$or":
            if not isinstance(wanted, list) or not all(isinstance(p, dict) for p in wanted):
                raise FilterSyntaxError("$or takes a list of patterns")
            for alternative in wanted:
                _check(alternative)
        elif isinstance(wanted, dict):
            _check(wanted)
        elif isinstance(wanted, list) and wanted:
            for condition in wanted:
                _accepts(condition, _MISSING)
        else:
            raise FilterSyntaxError(f"{name!r} takes a list of values or a pattern, not {wanted!r}")


def _matches(pattern: Mapping[str, Any], value: Any) -> bool:
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(_matches(alternative, value) for alternative in wanted):
                return False
            continue
        inner = value.get(name, _MISSING) if isinstance(value, Mapping) else _MISSING
        if isinstance(wanted, Mapping):
            if not _matches(wanted, inner):
                return False
        elif not any(_accepts(condition, found) for condition in wanted for found in _each(inner)):
            return False
    return True


def _each(value: Any) -> Sequence[Any]:
    """The elements of an array, any of which may match, or the value itself."""
    return (value or (_MISSING,)) if isinstance(value, list) else (value,)


def _accepts(condition: Any, value: Any) -> bool:
    if not isinstance(condition, Mapping):
        if isinstance(condition, list):
            raise FilterSyntaxError(f"a list of values must not contain a list: {condition!r}")
        same = type(condition) is type(value) or _numbers(condition, value)
        return same and bool(condition == value)
    if len(condition) != 1:
        raise FilterSyntaxError(f"a condition takes one comparison, not {dict(condition)!r}")
    ((kind, wanted),) = condition.items()
    if kind == "exists" and isinstance(wanted, bool):
        return (value is not _MISSING and not isinstance(value, Mapping)) is wanted
    if kind in ("prefix", "suffix", "equals-ignore-case") and isinstance(wanted, str):
        return isinstance(value, str) and _text(kind, wanted, value)
    if kind == "numeric" and isinstance(wanted, list):
        return _numeric(wanted, value)
    if kind == "anything-but":
        listed = wanted if isinstance(wanted, list) else [wanted]
        matched = [_accepts(one, value) for one in listed]
        return value is not _MISSING and not any(matched)
    raise FilterSyntaxError(f"the comparison {dict(condition)!r} is not supported here")


def _text(kind: str, wanted: str, value: str) -> bool:
    if kind == "prefix":
        return value.startswith(wanted)
    return value.endswith(wanted) if kind == "suffix" else value.lower() == wanted.lower()


def _numeric(wanted: Sequence[Any], value: Any) -> bool:
    if not wanted or len(wanted) % 2:
        raise FilterSyntaxError(f"numeric takes pairs of a comparison and a number, not {wanted!r}")
    result = _numbers(value, 0)
    for sign, number in zip(wanted[::2], wanted[1::2], strict=True):
        if sign not in _COMPARED or not _numbers(number, 0):
            raise FilterSyntaxError(f"numeric cannot compare by {sign!r} with {number!r}")
        result = result and _COMPARED[sign](value, number)
    return result


def _numbers(*values: Any) -> bool:
    return all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
