"""What moto 5.2.5 does otherwise than AWS, as far as a deployed stack meets it, put right.

Each file mends one thing and says where AWS describes it.
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
    """Mend moto in this process, for one account. Applied again, it is for another account.

    What services deliver to each other goes by the account's decisions and faults, and into its
    trail, from now on.
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
