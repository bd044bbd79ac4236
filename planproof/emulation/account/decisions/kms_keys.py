"""Finds KMS keys, and reads who manages them and their grants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.aws.policies.key import grant_statements
from planproof.emulation.account.decisions.account_state import AccountState
from planproof.iam.arn import parse_arn


def key_of(state: AccountState, name: str, region: str) -> Any:
    """moto's model of a key, by its id, its ARN, an alias or the ARN of an alias; else None."""
    parts = parse_arn(name)
    if parts is not None:
        region, name = parts.region, parts.resource.removeprefix("key/")
    backend = state.backend("kms", region)
    if backend is None or (parts is not None and parts.account != state.account_id):
        return None
    if not name.startswith("alias/"):
        return backend.keys.get(name)
    for key in list(backend.keys.values()):
        if name in key.aliases:
            return key
    return None


def is_aws_managed(name: str, key: Any) -> bool:
    """Whether AWS manages a key, so that every user of its service may use it."""
    if name.startswith("alias/aws/") or ":alias/aws/" in name:
        return True
    if key is None:
        return False
    aliases = list(key.aliases)
    return key.key_manager == "AWS" or any(alias.startswith("alias/aws/") for alias in aliases)


def grants(key: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name of each grant of a key, with an equivalent key policy."""
    for grant in list(key.grants.values()):
        given = grant.constraints or {}
        limits = {
            "encryption_context_equals": given.get("EncryptionContextEquals"),
            "encryption_context_subset": given.get("EncryptionContextSubset"),
        }
        statements = grant_statements(grant.grantee_principal, grant.operations, [limits])
        yield f"grant {grant.id}", {"Version": "2012-10-17", "Statement": statements}
