"""What does a package call, and which actions does that need?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from planproof.aws.api_actions import actions_of
from planproof.values import Unknown


class About(NamedTuple):
    """What may name the resource that a call is about.

    Attributes:
        kind: a ``variable`` of the environment, or a ``constant`` of the code.
        text: the name of the variable, or the constant itself.
        default: what the code takes for a variable that is not set: a text, UNKNOWN, or None if
            it takes nothing.
        is_segment: whether it is one part of a longer text, such as a URL or an ARN.
    """

    kind: Literal["variable", "constant"]
    text: str
    default: str | Unknown | None = None
    is_segment: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One operation at one place, about one thing: a copy is two, of what it reads and writes.

    Attributes:
        service: botocore's name of the service: ``dynamodb``.
        operation: as AWS spells it: ``UpdateItem``.
        file: path in the package.
        line: from 1.
        only: the one action of its operation that is meant: what a copy reads, or what one part
            of a transaction writes. "" for all of them.
        about: what its resource may be named by; empty for an operation that names none, None
            where that cannot be told.
        is_spare: whether boto3 makes it only to clean up, so that nothing is lost without it.
        within: what the resource's ARN goes on with where only a part of it is asked:
            ``/index/Status``; with a ``*`` for what cannot be told.
    """

    service: str
    operation: str
    file: str
    line: int
    only: str = ""
    about: tuple[About, ...] | None = None
    is_spare: bool = False
    within: str = ""

    @property
    def place(self) -> tuple[str, str, str, int, str]:
        """What is called, where."""
        return (self.service, self.operation, self.file, self.line, self.only)


@dataclass(frozen=True, slots=True)
class Calls:
    """What a package calls.

    Attributes:
        made: in order, each operation once a place for all that it is about there.
        unread: a sentence for each reason why ``made``, or its actions, may be incomplete; empty
            if they are complete.
    """

    made: tuple[Call, ...]
    unread: tuple[str, ...]

    def operations(self, service: str) -> frozenset[str]:
        """The operations of one service, by botocore's name of it."""
        return frozenset(call.operation for call in self.made if call.service == service)

    def actions(self, service: str) -> frozenset[str]:
        """The IAM actions that the operations of one service need."""
        return frozenset[str]().union(
            *(actions_of(service, operation) for operation in self.operations(service))
        )
