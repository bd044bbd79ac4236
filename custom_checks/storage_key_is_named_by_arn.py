"""Do S3, DynamoDB, CloudWatch Logs and Lambda name their KMS key by ARN?"""

from collections.abc import Iterator

from check_support.check import SourceCheck
from check_support.configuration import Configuration, EvaluatedBlock, Resource
from check_support.finding import (
    Finding,
    failed,
    judge_options,
    not_applicable,
    passed,
    undetermined,
    worst,
)
from check_support.key_reference import identifier_kind
from check_support.values import Value, shown
from checkov.common.models.enums import CheckCategories

KEYS = {
    "aws_cloudwatch_log_group": ("kms_key_id",),
    "aws_dynamodb_table": ("server_side_encryption", "kms_key_arn"),
    "aws_lambda_function": ("kms_key_arn",),
    "aws_s3_bucket": (
        "server_side_encryption_configuration",
        "rule",
        "apply_server_side_encryption_by_default",
        "kms_master_key_id",
    ),
    "aws_s3_bucket_server_side_encryption_configuration": (
        "rule",
        "apply_server_side_encryption_by_default",
        "kms_master_key_id",
    ),
}
"""The path of the key, as nested blocks and the attribute, by resource type."""


class StorageKeyIsNamedByArn(SourceCheck):
    """CKV_PLANPROOF_20."""

    id = "CKV_PLANPROOF_20"
    requirement = "REQ-11"
    name = "S3, DynamoDB, CloudWatch Logs and Lambda name their KMS key by ARN"
    description = (
        "CloudWatch Logs and DynamoDB accept only an ARN, whatever the name of the attribute. S3 "
        "accepts an id, but looks it up in the account of the writing principal, which may not be "
        "the bucket's."
    )
    source = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html"
    guideline = "Write aws_kms_key.<name>.arn"
    category = CheckCategories.ENCRYPTION
    entity_types = tuple(KEYS)
    attributes = tuple(sorted({"/".join(path) for path in KEYS.values()}))

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The kind of identifier of the key, through locals and modules."""
        keys = _keys(resource, KEYS[resource.type])
        findings = (judge_options(key, _judge) for key in keys)
        return worst(findings, default=not_applicable("no KMS key is named"))


def _keys(block: EvaluatedBlock, path: tuple[str, ...]) -> Iterator[Value]:
    if len(path) == 1:
        yield block.value(path[0])
    for inner in block.nested(path[0]):
        yield from _keys(inner, path[1:])


def _judge(key: Value) -> Finding:
    if key in (None, ""):
        return not_applicable("no KMS key is named")
    kind = identifier_kind(key)
    if kind is None:
        return undetermined(f"{shown(key)} may be an id or an ARN")
    if kind == "arn":
        return passed(f"{shown(key)} is an ARN")
    return failed(f"{shown(key)} is the key's {kind}")


check = StorageKeyIsNamedByArn()
