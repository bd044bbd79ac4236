"""Are resources and data sources free of literal regions?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, passed
from check_support.regions import regions_in
from check_support.values import literals
from checkov.common.models.enums import CheckCategories
from checkov.terraform.checks.data.registry import data_registry
from checkov.terraform.checks.resource.registry import resource_registry


class NoRegionLiteral(SourceCheck):
    """CKV_PLANPROOF_12."""

    id = "CKV_PLANPROOF_12"
    requirement = "REQ-07"
    name = "No resource or data source names a region"
    description = (
        "A dashboard, an ARN or an endpoint with a literal region is wrong when the stack is "
        "created in another region. All literal text of a block is judged, through locals and "
        "module arguments; the default of a variable of the root module may name a region."
    )
    source = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"
    guideline = "Write var.aws_region or data.aws_region.current.name instead"
    category = CheckCategories.CONVENTION
    entity_types = ("aws_*",)
    attributes = ()
    registries = (resource_registry, data_registry)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """All literal text of the block."""
        for name, value in resource.values():
            named = regions_in(literals(value))
            if named:
                return failed(f"{name} names {named[0]}")
        return passed("no region is named")


check = NoRegionLiteral()
