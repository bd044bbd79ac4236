"""Can Terraform destroy a bucket that contains objects?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, judge_options, passed, undetermined
from check_support.values import Value, shown
from checkov.common.models.enums import CheckCategories


class BucketIsEmptiedOnDestroy(SourceCheck):
    """CKV_PLANPROOF_7."""

    id = "CKV_PLANPROOF_7"
    requirement = "REQ-05"
    name = "A bucket has force_destroy = true"
    description = (
        "S3 refuses to delete a bucket that contains objects or object versions, so terraform "
        "destroy of a short-lived environment stops halfway and the rest needs manual cleanup. "
        "The default is false."
    )
    source = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html"
    guideline = "Set force_destroy = true"
    category = CheckCategories.CONVENTION
    entity_types = ("aws_s3_bucket", "aws_s3_directory_bucket")
    attributes = ("force_destroy",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The value of force_destroy."""
        return judge_options(resource.setting("force_destroy"), _judge)


def _judge(value: Value) -> Finding:
    if value in (True, "true"):
        return passed("force_destroy is true")
    if value in (None, False, "false"):
        return failed("force_destroy is not set" if value is None else "force_destroy is false")
    return undetermined(f"force_destroy is {shown(value)}")


check = BucketIsEmptiedOnDestroy()
