"""Can a copy of the stack live beside it?"""

from __future__ import annotations

from pytest_bdd import given, then

from planproof.inquiry import Inquiry
from planproof.physical_names import compare_names
from planproof.recorder import Recorder
from planproof.stack import Stack
from steps._variants import VariableNames, variant


@given("the same stack with another environment suffix", target_fixture="copy")
def stack_with_other_suffix(
    inquiry: Inquiry, variable_names: VariableNames, evidence: Recorder
) -> Stack | None:
    """The stack resolved again, as another environment would have it."""
    what = "that keeps the names of environments apart"
    return variant(inquiry, "another suffix", variable_names.suffix, evidence, what)


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
