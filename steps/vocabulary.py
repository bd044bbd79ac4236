"""Steps for any stack: attributes of every resource of a kind, and types that must not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial
from typing import Final

from pytest_bdd import parsers, then

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.terraform.attribute_paths import PATH, Element, elements_at, equals
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, is_unknown, negate
from steps.support.kinds import resources_of_kind
from steps.support.tables import first_column

KIND: Final = r"(?P<kind>[\w-]+(?: [\w-]+)*?)"
ATTRIBUTE: Final = rf"(?P<attribute>{PATH})"
_TYPE: Final = re.compile(r"[a-z][a-z0-9]*_[a-z0-9_*]+")


@then(parsers.re(rf"every {KIND} has {ATTRIBUTE} set to (?P<value>.+)"))
def every_has(stack: Stack, evidence: Recorder, kind: str, attribute: str, value: str) -> None:
    """Everything that the path speaks of has the value, in every resource."""
    for resource, element in speaking_of(stack, evidence, kind, attribute):
        absent = value == "null" and not isinstance(element.value, str)
        expected = "not set" if absent else value
        evidence.element(equals(element.value, value), resource, element, expected=expected)


@then(parsers.re(rf"every {KIND} sets {ATTRIBUTE}"))
def every_sets(stack: Stack, evidence: Recorder, kind: str, attribute: str) -> None:
    """Everything that the path speaks of is set and not empty, in every resource."""
    for resource, element in speaking_of(stack, evidence, kind, attribute):
        evidence.element(element.present, resource, element, expected="set")


@then(parsers.re(rf"no {KIND} sets {ATTRIBUTE}"))
def none_sets(stack: Stack, evidence: Recorder, kind: str, attribute: str) -> None:
    """Nothing that the path speaks of is set, or all of it is empty, in every resource."""
    for resource, element in speaking_of(stack, evidence, kind, attribute):
        evidence.element(negate(element.present), resource, element, expected="not set")


@then(
    parsers.re(
        rf"every {KIND} has {ATTRIBUTE} of at (?P<bound>least|most) (?P<value>\d+(?:\.\d+)?)"
    )
)
def every_is_bounded(
    stack: Stack, evidence: Recorder, kind: str, attribute: str, bound: str, value: str
) -> None:
    """Every number that the path speaks of has the bound. A text is no number."""
    limit = float(value)
    for resource, element in speaking_of(stack, evidence, kind, attribute):
        number = element.value
        holds: Truth = None if is_unknown(number) else False
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            holds = number >= limit if bound == "least" else number <= limit
        text = f'the text "{number}"' if isinstance(number, str) else None
        evidence.element(holds, resource, element, expected=f"at {bound} {value}", found=text)


@then(parsers.re(rf"every {KIND} has {ATTRIBUTE} matching (?P<pattern>.+)"))
def every_matches(
    stack: Stack, evidence: Recorder, kind: str, attribute: str, pattern: str
) -> None:
    """Every text that the path speaks of matches a regular expression, as a whole."""
    try:
        expression = re.compile(pattern)
    except re.error as problem:
        raise UndeterminedError(f"{pattern} is not a valid regular expression: {problem}") from None
    for resource, element in speaking_of(stack, evidence, kind, attribute):
        holds = None if is_unknown(element.value) else False
        if isinstance(element.value, str):
            holds = bool(expression.fullmatch(element.value))
        expected = f"a string that matches {pattern}"
        evidence.element(holds, resource, element, expected=expected)


@then("no resource of these types exists:")
def no_resource_of_types(stack: Stack, evidence: Recorder, datatable: list[list[str]]) -> None:
    """No managed resource of the types in the first column; * is a wildcard."""
    for pattern in first_column(datatable):
        if not _TYPE.fullmatch(pattern):
            raise UndeterminedError(
                f"{pattern!r} is not a Terraform resource type, such as aws_vpc or aws_route*"
            )
        found = stack.managed_where(partial(fnmatchcase, pat=pattern))
        for resource in found:
            evidence.check(False, resource, expected=f"no {pattern}", found="it would be created")
        if not found:
            evidence.none_found(pattern, expected="none")


def speaking_of(
    stack: Stack, evidence: Recorder, kind: str, path: str
) -> Iterator[tuple[Resource, Element]]:
    """What a path speaks of in every resource of a kind.

    A path that cannot lead there, such as one with a misspelt name, is recorded as undetermined;
    otherwise "no … sets …" would pass for it.
    """
    for resource in resources_of_kind(stack, kind):
        for element in elements_at(stack, resource, path):
            if element.problem:
                expected = f"an attribute of {resource.type}"
                evidence.element(None, resource, element, expected=expected)
            else:
                yield resource, element
