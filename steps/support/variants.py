"""The same stack with another value for one of its variables."""

from __future__ import annotations

from dataclasses import dataclass

from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Stack


@dataclass(frozen=True, slots=True)
class VariableNames:
    """The names of the Terraform variables that the requirements set.

    Attributes:
        suffix: the suffix of physical names, different for each environment.
        region: the AWS region.
        alarm_topics: the ARNs of the SNS topics that alarms notify.
    """

    suffix: str
    region: str
    alarm_topics: str


def resolve_variant(
    stacks: ResolvedStacks, name: str, variable: str, evidence: Recorder, purpose: str
) -> Stack | None:
    """The stack resolved with another value of ``variable``.

    A stack that does not declare the variable fails the step.

    Args:
        purpose: what the variable is for, as "for …".

    Raises:
        UndeterminedError: the stack could not be resolved that way.
    """
    if variable not in stacks.stack().variables:
        evidence.check(
            False,
            f"var.{variable}",
            expected=f"a variable {purpose}",
            found="the stack declares no such variable",
        )
        return None
    return stacks.stack(name)
