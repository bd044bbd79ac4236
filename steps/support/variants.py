"""The same stack with another value for one of its variables."""

from __future__ import annotations

from typing import Protocol

from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Stack


class VariableNames(Protocol):
    """Which variable of the stack is which, as the options say."""

    suffix: str
    region: str
    alarm_topics: str


def variant(
    resolved_stacks: ResolvedStacks, name: str, variable: str, evidence: Recorder, what: str
) -> Stack | None:
    """The stack resolved with another value of ``variable``.

    A stack without that variable is the finding, and is recorded as such.

    Args:
        what: what the variable is for, as "to …".

    Raises:
        UndeterminedError: the stack could not be resolved that way.
    """
    if variable not in resolved_stacks.stack().variables:
        evidence.check(
            False,
            f"var.{variable}",
            expected=f"a variable {what}",
            found="the stack declares none of that name",
        )
        return None
    return resolved_stacks.stack(name)
