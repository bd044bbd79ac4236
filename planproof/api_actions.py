"""Which IAM actions does an operation of an AWS API need?

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from functools import lru_cache

from planproof.iam.actions import all_actions


@lru_cache(maxsize=4096)
def actions_of(service: str, operation: str) -> frozenset[str]:
    """The IAM actions that an operation needs, as ``dynamodb:UpdateItem``.

    Args:
        service: botocore's name of the service: ``dynamodb``.
        operation: as AWS spells it: ``UpdateItem``.

    Returns:
        nothing where AWS lists no action of that name for the service.
    """
    action = f"{service}:{operation}"
    return frozenset({action} & _known())


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(all_actions())
