"""Steps for any stack: every resource of a kind has a value, or none exists at all."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Final

from pytest_bdd import parsers, then

from planproof.links import configured
from planproof.recorder import Recorder
from planproof.stack import Resource, Stack
from planproof.values import Value, contains_unknown, is_unknown
from steps._kinds import all_of

KIND: Final = r"(?P<kind>[\w-]+(?: [\w-]+)*?)"
ATTRIBUTE: Final = r"(?P<attribute>[a-z][a-z0-9_]*(?:\.[\w-]+)*)"
_EMPTY: Final[tuple[Value, ...]] = (None, "", [], {}, ())


@then(parsers.re(rf"every {KIND} has {ATTRIBUTE} set to (?P<value>.+)"))
def every_has(stack: Stack, evidence: Recorder, kind: str, attribute: str, value: str) -> None:
    """An attribute, by dotted path, has one value everywhere."""
    for resource in all_of(stack, kind):
        evidence.equal(resource, attribute, literal(value))


@then(parsers.re(rf"every {KIND} sets {ATTRIBUTE}"))
def every_sets(stack: Stack, evidence: Recorder, kind: str, attribute: str) -> None:
    """An attribute or block is there everywhere, and is not empty."""
    for resource in all_of(stack, kind):
        given = is_set(stack, resource, attribute)
        evidence.check(given, resource, attribute, expected="set")


@then(parsers.re(rf"no {KIND} sets {ATTRIBUTE}"))
def none_sets(stack: Stack, evidence: Recorder, kind: str, attribute: str) -> None:
    """An attribute or block is nowhere, or empty."""
    for resource in all_of(stack, kind):
        given = is_set(stack, resource, attribute)
        holds = None if given is None else not given
        evidence.check(holds, resource, attribute, expected="not set")


@then(parsers.re(rf"every {KIND} has {ATTRIBUTE} of at (?P<bound>least|most) (?P<value>[\d.]+)"))
def every_is_bounded(
    stack: Stack, evidence: Recorder, kind: str, attribute: str, bound: str, value: str
) -> None:
    """A number is large or small enough everywhere."""
    limit = float(value)
    for resource in all_of(stack, kind):
        found = resource.get(attribute)
        holds: bool | None = None if is_unknown(found) else False
        if isinstance(found, (int, float)) and not isinstance(found, bool):
            holds = found >= limit if bound == "least" else found <= limit
        evidence.check(holds, resource, attribute, expected=f"at {bound} {value}")


@then(parsers.re(rf"every {KIND} has {ATTRIBUTE} matching (?P<pattern>.+)"))
def every_matches(
    stack: Stack, evidence: Recorder, kind: str, attribute: str, pattern: str
) -> None:
    """A text matches a regular expression everywhere, as a whole."""
    for resource in all_of(stack, kind):
        found = resource.get(attribute)
        holds = None if is_unknown(found) else bool(re.fullmatch(pattern, str(found or "")))
        evidence.check(holds, resource, attribute, expected=f"text that matches {pattern}")


@then("no resource of these types exists:")
def no_resource_of_types(stack: Stack, evidence: Recorder, datatable: list[list[str]]) -> None:
    """No managed resource of the types in the first column, in which * stands for any text."""
    for pattern in first_column(datatable):
        found = [r for r in stack.managed() if fnmatchcase(r.type, pattern)]
        for resource in found:
            evidence.check(False, resource, expected=f"no {pattern}", found="it would be built")
        if not found:
            evidence.none_found(pattern, expected="none")


def first_column(datatable: list[list[str]]) -> list[str]:
    """The first cells of a table below its heading."""
    return [row[0] for row in datatable[1:]]


def literal(text: str) -> Value:
    """A value as written in a feature: true, 7, "text", ["a"] as in JSON, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def is_set(stack: Stack, resource: Resource, attribute: str) -> bool | None:
    """Whether the sources set an attribute to something; None where it may turn out empty."""
    found = resource.get(attribute)
    if not contains_unknown(found):
        return found not in _EMPTY
    if not is_unknown(found):
        return True  # a block, or a collection, of which only a part is unknown
    return None if configured(stack, resource, attribute.split(".")[0]) else False
