"""Steps for any stack: every resource of a kind has a value, or none exists at all."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from pytest_bdd import parsers, then

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.terraform.links import configured
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, contains_unknown, is_unknown
from steps.support.kinds import all_of

KIND: Final = r"(?P<kind>[\w-]+(?: [\w-]+)*?)"
ATTRIBUTE: Final = r"(?P<attribute>[a-z][a-z0-9_]*(?:\.[\w-]+)*)"
_TYPE: Final = re.compile(r"[a-z][a-z0-9]*_[a-z0-9_*]+")
_EMPTY: Final[tuple[Value, ...]] = (None, "", [], {}, ())


@then(parsers.re(rf"every {KIND} has {ATTRIBUTE} set to (?P<value>.+)"))
def every_has(stack: Stack, evidence: Recorder, kind: str, attribute: str, value: str) -> None:
    """An attribute, by dotted path, has one value everywhere."""
    for resource in having(stack, evidence, kind, attribute):
        evidence.equal(resource, attribute, literal(value))


@then(parsers.re(rf"every {KIND} sets {ATTRIBUTE}"))
def every_sets(stack: Stack, evidence: Recorder, kind: str, attribute: str) -> None:
    """An attribute or block is there everywhere, and is not empty."""
    for resource in having(stack, evidence, kind, attribute):
        given = is_set(stack, resource, attribute)
        evidence.check(given, resource, attribute, expected="set")


@then(parsers.re(rf"no {KIND} sets {ATTRIBUTE}"))
def none_sets(stack: Stack, evidence: Recorder, kind: str, attribute: str) -> None:
    """An attribute or block is nowhere, or empty."""
    for resource in having(stack, evidence, kind, attribute):
        given = is_set(stack, resource, attribute)
        holds = None if given is None else not given
        evidence.check(holds, resource, attribute, expected="not set")


@then(
    parsers.re(
        rf"every {KIND} has {ATTRIBUTE} of at (?P<bound>least|most) (?P<value>\d+(?:\.\d+)?)"
    )
)
def every_is_bounded(
    stack: Stack, evidence: Recorder, kind: str, attribute: str, bound: str, value: str
) -> None:
    """A number is large or small enough everywhere."""
    limit = float(value)
    for resource in having(stack, evidence, kind, attribute):
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
    try:
        expression = re.compile(pattern)
    except re.error as problem:
        raise UndeterminedError(f"{pattern} is no regular expression ({problem})") from None
    for resource in having(stack, evidence, kind, attribute):
        found = resource.get(attribute)
        holds = None if is_unknown(found) else False
        if isinstance(found, str):
            holds = bool(expression.fullmatch(found))
        evidence.check(holds, resource, attribute, expected=f"text that matches {pattern}")


@then("no resource of these types exists:")
def no_resource_of_types(stack: Stack, evidence: Recorder, datatable: list[list[str]]) -> None:
    """No managed resource of the types in the first column, in which * stands for any text."""
    for pattern in first_column(datatable):
        if not _TYPE.fullmatch(pattern):
            raise UndeterminedError(
                f"{pattern!r} is no type of Terraform resource, such as aws_vpc or aws_route*"
            )
        found = [r for r in stack.managed() if fnmatchcase(r.type, pattern)]
        for resource in found:
            evidence.check(False, resource, expected=f"no {pattern}", found="it would be built")
        if not found:
            evidence.none_found(pattern, expected="none")


def first_column(datatable: list[list[str]]) -> list[str]:
    """The first cells of a table below its heading.

    Raises:
        UndeterminedError: the first row is no heading but what should be looked at.
    """
    heading = datatable[0][0] if datatable and datatable[0] else ""
    if re.search(r"[_*:]", heading) or len(datatable) < 2:
        raise UndeterminedError(
            f"the table has no heading, or nothing below it: put | type | above {heading}"
        )
    return [row[0] for row in datatable[1:]]


def table_of(datatable: list[list[str]], *columns: str) -> list[list[str]]:
    """The rows of a table below its heading.

    Raises:
        UndeterminedError: it has other columns, or no rows.
    """
    if not datatable or tuple(datatable[0]) != columns:
        raise UndeterminedError(f"the table needs the heading | {' | '.join(columns)} |")
    if len(datatable) < 2:
        raise UndeterminedError("the table has nothing below its heading")
    return datatable[1:]


def having(stack: Stack, evidence: Recorder, kind: str, attribute: str) -> Iterator[Resource]:
    """The resources of a kind that have an attribute of that name, set or not.

    Terraform lists every attribute of a type, so one that is not listed is misspelt: that is
    written down as undecided, or a requirement on it would hold for no reason.
    """
    name = attribute.split(".")[0]
    for resource in all_of(stack, kind):
        if name in resource.values:
            yield resource
            continue
        near = difflib.get_close_matches(name, resource.values, n=1)
        hint = f"; the nearest is {near[0]}" if near else ""
        evidence.check(
            None,
            resource,
            attribute,
            expected=f"an attribute of {resource.type}",
            found=f"it has none called {name}{hint}",
        )


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
