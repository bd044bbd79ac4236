"""What stands in the account: roles with their policies, and where everything else is kept."""

from __future__ import annotations

from typing import Any

from planproof.emulation.account.decisions.written import Written
from planproof.emulation.account.model import PARTITION
from planproof.iam import PolicyKind
from planproof.iam.arn import parse_arn


class Standing:
    """The backends of moto for one account, read as they are at the moment.

    Args:
        account_id: twelve digits.
    """

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id

    def arn(self, service: str, region: str, resource: str) -> str:
        """Of a resource of the account."""
        return f"arn:{PARTITION}:{service}:{region}:{self.account_id}:{resource}"

    def backend(self, service: str, region: str) -> Any:
        """Moto's model of a service; None where there is none in that region.

        Args:
            region: ``aws`` for a service that is one for all regions.
        """
        from moto.backends import get_backend

        regions = get_backend(service)[self.account_id]  # type: ignore[call-overload]
        try:
            return regions[region]
        except KeyError:
            return None

    def backends(self, service: str) -> list[Any]:
        """Moto's models of a service in the regions in which anything was done."""
        from moto.backends import get_backend

        return list(get_backend(service)[self.account_id].values())  # type: ignore[call-overload]

    # Roles ---------------------------------------------------------------------------------------

    def role(self, arn: str) -> Any:
        """Moto's model of a role; None if there is none of that ARN."""
        iam = self.backend("iam", PARTITION)
        for role in list(iam.roles.values()):
            if role.arn == arn:
                return role
        return None

    def identity(self, role: Any) -> tuple[Written, ...]:
        """The identity-based policies of a role, inline and managed."""
        inline = [
            Written(f"inline policy {name} of role {role.name}", text, PolicyKind.INLINE_ROLE)
            for name, text in list(role.policies.items())
        ]
        managed = [_managed(policy) for policy in list(role.managed_policies.values())]
        return (*inline, *managed)

    def boundaries(self, role: Any) -> tuple[Written, ...]:
        """The permissions boundary of a role, if it has one."""
        arn = role.permissions_boundary_arn
        if not arn:
            return ()
        policy = self.backend("iam", PARTITION).managed_policies.get(arn)
        if policy is None:
            return (Written(f"permissions boundary {arn}", None, PolicyKind.MANAGED),)
        return (_managed(policy),)

    def trust(self, role: Any) -> Written:
        """Who may assume a role."""
        text = role.assume_role_policy_document
        return Written(f"trust policy of role {role.name}", text, PolicyKind.TRUST)

    # Functions -----------------------------------------------------------------------------------

    def function(self, arn: str) -> Any:
        """Moto's model of a function, by its ARN or that of a version or alias; None if none."""
        from moto.awslambda.exceptions import UnknownFunctionException

        parts = parse_arn(arn)
        kind, _, name = parts.resource.partition(":") if parts is not None else ("", "", "")
        if parts is None or parts.account != self.account_id or kind != "function":
            return None
        backend = self.backend("lambda", parts.region)
        try:
            return backend.get_function(name.partition(":")[0]) if backend is not None else None
        except UnknownFunctionException:
            return None

    def function_of(self, session: str, region: str) -> str | None:
        """The ARN of the function that a session is named after; None if there is none."""
        for backend in (self.backend("lambda", region), *self.backends("lambda")):
            arn = self.arn("lambda", backend.region_name, f"function:{session}") if backend else ""
            if arn and self.function(arn) is not None:
                return arn
        return None


def _managed(policy: Any) -> Written:
    default = policy.default_version_id
    text = next((v.document for v in list(policy.versions) if v.version_id == default), None)
    return Written(f"managed policy {policy.arn}", text, PolicyKind.MANAGED)
