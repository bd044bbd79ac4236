"""The policies of a stack that apply to the requests of one principal."""

from __future__ import annotations

from planproof.aws.policies.principal import identity_policies, permissions_boundaries
from planproof.aws.policies.resource import resource_policies
from planproof.iam import Policies
from planproof.terraform.stack import Resource, Stack


def applicable_policies(
    stack: Stack, principal: Resource, resource: Resource | None = None
) -> Policies:
    """The policies of a principal and, if given, of a resource that it requests."""
    boundaries = permissions_boundaries(stack, principal)
    of_resource = resource_policies(stack, resource) if resource else ()
    return Policies(
        identity=[policy.document for policy in identity_policies(stack, principal)],
        boundaries=[policy.document for policy in boundaries],
        resource=[policy.document for policy in of_resource] or None,
    )
