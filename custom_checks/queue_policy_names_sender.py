"""Does a queue policy name the bucket or rule for which a service may send?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, not_applicable, passed, undetermined, worst
from check_support.policy import SourceStatement, read_policy
from checkov.common.models.enums import CheckCategories


class QueuePolicyNamesSender(SourceCheck):
    """CKV_PLANPROOF_18."""

    id = "CKV_PLANPROOF_18"
    requirement = "REQ-16"
    name = "A queue policy that lets a service send names the source with aws:SourceArn"
    description = (
        "S3 and EventBridge act for every AWS customer. A policy that lets the service send "
        "without naming the bucket or rule lets any customer's bucket send to the queue."
    )
    source = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html"
    guideline = 'Add Condition = { ArnEquals = { "aws:SourceArn" = <arn of the bucket or rule> } }'
    category = CheckCategories.IAM
    entity_types = ("aws_sqs_queue", "aws_sqs_queue_policy")
    attributes = ("policy",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """Every statement that allows an action to a service or to every principal."""
        policy = read_policy(resource.value("policy"))
        findings = [_judge(s) for s in policy.statements if s.allows and _allows_services(s)]
        if not policy.complete:
            findings.append(undetermined("the policy is not completely in the source"))
        return worst(findings, default=not_applicable("no service may send"))


def _allows_services(statement: SourceStatement) -> bool:
    return any(
        kind in ("Service", "*", "?") or identifier == "*"
        for kind, identifier in statement.principals
    )


def _judge(statement: SourceStatement) -> Finding:
    limited = statement.limits("aws:SourceArn")
    if limited:
        return passed(f"{statement.label} names the source")
    if limited is None or not statement.certain:
        return undetermined(f"the source does not decide the condition of {statement.label}")
    return failed(f"{statement.label} has no condition on aws:SourceArn")


check = QueuePolicyNamesSender()
