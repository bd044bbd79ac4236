"""Which policies have a say in what a principal of this stack may do?

Identity policies and boundaries are found by :mod:`planproof.aws.policies.principal`, the policies
of buckets, queues, keys and other resources by :mod:`planproof.aws.policies.resource`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
"""

from __future__ import annotations

from dataclasses import dataclass

from planproof.aws.policies.attached import AttachedPolicy, holder_of
from planproof.aws.policies.principal import PRINCIPAL_TYPES, boundaries, identity_policies
from planproof.aws.policies.resource import RESOURCE_POLICY_TYPES, resource_policies
from planproof.iam import Policies, PolicyDocument, Statement
from planproof.terraform.stack import Resource, Stack

__all__ = [
    "PRINCIPAL_TYPES",
    "RESOURCE_POLICY_TYPES",
    "AttachedPolicy",
    "HeldPolicies",
    "boundaries",
    "bucket_policies",
    "identity_policies",
    "resource_policies",
]


def bucket_policies(stack: Stack, bucket: Resource) -> list[AttachedPolicy]:
    """The bucket policies of an ``aws_s3_bucket``."""
    return resource_policies(stack, bucket)


@dataclass(frozen=True, slots=True)
class HeldPolicies:
    """Everything of a stack that decides on the requests of one principal.

    Attributes:
        identity: the principal's inline and managed policies.
        boundaries: its permissions boundary.
        bucket: the policies of the bucket, or other resource, that the requests are about.
    """

    identity: tuple[AttachedPolicy, ...]
    boundaries: tuple[AttachedPolicy, ...] = ()
    bucket: tuple[AttachedPolicy, ...] = ()

    @classmethod
    def of(cls, stack: Stack, principal: Resource, bucket: Resource | None = None) -> HeldPolicies:
        """What is held by a principal; with a bucket or other resource, what has that to say."""
        return cls(
            tuple(identity_policies(stack, principal)),
            tuple(boundaries(stack, principal)),
            tuple(resource_policies(stack, bucket)) if bucket else (),
        )

    @property
    def documents(self) -> tuple[PolicyDocument, ...]:
        """The documents of the identity policies: what the principal is granted."""
        return tuple(policy.document for policy in self.identity)

    @property
    def policies(self) -> Policies:
        """All of it, ready to be evaluated."""
        return Policies(
            identity=self.documents,
            boundaries=[policy.document for policy in self.boundaries],
            resource=[policy.document for policy in self.bucket] or None,
        )

    def holder(self, statement: Statement) -> AttachedPolicy | None:
        """The policy that a statement belongs to."""
        return holder_of((*self.identity, *self.boundaries, *self.bucket), statement)
