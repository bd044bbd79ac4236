"""Steps for any stack: attributes of every resource of a kind, and types that must not exist."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial
from typing import Final

from pytest_bdd import parsers, then

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.terraform.links import configured
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, Value, contains_unknown, is_unknown, negate
from steps.support.kinds import resources_of_kind
from steps.support.tables import first_column

KIND: Final = r"(?P<kind>[\w-]+(?: [\w-]+)*?)"
ATTRIBUTE: Final = r"(?P<attribute>[a-z][a-z0-9_]*(?:\.[\w-]+)*)"
_TYPE: Final = re.compile(r"[a-z][a-z0-9]*_[a-z0-9_*]+")
_EMPTY: Final[tuple[Value, ...]] = (None, "", [], {}, ())


@then(parsers.re(rf"every {KIND} has {ATTRIBUTE} set to (?P<value>.+)"))
def every_has(stack: Stack, evidence: Recorder, kind: str, attribute: str, value: str) -> None:
    """An attribute, by dotted path, has the value in every resource."""
    for resource in having(stack, evidence, kind, attribute):
        evidence.equal(resource, attribute, literal(value))


@then(parsers.re(rf"every {KIND} sets {ATTRIBUTE}"))
def every_sets(stack: Stack, evidence: Recorder, kind: str, attribute: str) -> None:
    """An attribute or block is set and not empty in every resource."""
    for resource in having(stack, evidence, kind, attribute):
        holds = is_set(stack, resource, attribute)
        evidence.check(holds, resource, attribute, expected="set")


@then(parsers.re(rf"no {KIND} sets {ATTRIBUTE}"))
def none_sets(stack: Stack, evidence: Recorder, kind: str, attribute: str) -> None:
    """An attribute or block is unset or empty in every resource."""
    for resource in having(stack, evidence, kind, attribute):
        holds = negate(is_set(stack, resource, attribute))
        evidence.check(holds, resource, attribute, expected="not set")


@then(
    parsers.re(
        rf"every {KIND} has {ATTRIBUTE} of at (?P<bound>least|most) (?P<value>\d+(?:\.\d+)?)"
    )
)
def every_is_bounded(
    stack: Stack, evidence: Recorder, kind: str, attribute: str, bound: str, value: str
) -> None:
    """A number has the bound in every resource."""
    limit = float(value)
    for resource in having(stack, evidence, kind, attribute):
        found = resource.get(attribute)
        holds: Truth = None if is_unknown(found) else False
        if isinstance(found, (int, float)) and not isinstance(found, bool):
            holds = found >= limit if bound == "least" else found <= limit
        evidence.check(holds, resource, attribute, expected=f"at {bound} {value}")


@then(parsers.re(rf"every {KIND} has {ATTRIBUTE} matching (?P<pattern>.+)"))
def every_matches(
    stack: Stack, evidence: Recorder, kind: str, attribute: str, pattern: str
) -> None:
    """A string matches a regular expression, as a whole, in every resource."""
    try:
        expression = re.compile(pattern)
    except re.error as problem:
        raise UndeterminedError(f"{pattern} is not a valid regular expression: {problem}") from None
    for resource in having(stack, evidence, kind, attribute):
        found = resource.get(attribute)
        holds = None if is_unknown(found) else False
        if isinstance(found, str):
            holds = bool(expression.fullmatch(found))
        evidence.check(holds, resource, attribute, expected=f"a string that matches {pattern}")


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


def having(stack: Stack, evidence: Recorder, kind: str, attribute: str) -> Iterator[Resource]:
    """The resources of a kind whose type has an attribute of that name, set or not.

    Terraform lists every attribute of a type, so a name that is not listed is misspelt. It is
    recorded as undetermined; otherwise "no … sets …" would pass for a misspelt name.
    """
    name = attribute.split(".")[0]
    for resource in resources_of_kind(stack, kind):
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
            found=f"no attribute called {name}{hint}",
        )


def literal(text: str) -> Value:
    """A value in a feature: JSON such as true, 7, "text" or ["a"], else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def is_set(stack: Stack, resource: Resource, attribute: str) -> Truth:
    """Whether an attribute has a value that is not empty; None where that is not known yet."""
    found = resource.get(attribute)
    if not contains_unknown(found):
        return found not in _EMPTY
    if not is_unknown(found):
        return True  # a block or collection that is only partly unknown
    return None if configured(stack, resource, attribute.split(".")[0]) else False
