"""What does a package call, and which actions does that need?"""

from __future__ import annotations

from dataclasses import dataclass

from planproof.api_actions import actions_of


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One operation at one place.

    Attributes:
        service: botocore's name of the service: ``dynamodb``.
        operation: as AWS spells it: ``UpdateItem``.
        file: path in the package.
        line: from 1.
    """

    service: str
    operation: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Calls:
    """What a package calls.

    Attributes:
        made: in order, each operation once a place.
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
