"""Can the stack exist twice in one account, because its physical names vary?"""

from functools import partial

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, judge_options, passed, undetermined
from check_support.values import Reference, Value, decided, references, shown
from checkov.common.models.enums import CheckCategories

NAMES = {
    "aws_cloudwatch_composite_alarm": "alarm_name",
    "aws_cloudwatch_dashboard": "dashboard_name",
    "aws_cloudwatch_event_bus": "name",
    "aws_cloudwatch_event_rule": "name",
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_dynamodb_table": "name",
    "aws_ecr_repository": "name",
    "aws_iam_group": "name",
    "aws_iam_instance_profile": "name",
    "aws_iam_policy": "name",
    "aws_iam_role": "name",
    "aws_iam_user": "name",
    "aws_kinesis_firehose_delivery_stream": "name",
    "aws_kinesis_stream": "name",
    "aws_kms_alias": "name",
    "aws_lambda_function": "function_name",
    "aws_lambda_layer_version": "layer_name",
    "aws_media_convert_queue": "name",
    "aws_s3_bucket": "bucket",
    "aws_scheduler_schedule_group": "name",
    "aws_secretsmanager_secret": "name",
    "aws_sfn_state_machine": "name",
    "aws_sns_topic": "name",
    "aws_sqs_queue": "name",
    "aws_ssm_parameter": "name",
}
"""The attribute that must be unique in an account and region, or globally, by resource type."""

SAME_FOR_ALL = (
    "count.",
    "data.aws_caller_identity.",
    "data.aws_partition.",
    "data.aws_region.",
    "each.",
    "path.",
)
"""References that are the same for every environment of one account and region."""


class PhysicalNameVaries(SourceCheck):
    """CKV_PLANPROOF_10."""

    id = "CKV_PLANPROOF_10"
    requirement = "REQ-06"
    name = "No physical name is a literal"
    description = (
        "Two environments in one account, such as two pull requests, need different names, or the "
        "second cannot be created. The source of the name is judged, through locals and module "
        "arguments: it must contain a variable other than the region, the workspace, or a "
        "reference that varies. Only a resolved stack shows whether it is the right one."
    )
    source = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"
    guideline = 'End the name with the suffix of the environment: "…-${var.environment_suffix}"'
    category = CheckCategories.CONVENTION
    entity_types = tuple(NAMES)
    attributes = tuple(sorted(set(NAMES.values())))

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The name of the resource; without one the provider generates a unique name."""
        attribute = NAMES[resource.type]
        rule = partial(_judge, attribute, _regions(configuration))
        return judge_options(resource.value(attribute), rule)


def _regions(configuration: Configuration) -> list[Reference]:
    """The references of the provider's region, which environments of one region share."""
    providers = configuration.providers.get("aws", [])
    return [
        reference for provider in providers for reference in references(provider.value("region"))
    ]


def _judge(attribute: str, regions: list[Reference], value: Value) -> Finding:
    if value is None:
        return passed(f"the provider generates a unique {attribute}")
    varying = [r for r in references(value) if r not in regions and _varies(r)]
    if varying:
        return passed(f"{attribute} varies with {varying[0]}")
    if decided(value) or references(value):
        return failed(f"{attribute} is {shown(value)} in every environment")
    return undetermined(f"{attribute} is {shown(value)}")


def _varies(reference: Reference) -> bool:
    return not f"{reference.root}.".startswith(SAME_FOR_ALL)


check = PhysicalNameVaries()
