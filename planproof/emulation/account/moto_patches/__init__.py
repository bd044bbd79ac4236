"""Patches for moto 5.2.5, where it differs from AWS in ways that affect deployed stacks.

Each module patches one thing and cites AWS's documentation of it.
"""

from __future__ import annotations

from planproof.emulation.account.model import Account
from planproof.emulation.account.moto_patches import (
    bucket_policies,
    event_rules,
    function_settings,
    queue_attributes,
    queue_receiving,
    s3_listing,
    s3_requests,
    s3_targets,
    source_mappings,
)
from planproof.emulation.account.moto_patches.deliveries import Deliveries
from planproof.emulation.account.moto_patches.patches import unpatch


def apply(account: Account) -> None:
    """Patch moto in this process for an account, in place of an earlier one.

    Deliveries between services are then subject to the account's decisions and faults, and recorded
    in its trail.
    """
    deliveries = Deliveries(account)
    bucket_policies.patch()
    queue_attributes.patch()
    queue_receiving.patch(account)
    source_mappings.patch()
    function_settings.patch()
    s3_listing.patch()
    s3_requests.patch()
    s3_targets.patch(deliveries)
    event_rules.patch(deliveries)


__all__ = ["apply", "unpatch"]
