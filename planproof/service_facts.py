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
    "kms:DescribeKey",
)
"""What CloudWatch Logs does with the key of a log group.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""
