"""Does the AWS provider take its region from a variable or the environment?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, judge_options, passed, undetermined
from check_support.regions import regions_in
from check_support.values import Value, decided, literals, references, shown
from checkov.common.models.enums import CheckCategories
from checkov.terraform.checks.provider.registry import provider_registry


class ProviderRegionIsNotLiteral(SourceCheck):
    """CKV_PLANPROOF_11."""

    id = "CKV_PLANPROOF_11"
    requirement = "REQ-07"
    name = "The AWS provider's region is no literal"
    description = (
        "A stack with a literal region can be created in that region only. The region comes from a "
        "variable, or, if the provider block has none, from AWS_REGION or the profile. The default "
        "of a variable may be a region."
    )
    source = "https://registry.terraform.io/providers/hashicorp/aws/latest/docs#aws-configuration-reference"
    guideline = "Write region = var.aws_region"
    category = CheckCategories.CONVENTION
    entity_types = ("aws",)
    attributes = ("region",)
    block_type = "provider"
    registries = (provider_registry,)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The region in the source, through locals."""
        return judge_options(resource.value("region"), _judge)


def _judge(region: Value) -> Finding:
    if region is None:
        return passed("the region comes from the environment or the profile")
    named = regions_in(literals(region))
    if named or decided(region):
        return failed(f"region is {named[0] if named else shown(region)}")
    if references(region):
        return passed(f"region is {shown(region)}")
    return undetermined(f"region is {shown(region)}")


check = ProviderRegionIsNotLiteral()
