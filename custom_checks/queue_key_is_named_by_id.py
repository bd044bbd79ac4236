"""Does an SQS queue name its KMS key by id?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import (
    Finding,
    failed,
    judge_options,
    not_applicable,
    passed,
    undetermined,
)
from check_support.key_reference import identifier_kind
from check_support.values import Value, shown
from checkov.common.models.enums import CheckCategories


class QueueKeyIsNamedById(SourceCheck):
    """CKV_PLANPROOF_19."""

    id = "CKV_PLANPROOF_19"
    requirement = "REQ-11"
    name = "An SQS queue names its KMS key by id, not by ARN"
    description = (
        "KmsMasterKeyId of a queue is documented as the id of a key, whereas S3, DynamoDB and "
        "CloudWatch Logs require an ARN. Identifying keys as each service documents prevents "
        "mistakes."
    )
    source = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"
    guideline = "Write kms_master_key_id = aws_kms_key.<name>.id"
    category = CheckCategories.ENCRYPTION
    entity_types = ("aws_sqs_queue",)
    attributes = ("kms_master_key_id",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The kind of identifier in kms_master_key_id, through locals and modules."""
        return judge_options(resource.value("kms_master_key_id"), _judge)


def _judge(key: Value) -> Finding:
    if key in (None, ""):
        return not_applicable("the queue names no KMS key")
    kind = identifier_kind(key)
    if kind is None:
        return undetermined(f"{shown(key)} may be an id or an ARN")
    if kind == "arn":
        return failed(f"{shown(key)} is an ARN")
    return passed(f"{shown(key)} is the key's {kind}")


check = QueueKeyIsNamedById()
