"""Which KMS key is meant, who manages it, and whom its grants let in?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from planproof.emulation.account.decisions.standing import Standing
from planproof.iam.arn import parse_arn

# https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
_UNCONSTRAINED: Final = ("DescribeKey", "RetireGrant")


def key_of(standing: Standing, name: str, region: str) -> Any:
    """Moto's model of a key, named by its id, its ARN, an alias or the ARN of an alias.

    Returns:
        None where there is no such key.
    """
    parts = parse_arn(name)
    if parts is not None:
        region, name = parts.region, parts.resource.removeprefix("key/")
    backend = standing.backend("kms", region)
    if backend is None or (parts is not None and parts.account != standing.account_id):
        return None
    if not name.startswith("alias/"):
        return backend.keys.get(name)
    for key in list(backend.keys.values()):
        if name in key.aliases:
            return key
    return None


def is_aws_managed(name: str, key: Any) -> bool:
    """Whether AWS manages a key, so that who may use the service may use it as well."""
    if name.startswith("alias/aws/") or ":alias/aws/" in name:
        return True
    if key is None:
        return False
    aliases = list(key.aliases)
    return key.key_manager == "AWS" or any(alias.startswith("alias/aws/") for alias in aliases)


def grants(key: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each grant of a key, as the key policy that would allow the same."""
    for grant in list(key.grants.values()):
        grantee = grant.grantee_principal
        common = {
            "Effect": "Allow",
            "Principal": {"AWS" if grantee.startswith("arn:") else "Service": grantee},
            "Resource": "*",
        }
        conditions = _conditions(grant.constraints or {})
        free = [one for one in grant.operations if not conditions or one in _UNCONSTRAINED]
        bound = [one for one in grant.operations if one not in free]
        statements = [
            {**common, "Action": [f"kms:{one}" for one in group], **limits}
            for group, limits in ((free, {}), (bound, {"Condition": conditions}))
            if group
        ]
        yield f"grant {grant.id}", {"Version": "2012-10-17", "Statement": statements}


def _conditions(constraints: Mapping[str, Any]) -> dict[str, Any]:
    equal = constraints.get("EncryptionContextEquals") or {}
    subset = constraints.get("EncryptionContextSubset") or {}
    demanded = {f"kms:EncryptionContext:{k}": v for k, v in {**equal, **subset}.items()}
    found: dict[str, Any] = {"StringEquals": demanded} if demanded else {}
    if equal:
        # No other pairs; a constraint compares names without regard to case.
        only = {"kms:EncryptionContextKeys": list(equal)}
        found["ForAllValues:StringEqualsIgnoreCase"] = only
    return found
