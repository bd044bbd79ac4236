"""The policies of a stack that apply to the requests of one principal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
"""

from __future__ import annotations

from dataclasses import dataclass

from planproof.aws.policies.attached import AttachedPolicy
from planproof.aws.policies.principal import identity_policies, permissions_boundaries
from planproof.aws.policies.resource import resource_policies
from planproof.iam import Policies, PolicyDocument
from planproof.terraform.stack import Resource, Stack


@dataclass(frozen=True, slots=True)
class ApplicablePolicies:
    """All policies of a stack that decide on the requests of one principal.

    Attributes:
        identity: the principal's inline and managed policies.
        boundaries: its permissions boundary.
        resource: the policies of the bucket, or other resource, that is requested.
    """

    identity: tuple[AttachedPolicy, ...]
    boundaries: tuple[AttachedPolicy, ...] = ()
    resource: tuple[AttachedPolicy, ...] = ()

    @classmethod
    def of(
        cls, stack: Stack, principal: Resource, resource: Resource | None = None
    ) -> ApplicablePolicies:
        """The policies of a principal and, if given, of a resource that it requests."""
        return cls(
            tuple(identity_policies(stack, principal)),
            tuple(permissions_boundaries(stack, principal)),
            tuple(resource_policies(stack, resource)) if resource else (),
        )

    @property
    def all(self) -> tuple[AttachedPolicy, ...]:
        """The policies of all kinds."""
        return (*self.identity, *self.boundaries, *self.resource)

    @property
    def documents(self) -> tuple[PolicyDocument, ...]:
        """The documents of the identity policies."""
        return tuple(policy.document for policy in self.identity)

    @property
    def policies(self) -> Policies:
        """The documents of all policies, for evaluation."""
        return Policies(
            identity=self.documents,
            boundaries=[policy.document for policy in self.boundaries],
            resource=[policy.document for policy in self.resource] or None,
        )
