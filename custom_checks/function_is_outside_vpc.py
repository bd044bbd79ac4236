"""Does a Lambda function run outside any VPC?"""

from functools import partial

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, judge_options, passed, undetermined, worst
from check_support.values import Value, references
from checkov.common.models.enums import CheckCategories


class FunctionIsOutsideVpc(SourceCheck):
    """CKV_PLANPROOF_1."""

    id = "CKV_PLANPROOF_1"
    requirement = "REQ-01"
    name = "A Lambda function has no vpc_config"
    description = (
        "S3, DynamoDB, SQS and MediaConvert are regional services that a function reaches without "
        "a VPC. In a VPC it needs subnets, routes and gateways to reach them, which cost money and "
        "time, and can fail."
    )
    source = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"
    guideline = "Remove the vpc_config block"
    category = CheckCategories.NETWORKING
    entity_types = ("aws_lambda_function",)
    attributes = ("vpc_config",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """An empty vpc_config, or one in an empty dynamic block, attaches no VPC."""
        findings = [
            judge_options(block.value("subnet_ids"), partial(_judge, block.certain))
            for block in resource.nested("vpc_config")
        ]
        return worst(findings, default=passed("there is no vpc_config"))


def _judge(certain: bool, subnets: Value) -> Finding:
    if subnets in ([], None):
        return passed("vpc_config names no subnet")
    in_stack = [r for r in references(subnets) if r.kind != "var"]
    if certain and (isinstance(subnets, list) or in_stack):
        return failed("vpc_config attaches the function to a VPC")
    return undetermined("vpc_config may attach the function to a VPC")


check = FunctionIsOutsideVpc()
