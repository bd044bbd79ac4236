"""Do identities have no permission to create or change network interfaces?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, passed, undetermined, worst
from check_support.grants import IDENTITY_POLICIES, granted_by
from check_support.policy import Policy
from check_support.values import Value, decided, literals, references, shown
from checkov.common.models.enums import CheckCategories

NETWORK_INTERFACE_ACTIONS = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:AttachNetworkInterface",
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DetachNetworkInterface",
    "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:UnassignPrivateIpAddresses",
)
MANAGED_POLICIES = ("AWSLambdaVPCAccessExecutionRole", "AWSLambdaENIManagementAccess")
ATTACHMENTS = {
    "aws_iam_policy_attachment": "policy_arn",
    "aws_iam_role_policy_attachment": "policy_arn",
    "aws_iam_role_policy_attachments_exclusive": "policy_arns",
}


class NoNetworkInterfacePermission(SourceCheck):
    """CKV_PLANPROOF_3."""

    id = "CKV_PLANPROOF_3"
    requirement = "REQ-01"
    name = "No policy lets an identity make or change network interfaces"
    description = (
        "Lambda needs these permissions only for a function in a VPC. Otherwise they only let the "
        "function's code create and delete network interfaces of the whole account. Inline and "
        "attached policies are judged, and AWS's managed policies for this purpose."
    )
    source = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions"
    guideline = "Grant the actions the code calls, and attach AWSLambdaBasicExecutionRole or less"
    category = CheckCategories.IAM
    entity_types = (*IDENTITY_POLICIES, "aws_iam_role", *ATTACHMENTS)
    attributes = ("policy", "policy_arn", "inline_policy", "managed_policy_arns")

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The permissions of the policy, or of the attached policies."""
        if resource.type in ATTACHMENTS:
            return _attached(resource.value(ATTACHMENTS[resource.type]))
        findings = [_granted(granted_by(resource))]
        if resource.type == "aws_iam_role":
            findings.append(_attached(resource.value("managed_policy_arns")))
        return worst(findings, default=passed("no permission is granted"))


def _granted(policy: Policy) -> Finding:
    possible = not policy.complete
    for action in NETWORK_INTERFACE_ACTIONS:
        for statement, covers in policy.allowing(action):
            if covers and statement.certain:
                return failed(f"{statement.label} allows {action}")
            possible = True
    if possible:
        return undetermined("the policy may grant permissions that are not in the source")
    return passed("the policy allows no action on network interfaces")


def _attached(arns: Value) -> Finding:
    named = [name for name in MANAGED_POLICIES if any(name in text for text in literals(arns))]
    if named:
        return failed(f"{named[0]} allows ec2:CreateNetworkInterface")
    outside = [r for r in references(arns) if r.kind in ("var", "module")]
    if outside or not (decided(arns) or references(arns)):
        return undetermined(f"{shown(arns)} may be any policy")
    return passed(f"{shown(arns)} does not allow network interface actions")


check = NoNetworkInterfacePermission()
