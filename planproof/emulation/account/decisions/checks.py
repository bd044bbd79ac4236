"""One permission that a call needs: an action on a resource, with its condition keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from planproof.aws.api_actions import required_actions
from planproof.aws.authorization import ContextKeys
from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.model import ApiCall
from planproof.values import UNKNOWN, Unknown


@dataclass(frozen=True, slots=True)
class PermissionCheck:
    """One action on one resource that IAM must allow.

    Attributes:
        resource: an ARN, ``"*"`` for an action without resources, UNKNOWN if undetermined.
        reason: why the resource is unknown or missing, for the report.
        via: botocore's name of the service that uses a KMS key on the caller's behalf, or "".
        principal: a service principal that acts on its own behalf; "" for the caller.
    """

    action: str
    resource: str | Unknown
    context: ContextKeys = field(default_factory=dict)
    reason: str = ""
    via: str = ""
    principal: str = ""

    @property
    def resource_text(self) -> str:
        """The ARN, or ``"*"`` if the resource is unknown."""
        return self.resource if isinstance(self.resource, str) else "*"


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """An API call, with the account state that its permissions depend on."""

    api_call: ApiCall
    state: AccountState

    @property
    def operation(self) -> str:
        """Name of the API operation."""
        return self.api_call.operation

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Parameters of the API operation."""
        return self.api_call.parameters

    def text(self, *names: str) -> str:
        """The first of these parameters that is a non-empty string, or ""."""
        for name in names:
            value = self.parameters.get(name)
            if isinstance(value, str) and value:
                return value
        return ""

    def actions(self) -> tuple[str, ...]:
        """Every IAM action that AWS lists for the operation."""
        groups = required_actions(self.api_call.service, self.operation)
        return tuple(action for group in groups for action in sorted(group))

    def arn(self, service: str, resource: str) -> str:
        """ARN of a resource in this account and the called region."""
        return self.state.arn(service, self.api_call.region, resource)

    def each(
        self, resource: str | Unknown, context: ContextKeys | None = None
    ) -> Iterator[PermissionCheck]:
        """Checks of every action of the operation on one resource."""
        for action in self.actions():
            reason = f"cannot tell which resource {self.api_call} is about"
            yield PermissionCheck(
                action, resource, context or {}, reason if resource is UNKNOWN else ""
            )

    def unknown(self, action: str, reason: str) -> PermissionCheck:
        """A check of an action on a resource that cannot be determined."""
        return PermissionCheck(action, UNKNOWN, {}, reason)
