"""The policy of a KMS key that is created without one.

Source: AWS KMS Developer Guide, "Default key policy": the policy gives the account full access,
and so lets IAM policies decide.
"""

from __future__ import annotations

from planproof.iam.document import PolicyDocument, PolicyKind


def default_key_policy(
    account: str, partition: str = "aws", name: str = "default key policy"
) -> PolicyDocument:
    """The policy of a key that was created programmatically and without one.

    Args:
        account: the account that owns the key, twelve digits.
        partition: ``aws``, ``aws-cn``, ``aws-us-gov``.
        name: the policy's name in reasons.
    """
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return PolicyDocument.parse(
        {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]},
        name,
        PolicyKind.KEY,
    )
