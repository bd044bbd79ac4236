"""What is asked of IAM: one action on one resource, and what the request says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from planproof.aws.api_actions import required_of
from planproof.emulation.account.decisions.standing import Standing
from planproof.emulation.account.model import Call
from planproof.iam.context import ContextValue
from planproof.values import UNKNOWN, Unknown

Keys = Mapping[str, ContextValue | None]
"""Context keys; None for one that is not in the request."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One decision that a request takes.

    Attributes:
        resource: an ARN, ``"*"`` for an action without resources, UNKNOWN where it cannot be told.
        why: what to tell a reader where the resource is unknown.
        via: botocore's name of the service that uses a key in the caller's name; "" otherwise.
        principal: the service that comes as itself; "" for whoever makes the request.
    """

    action: str
    resource: str | Unknown
    context: Keys = field(default_factory=dict)
    why: str = ""
    via: str = ""
    principal: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """A call whose decisions are being listed."""

    call: Call
    standing: Standing

    @property
    def operation(self) -> str:
        """As AWS spells it."""
        return self.call.operation

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Of the call."""
        return self.call.parameters

    def text(self, *names: str) -> str:
        """The first of these parameters that is a text; "" if none is."""
        for name in names:
            value = self.parameters.get(name)
            if isinstance(value, str) and value:
                return value
        return ""

    def actions(self) -> tuple[str, ...]:
        """Every action that AWS lists for the operation."""
        groups = required_of(self.call.service, self.operation)
        return tuple(action for group in groups for action in sorted(group))

    def arn(self, service: str, resource: str) -> str:
        """Of a resource of the account in the region that is called."""
        return self.standing.arn(service, self.call.region, resource)

    def each(self, resource: str | Unknown, context: Keys | None = None) -> Iterator[Ask]:
        """Every action of the operation, on one resource."""
        for action in self.actions():
            yield Ask(action, resource, context or {}, self._why(resource))

    def unknown(self, action: str, why: str) -> Ask:
        """An action on a resource that cannot be told."""
        return Ask(action, UNKNOWN, {}, why)

    def _why(self, resource: str | Unknown) -> str:
        return f"what {self.call} is about cannot be told" if resource is UNKNOWN else ""
