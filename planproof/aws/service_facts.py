"""Facts from AWS's documentation that decisions about plans and about deployed stacks share."""

from __future__ import annotations

from typing import Final

SERVICES_WITH_POLICIES: Final = frozenset(
    (
        "dynamodb",
        "events",
        "kinesis",
        "kms",
        "lambda",
        "logs",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
        "sts",
    )
)
"""Action prefixes of the services whose resources can have resource-based policies.

A resource outside of the stack may have any policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

LOG_KEY_ACTIONS: Final = (
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:DescribeKey",
)
"""The actions that CloudWatch Logs needs on the key of a log group.

AWS's page lists ``kms:ReEncrypt*``, ``kms:GenerateDataKey*`` and ``kms:Describe*``; these are the
actions that apply to a symmetric key.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

LOG_KEY_OPTIONAL_ACTIONS: Final = (
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
)
"""Further actions that the wildcards of that page cover, which no log group needs."""
