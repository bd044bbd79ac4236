"""The result of the analysis: the operations that a package calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from planproof.values import Unknown


class TargetName(NamedTuple):
    """A name by which the code refers to the resource that a call targets.

    Attributes:
        kind: a ``variable`` of the environment, or a ``constant`` of the code.
        text: the name of the variable, or the constant itself.
        default: the value that the code uses if the variable is not set: a text, UNKNOWN, or None
            if there is no default.
        is_segment: whether it is one part of a longer text, such as a URL or an ARN.
    """

    kind: Literal["variable", "constant"]
    text: str
    default: str | Unknown | None = None
    is_segment: bool = False


TargetNames = tuple[TargetName, ...] | None
"""All possible names of a target; empty if the operation has none, None if they are unknown."""


@dataclass(frozen=True, slots=True)
class SdkCall:
    """One operation called at one place on one target.

    A copy is two calls, of what it reads and of what it writes.

    Attributes:
        service: botocore's name of the service: ``dynamodb``.
        operation: as AWS spells it: ``UpdateItem``.
        file: path in the package.
        line: from 1.
        only_action: the one IAM action of the operation that this call needs, such as the read of
            a copy or the write of one part of a transaction; "" for all of them.
        target_names: the possible names of the target.
        is_cleanup: whether boto3 calls it only to clean up, so that nothing is lost without it.
        arn_suffix: what follows the resource's ARN if the call targets a part of it:
            ``/index/Status``; ``*`` stands for what is unknown.
    """

    service: str
    operation: str
    file: str
    line: int
    only_action: str = ""
    target_names: TargetNames = None
    is_cleanup: bool = False
    arn_suffix: str = ""


@dataclass(frozen=True, slots=True)
class SdkCalls:
    """The operations that a package calls.

    Attributes:
        calls: sorted; each operation once per place and target.
        unread: a sentence for each reason why ``calls``, or their actions, may be incomplete;
            empty if they are complete.
    """

    calls: tuple[SdkCall, ...]
    unread: tuple[str, ...]

    def operations(self, service: str) -> frozenset[str]:
        """The operations of one service, by botocore's name of it."""
        return frozenset(call.operation for call in self.calls if call.service == service)
