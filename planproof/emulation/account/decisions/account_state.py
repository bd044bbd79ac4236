"""Reads roles, policies and functions of an account from moto."""

from __future__ import annotations

from typing import Any

from planproof.emulation.account.decisions.stored_policies import StoredPolicy
from planproof.emulation.account.model import PARTITION
from planproof.iam import PolicyKind
from planproof.iam.arn import parse_arn
from planproof.service_facts import service


class AccountState:
    """The moto backends of one account, read at each call.

    Args:
        account_id: twelve digits.
    """

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id

    def arn(self, service: str, region: str, resource: str) -> str:
        """ARN of a resource of the account."""
        return f"arn:{PARTITION}:{service}:{region}:{self.account_id}:{resource}"

    def backend(self, service: str, region: str) -> Any:
        """moto's backend of a service; None if the service is not in that region.

        Args:
            region: ``aws`` for a global service.
        """
        from moto.backends import get_backend

        regions = get_backend(service)[self.account_id]  # type: ignore[call-overload]
        try:
            return regions[region]
        except KeyError:
            return None

    def backends(self, service: str) -> list[Any]:
        """moto's backends of a service in all regions that were used."""
        from moto.backends import get_backend

        return list(get_backend(service)[self.account_id].values())  # type: ignore[call-overload]

    def stored(self, arn: str) -> Any:
        """moto's model of a resource, where its service has a collection of them; else None."""
        parts = parse_arn(arn)
        collection = service(parts.service).stored if parts is not None else ""
        if parts is None or not collection:
            return None
        backend = self.backend(parts.service, parts.region or PARTITION)
        # An ARN without a region is that of a bucket or of an object in it.
        own = parts.resource.removeprefix("event-bus/")
        names = (arn, own if parts.region else own.partition("/")[0])
        held = getattr(backend, collection, {})
        return next((model for name in names if (model := held.get(name)) is not None), None)

    # Roles ---------------------------------------------------------------------------------------

    def role(self, arn: str) -> Any:
        """moto's model of a role; None if it does not exist."""
        iam = self.backend("iam", PARTITION)
        for role in list(iam.roles.values()):
            if role.arn == arn:
                return role
        return None

    def identity(self, role: Any) -> tuple[StoredPolicy, ...]:
        """The identity-based policies of a role, inline and managed."""
        inline = [
            StoredPolicy(f"inline policy {name} of role {role.name}", text, PolicyKind.INLINE_ROLE)
            for name, text in list(role.policies.items())
        ]
        managed = [_managed(policy) for policy in list(role.managed_policies.values())]
        return (*inline, *managed)

    def boundaries(self, role: Any) -> tuple[StoredPolicy, ...]:
        """The permissions boundary of a role; empty without one."""
        arn = role.permissions_boundary_arn
        if not arn:
            return ()
        policy = self.backend("iam", PARTITION).managed_policies.get(arn)
        if policy is None:
            return (StoredPolicy(f"permissions boundary {arn}", None, PolicyKind.MANAGED),)
        return (_managed(policy),)

    def trust(self, role: Any) -> StoredPolicy:
        """The trust policy of a role."""
        text = role.assume_role_policy_document
        return StoredPolicy(f"trust policy of role {role.name}", text, PolicyKind.TRUST)

    # Functions -----------------------------------------------------------------------------------

    def function(self, arn: str) -> Any:
        """moto's model of a function, by its ARN or that of a version or alias; else None."""
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
        """ARN of the function that a session is named after; None if there is none."""
        for backend in (self.backend("lambda", region), *self.backends("lambda")):
            arn = self.arn("lambda", backend.region_name, f"function:{session}") if backend else ""
            if arn and self.function(arn) is not None:
                return arn
        return None


def _managed(policy: Any) -> StoredPolicy:
    default = policy.default_version_id
    text = next((v.document for v in list(policy.versions) if v.version_id == default), None)
    return StoredPolicy(f"managed policy {policy.arn}", text, PolicyKind.MANAGED)
