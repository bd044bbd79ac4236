"""Whether a copy with another suffix shares no name with the stack."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_bdd import given, then

from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.physical_names import compare_names, physical_names
from planproof.terraform.stack import Stack
from planproof.values import is_unknown
from steps.support.texts import texts_of
from steps.support.variants import VariableNames, resolve_variant


@given("the same stack with another environment suffix", target_fixture="copy")
def stack_with_other_suffix(
    stacks: ResolvedStacks, variable_names: VariableNames, evidence: Recorder
) -> Stack | None:
    """The stack resolved with another suffix."""
    purpose = "for the suffix of physical names"
    return resolve_variant(stacks, "another suffix", variable_names.suffix, evidence, purpose)


@then("no physical name is the same in both")
def no_shared_name(
    stack: Stack, copy: Stack, variable_names: VariableNames, evidence: Recorder
) -> None:
    """Every physical name in the sources differs from all names of its type in the copy."""
    expected = f"a name that changes with var.{variable_names.suffix}"
    for comparison in compare_names(stack, copy):
        name = comparison.name
        found = f"{name.value} in both" if comparison.differs is False else name.value
        evidence.check(
            comparison.differs, name.resource, name.attribute, expected=expected, found=found
        )


@then("nothing in the copy names what belongs to the first")
def copy_names_only_its_own(
    stack: Stack, copy: Stack, variable_names: VariableNames, evidence: Recorder
) -> None:
    """No string of the copy, JSON documents included, contains the name or ARN of a resource that
    belongs only to the first stack."""
    names = _names_of_first(stack, copy)
    pattern = _any_name(names)
    count, clean = 0, True
    for resource in copy.managed():
        for path, text in texts_of(copy, resource):
            count += 1
            if is_unknown(text):
                clean = False
                expected = "no name of the first stack"
                evidence.check(None, resource, path, expected=expected, found=text)
            elif match := pattern.search(text):
                clean = False
                expected = f"the name of {names[match[0]]} with this var.{variable_names.suffix}"
                evidence.check(False, resource, path, expected=expected, found=text)
    if clean:
        expected = "no string with a name of the first stack"
        found = f"none of {len(names)} names and ARNs in {count} strings"
        evidence.check(bool(names) or None, "the copy", expected=expected, found=found)


def _names_of_first(stack: Stack, copy: Stack) -> dict[str, str]:
    """Name or ARN → address, for the resources with another one in the copy."""
    found: dict[str, str] = {}
    for name in physical_names(stack):
        twin = copy.get(name.resource.address)
        for attribute in (name.attribute, "arn"):
            text = name.resource.get(attribute)
            if isinstance(text, str) and text and (twin is None or twin.get(attribute) != text):
                found.setdefault(text, name.resource.address)
    return found


def _any_name(names: Iterable[str]) -> re.Pattern[str]:
    """Matches one of the names as a whole word; the longest where several match."""
    longest = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest)) or '(?!)'})(?![\w-])")
