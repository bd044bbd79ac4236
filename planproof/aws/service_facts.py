"""Facts of AWS's documentation that both a plan and what is deployed are decided by."""

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
"""Services whose resources have policies of their own, by the prefix of their actions; one that is
not part of a stack may have any.

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
"""What CloudWatch Logs does with the key of a log group.

AWS's page writes ``kms:ReEncrypt*``, ``kms:GenerateDataKey*`` and ``kms:Describe*``; these are the
data keys that a symmetric key is for.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

LOG_KEY_ACTIONS_BESIDES: Final = (
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
)
"""What the wildcards of that page grant besides: no log group is worse off without it."""
