"""Does a role that MediaConvert can assume say for whom?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, not_applicable, passed, undetermined, worst
from check_support.policy import Statement, read_policy
from check_support.service_trust import trusts
from checkov.common.models.enums import CheckCategories

SERVICE = "mediaconvert"
SOURCE_KEYS = ("aws:SourceAccount", "aws:SourceArn")


class MediaConvertTrustNamesAccount(SourceCheck):
    """CKV_PLANPROOF_4."""

    id = "CKV_PLANPROOF_4"
    requirement = "REQ-02"
    name = "A role trusted by MediaConvert is limited to one account or queue"
    description = (
        "MediaConvert reads and writes the buckets through this role. Without aws:SourceAccount or "
        "aws:SourceArn in its trust policy, a MediaConvert job of another account may be made to "
        "use it: the confused deputy."
    )
    source = "https://docs.aws.amazon.com/mediaconvert/latest/ug/cross-service-confused-deputy-prevention.html"
    guideline = 'Add StringEquals = { "aws:SourceAccount" = <this account> } to its Condition'
    category = CheckCategories.IAM
    entity_types = ("aws_iam_role",)
    attributes = ("assume_role_policy",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """Every statement of the trust policy that lets MediaConvert in needs the condition."""
        policy = read_policy(resource.value("assume_role_policy"))
        answers = [(statement, trusts(statement, SERVICE)) for statement in policy.statements]
        findings = [
            _judge(statement, answer) for statement, answer in answers if answer is not False
        ]
        if not policy.complete:
            findings.append(undetermined("the trust policy is not all in the source"))
        return worst(findings, otherwise=not_applicable("the role does not trust MediaConvert"))


def _judge(statement: Statement, trusted: bool | None) -> Finding:
    limits = {key: statement.limits(key) for key in SOURCE_KEYS}
    named = [key for key, answer in limits.items() if answer]
    if named:
        return passed(f"{statement.label} is limited by {named[0]}")
    if None in limits.values() or trusted is None or not statement.certain:
        return undetermined(
            f"whom {statement.label} trusts, and when, is not decided in the source"
        )
    return failed(f"{statement.label} trusts MediaConvert for every account")


check = MediaConvertTrustNamesAccount()
