"""Can terraform destroy remove the whole stack?"""

from functools import partial

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, judge_options, passed, undetermined, worst
from check_support.values import Value, shown
from checkov.common.models.enums import CheckCategories

PROTECTIONS = ("deletion_protection", "deletion_protection_enabled", "enable_deletion_protection")


class DestroyIsNotPrevented(SourceCheck):
    """CKV_PLANPROOF_9."""

    id = "CKV_PLANPROOF_9"
    requirement = "REQ-05"
    name = "No resource prevents its destruction"
    description = (
        "prevent_destroy makes Terraform refuse to destroy the stack, deletion protection makes "
        "AWS refuse. Either leaves the stack of a short-lived environment behind."
    )
    source = "https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle"
    guideline = "Remove prevent_destroy and deletion protection"
    category = CheckCategories.CONVENTION
    entity_types = ("aws_*",)
    attributes = ("lifecycle/prevent_destroy", *PROTECTIONS)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The lifecycle and the deletion protection of the resource, where it has one."""
        values = [
            ("prevent_destroy", b.value("prevent_destroy")) for b in resource.nested("lifecycle")
        ]
        values += [(name, resource.setting(name)) for name in PROTECTIONS]
        findings = [judge_options(value, partial(_judge, name)) for name, value in values]
        return worst(findings, default=passed("nothing prevents its destruction"))


def _judge(name: str, value: Value) -> Finding:
    if value in (True, "true", "ACTIVE"):
        return failed(f"{name} is {shown(value)}")
    if value in (None, False, "false", "INACTIVE"):
        return passed("nothing prevents its destruction")
    return undetermined(f"{name} is {shown(value)}")


check = DestroyIsNotPrevented()
