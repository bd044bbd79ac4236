"""Does a role that MediaConvert can assume restrict the source account or queue?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, not_applicable, passed, undetermined, worst
from check_support.policy import SourceStatement, read_policy
from check_support.service_trust import trusts
from check_support.truth import Truth
from checkov.common.models.enums import CheckCategories

SERVICE = "mediaconvert"
SOURCE_KEYS = ("aws:SourceAccount", "aws:SourceArn")


class MediaConvertTrustNamesAccount(SourceCheck):
    """CKV_PLANPROOF_4."""

    id = "CKV_PLANPROOF_4"
    requirement = "REQ-02"
    name = "A role trusted by MediaConvert is limited to one account or queue"
    description = (
        "MediaConvert reads and writes the buckets with this role. Without aws:SourceAccount or "
        "aws:SourceArn in its trust policy, a MediaConvert job of another account may use it: the "
        "confused deputy."
    )
    source = "https://docs.aws.amazon.com/mediaconvert/latest/ug/cross-service-confused-deputy-prevention.html"
    guideline = 'Add StringEquals = { "aws:SourceAccount" = <this account> } to its Condition'
    category = CheckCategories.IAM
    entity_types = ("aws_iam_role",)
    attributes = ("assume_role_policy",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """Every statement of the trust policy that trusts MediaConvert needs the condition."""
        policy = read_policy(resource.value("assume_role_policy"))
        findings = [
            _judge(statement, trusted)
            for statement in policy.statements
            if (trusted := trusts(statement, SERVICE)) is not False
        ]
        if not policy.complete:
            findings.append(undetermined("the trust policy is not completely in the source"))
        return worst(findings, default=not_applicable("the role does not trust MediaConvert"))


def _judge(statement: SourceStatement, trusted: Truth) -> Finding:
    limits = {key: statement.limits(key) for key in SOURCE_KEYS}
    limiting = [key for key, limited in limits.items() if limited]
    if limiting:
        return passed(f"{statement.label} is limited by {limiting[0]}")
    if None in limits.values() or trusted is None or not statement.certain:
        return undetermined(
            f"the source does not decide which principals {statement.label} trusts, and when"
        )
    return failed(f"{statement.label} trusts MediaConvert for every account")


check = MediaConvertTrustNamesAccount()
