"""Do S3, DynamoDB and CloudWatch Logs name their KMS key by ARN?"""

from collections.abc import Iterator

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Part, Resource
from check_support.finding import (
    Finding,
    failed,
    not_applicable,
    of_every_option,
    passed,
    undetermined,
    worst,
)
from check_support.key_reference import how_named
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
"""Where the key stands, as nested blocks and the attribute, by resource type."""


class StorageKeyIsNamedByArn(SourceCheck):
    """CKV_PLANPROOF_20."""

    id = "CKV_PLANPROOF_20"
    requirement = "REQ-11"
    name = "S3, DynamoDB, CloudWatch Logs and Lambda name their KMS key by ARN"
    description = (
        "CloudWatch Logs and DynamoDB refuse anything but an ARN, whatever the attribute's name "
        "says. S3 takes an id, but looks it up in the account of whoever writes, which need not be "
        "the bucket's."
    )
    source = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html"
    guideline = "Write aws_kms_key.<name>.arn"
    category = CheckCategories.ENCRYPTION
    entity_types = tuple(KEYS)
    attributes = tuple(sorted({"/".join(path) for path in KEYS.values()}))

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """How the key is written, through locals and modules."""
        keys = _keys(resource, KEYS[resource.type])
        findings = (of_every_option(key, _judge) for key in keys)
        return worst(findings, otherwise=not_applicable("no KMS key is named"))


def _keys(part: Part, path: tuple[str, ...]) -> Iterator[Value]:
    if len(path) == 1:
        yield part.value(path[0])
    for inner in part.parts(path[0]):
        yield from _keys(inner, path[1:])


def _judge(key: Value) -> Finding:
    if key in (None, ""):
        return not_applicable("no KMS key is named")
    name = how_named(key)
    if name is None:
        return undetermined(f"{shown(key)} may be an id or an ARN")
    return (
        passed(f"{shown(key)} is an ARN")
        if name == "arn"
        else failed(f"{shown(key)} is the key's {name}")
    )


check = StorageKeyIsNamedByArn()
