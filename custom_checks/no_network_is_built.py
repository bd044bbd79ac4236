"""Does the stack create no network of its own?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, passed
from checkov.common.models.enums import CheckCategories

NETWORK_TYPES = {
    "aws_default_network_acl",
    "aws_default_route_table",
    "aws_default_security_group",
    "aws_default_subnet",
    "aws_default_vpc",
    "aws_egress_only_internet_gateway",
    "aws_eip",
    "aws_eip_association",
    "aws_internet_gateway",
    "aws_internet_gateway_attachment",
    "aws_main_route_table_association",
    "aws_nat_gateway",
    "aws_route",
    "aws_route_table",
    "aws_route_table_association",
    "aws_security_group",
    "aws_security_group_rule",
    "aws_subnet",
    "aws_vpc",
}
NETWORK_PREFIXES = ("aws_network_acl", "aws_network_interface", "aws_vpc_")


class NoNetworkIsBuilt(SourceCheck):
    """CKV_PLANPROOF_2."""

    id = "CKV_PLANPROOF_2"
    requirement = "REQ-01"
    name = "The stack builds no VPC, subnet, gateway, route or security group"
    description = (
        "A pipeline of regional services needs no network. Each part of a network costs money, "
        "slows down apply and destroy, and can be misconfigured. Every resource is judged, so that "
        "a pass names a resource."
    )
    source = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"
    guideline = "Remove the network and reach the services by their regional endpoints"
    category = CheckCategories.NETWORKING
    entity_types = ("aws_*",)
    attributes = ()

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The resource type decides."""
        if resource.type in NETWORK_TYPES or resource.type.startswith(NETWORK_PREFIXES):
            return failed(f"{resource.type} is part of a network")
        return passed(f"{resource.type} is not part of a network")


check = NoNetworkIsBuilt()
