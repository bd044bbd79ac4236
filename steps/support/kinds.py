"""Names for kinds of resources in features, and their Terraform types."""

from __future__ import annotations

import re
from typing import Final

from planproof.errors import UndeterminedError
from planproof.terraform.stack import Resource, Stack

KINDS: Final[dict[str, tuple[str, ...]]] = {
    "CloudWatch alarm": ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"),
    "CloudWatch dashboard": ("aws_cloudwatch_dashboard",),
    "CloudWatch log group": ("aws_cloudwatch_log_group",),
    "DynamoDB table": ("aws_dynamodb_table",),
    "EventBridge rule": ("aws_cloudwatch_event_rule",),
    "event source mapping": ("aws_lambda_event_source_mapping",),
    "IAM policy": ("aws_iam_policy",),
    "IAM role": ("aws_iam_role",),
    "Lambda function": ("aws_lambda_function",),
    "S3 bucket": ("aws_s3_bucket",),
    "SNS topic": ("aws_sns_topic",),
    "SQS queue": ("aws_sqs_queue",),
    "customer-managed KMS key": (
        "aws_kms_key",
        "aws_kms_replica_key",
        "aws_kms_external_key",
        "aws_kms_replica_external_key",
    ),
}
_TYPE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


def types_of(kind: str) -> tuple[str, ...]:
    """The Terraform types of a kind; a Terraform type is also accepted.

    Raises:
        UndeterminedError: the kind is unknown.
    """
    if kind in KINDS:
        return KINDS[kind]
    if _TYPE.fullmatch(kind):
        return (kind,)
    known = ", ".join(sorted(KINDS, key=str.lower))
    raise UndeterminedError(
        f"{kind!r} is not a known kind of resource: write a Terraform type, or one of {known}"
    )


def resources_of_kind(stack: Stack, kind: str) -> tuple[Resource, ...]:
    """Every managed resource of a kind."""
    return stack.managed(*types_of(kind))
