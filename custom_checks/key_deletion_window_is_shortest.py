"""Is a KMS key deleted as soon as KMS allows after the stack is destroyed?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, judge_options, passed, undetermined
from check_support.values import Value, decided, shown
from checkov.common.models.enums import CheckCategories

SHORTEST_WINDOW_IN_DAYS = 7


class KeyDeletionWindowIsShortest(SourceCheck):
    """CKV_PLANPROOF_8."""

    id = "CKV_PLANPROOF_8"
    requirement = "REQ-05"
    name = "A KMS key has deletion_window_in_days = 7"
    description = (
        "KMS keeps a key for 7 to 30 days after its deletion is scheduled, by default 30. The keys "
        "of short-lived environments would accumulate for that long."
    )
    source = "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html"
    guideline = "Set deletion_window_in_days = 7, the least that KMS allows"
    category = CheckCategories.CONVENTION
    entity_types = (
        "aws_kms_external_key",
        "aws_kms_key",
        "aws_kms_replica_external_key",
        "aws_kms_replica_key",
    )
    attributes = ("deletion_window_in_days",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The value of deletion_window_in_days."""
        return judge_options(resource.setting("deletion_window_in_days"), _judge)


def _judge(value: Value) -> Finding:
    if str(value) == str(SHORTEST_WINDOW_IN_DAYS):
        return passed(f"the key is kept for {value} days")
    if value is None:
        return failed("deletion_window_in_days is not set, so the key is kept for 30 days")
    if decided(value):
        return failed(f"the key is kept for {value} days")
    return undetermined(f"deletion_window_in_days is {shown(value)}")


check = KeyDeletionWindowIsShortest()
