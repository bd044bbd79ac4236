"""Can a copy of the stack live beside it?"""

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
from steps.support.variants import VariableNames, variant


@given("the same stack with another environment suffix", target_fixture="copy")
def stack_with_other_suffix(
    resolved_stacks: ResolvedStacks, variable_names: VariableNames, evidence: Recorder
) -> Stack | None:
    """The stack resolved again, as another environment would have it."""
    what = "that keeps the names of environments apart"
    return variant(resolved_stacks, "another suffix", variable_names.suffix, evidence, what)


@then("no physical name is the same in both")
def no_shared_name(
    stack: Stack, copy: Stack, variable_names: VariableNames, evidence: Recorder
) -> None:
    """Every name the sources give differs from all names of its type in the copy."""
    expected = f"a name that changes with var.{variable_names.suffix}"
    for comparison in compare_names(stack, copy):
        name = comparison.name
        found = f"{name.value} in both" if comparison.differs is False else name.value
        evidence.check(
            comparison.differs, name.resource, name.attribute, expected=expected, found=found
        )


@then("nothing in the copy names what belongs to the first")
def copy_keeps_to_itself(
    stack: Stack, copy: Stack, variable_names: VariableNames, evidence: Recorder
) -> None:
    """No text of the copy, nor of a document in one, is or holds a name or an ARN of a resource of
    the first stack that the copy has of its own."""
    names = _of_the_first(stack, copy)
    named = _any_of(names)
    looked, clean = 0, True
    for resource in copy.managed():
        for path, text in texts_of(copy, resource):
            looked += 1
            if is_unknown(text):
                clean = False
                expected = "nothing that belongs to the first"
                evidence.check(None, resource, path, expected=expected, found=text)
            elif match := named.search(text):
                clean = False
                expected = f"what var.{variable_names.suffix} makes of {names[match[0]]}"
                evidence.check(False, resource, path, expected=expected, found=text)
    if clean:
        expected = "no text that names a resource of the first"
        found = f"none of {len(names)} names and ARNs in {looked} texts"
        evidence.check(bool(names) or None, "the copy", expected=expected, found=found)


def _of_the_first(stack: Stack, copy: Stack) -> dict[str, str]:
    """Name or ARN → address, of what has another one in the copy."""
    found: dict[str, str] = {}
    for name in physical_names(stack):
        twin = copy.get(name.resource.address)
        for attribute in (name.attribute, "arn"):
            text = name.resource.get(attribute)
            if isinstance(text, str) and text and (twin is None or twin.get(attribute) != text):
                found.setdefault(text, name.resource.address)
    return found


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Finds one of these in a text, as a word of its own; the longest where several begin there."""
    longest = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest)) or '(?!)'})(?![\w-])")
