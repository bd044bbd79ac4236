"""Compares a resolved stack with the values that AWS would give, written beside its sources.

``expected.toml`` in the folder of a stack has up to four tables, each with addresses of resources:

- ``known``: attribute path → the value. In a text, ``*`` stands for a part that AWS assigns.
- ``unknown``: the attribute paths that nobody knows before the stack is built.
- ``same``: attribute path → ``ADDRESS PATH`` of the attribute that has the same known value.
- ``count``: attribute path → the number of elements.

The parts of a path are separated by ``/``. A path goes on into a text that is a JSON document.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from planproof.stand_ins import is_assigned, is_unknown_text, without_unknown
from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Value, is_unknown

# What Terraform invents for a text that nothing is given for.
# Source: https://developer.hashicorp.com/terraform/language/tests/mocking
_INVENTED = re.compile(r"[a-z0-9]{8}")
TABLES = ("known", "unknown", "same", "count")
_MISSING = object()

Expected = Mapping[str, Mapping[str, Any]]


def read_expected(folder: Path) -> Expected:
    """The expected values of a stack.

    Raises:
        ValueError: the file has a table that nothing reads, or expects nothing.
    """
    expected = tomllib.loads((folder / "expected.toml").read_text("utf-8"))
    if unread := expected.keys() - set(TABLES):
        raise ValueError(f"{folder.name}: nothing reads {sorted(unread)}")
    if not expected.get("known") or not expected.get("unknown"):
        raise ValueError(f"{folder.name} expects no known value, or no unknown one")
    return expected


def differences(stack: Stack, expected: Expected) -> list[str]:
    """Where a stack differs from what is expected of it, one text each."""
    found: list[str] = []
    for address, path, value in _entries(expected.get("known", {})):
        actual = value_at(stack, address, path)
        if not _equal(actual, value):
            found.append(f"{address} {path}: expected {value!r}, found {_shown(actual)}")
    for address, paths in expected.get("unknown", {}).items():
        for path in paths:
            actual = value_at(stack, address, path)
            if not is_unknown(actual):
                found.append(f"{address} {path}: expected UNKNOWN, found {_shown(actual)}")
    for address, path, other in _entries(expected.get("same", {})):
        other_address, _, other_path = other.rpartition(" ")
        actual = value_at(stack, address, path)
        wanted = value_at(stack, other_address, other_path)
        if is_unknown(actual) or actual is None or actual is _MISSING or actual != wanted:
            found.append(f"{address} {path}: expected {_shown(wanted)}, found {_shown(actual)}")
    for address, path, count in _entries(expected.get("count", {})):
        actual = value_at(stack, address, path)
        if not isinstance(actual, (Sequence, Mapping)) or len(actual) != count:
            found.append(f"{address} {path}: expected {count} elements, found {_shown(actual)}")
    return found


def _entries(table: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    for address, values in table.items():
        for path, value in values.items():
            yield address, path, value


def value_at(stack: Stack, address: str, path: str) -> Value:
    """The value at a path; UNKNOWN where a part of the path is."""
    resource = stack.get(address)
    here: Value = _MISSING if resource is None else resource.values
    for step in path.split("/"):
        if isinstance(here, str):
            document = here.lstrip()[:1] in ("{", "[")
            here = without_unknown(json.loads(here)) if document else _MISSING
        if is_unknown(here):
            return UNKNOWN
        if isinstance(here, Mapping):
            here = here.get(step, _MISSING)
        elif isinstance(here, Sequence) and step.isdigit() and int(step) < len(here):
            here = here[int(step)]
        else:
            return _MISSING
    return here


def _equal(actual: Value, expected: Any) -> bool:
    if is_unknown(actual):
        return False
    if isinstance(expected, str) and isinstance(actual, str) and "*" in expected:
        # "\*" is an asterisk of the value itself.
        parts = re.split(r"(?<!\\)\*", expected)
        pattern = "(.+)".join(re.escape(part.replace("\\*", "*")) for part in parts)
        match = re.fullmatch(pattern, actual)
        return match is not None and all(is_assigned(part) for part in match.groups())
    if isinstance(expected, list) and isinstance(actual, Sequence) and not isinstance(actual, str):
        pairs = zip(actual, expected, strict=False)
        return len(actual) == len(expected) and all(_equal(*pair) for pair in pairs)
    if isinstance(expected, dict) and isinstance(actual, Mapping):
        return actual.keys() == expected.keys() and all(
            _equal(actual[key], value) for key, value in expected.items()
        )
    return type(actual) is type(expected) and bool(actual == expected)


def _shown(value: Value) -> str:
    return "nothing there" if value is _MISSING else repr(value)


def invented_texts(stack: Stack, sources: str) -> list[str]:
    """The known texts that are, or contain, what stands for an unknown text.

    Args:
        sources: everything that a short text may come from: sources, plan, documented defaults.
    """
    found = []
    for resource in stack:
        for path, text in _texts(resource.values, ""):
            short = _INVENTED.fullmatch(text) is not None and text not in sources
            if is_unknown_text(text) or short:
                found.append(f"{resource.address} {path}: {text}")
    return found


def _texts(value: Value, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        policy = _policy_in(value)
        if policy is None:
            yield path, value
            return
        value = policy
    items: Iterable[tuple[Any, Value]] = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, Sequence):
        items = enumerate(value)
    for key, item in items:
        yield from _texts(item, f"{path}/{key}".strip("/"))


def _policy_in(text: str) -> Value:
    """The policy document in a text, which keeps the unknown texts in it; None in another text."""
    try:
        document = json.loads(text) if text.lstrip()[:1] == "{" else {}
    except ValueError:
        return None
    return without_unknown(document) if "Statement" in document else None
