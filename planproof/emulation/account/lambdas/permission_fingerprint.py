"""A fingerprint of the policies that decide whether a role may receive from a queue."""

from __future__ import annotations

from typing import Any

from moto.backends import get_backend

from planproof.emulation.account.model import ACCOUNT_ID, PARTITION


def permission_fingerprint(role_arn: str, queue: Any) -> int:
    """A fingerprint of the policies of the role, of moto's queue and of the region's KMS keys."""
    iam = get_backend("iam")[ACCOUNT_ID][PARTITION]
    kms = get_backend("kms")[ACCOUNT_ID][queue.region]
    role: Any = next((r for r in list(iam.roles.values()) if r.arn == role_arn), None)
    facts: list[Any] = [queue.policy, queue.kms_master_key_id]
    facts += [(key.id, str(key.policy)) for key in list(kms.keys.values())]
    if role is not None:
        facts += [role.id, str(role.assume_role_policy_document)]
        facts += sorted((name, str(text)) for name, text in list(role.policies.items()))
        facts.append(str(getattr(role, "permissions_boundary_arn", "")))
        for arn, policy in sorted(role.managed_policies.items()):
            texts = tuple(str(version.document) for version in list(policy.versions))
            facts.append((arn, policy.default_version_id, texts))
    return hash(tuple(facts))
