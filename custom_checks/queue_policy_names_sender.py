"""Does a queue's policy say whose bucket or rule a service may send for?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, not_applicable, passed, undetermined, worst
from check_support.policy import Statement, read_policy
from checkov.common.models.enums import CheckCategories


class QueuePolicyNamesSender(SourceCheck):
    """CKV_PLANPROOF_18."""

    id = "CKV_PLANPROOF_18"
    requirement = "REQ-16"
    name = "A queue policy that lets a service send names the source with aws:SourceArn"
    description = (
        "S3 and EventBridge act for every AWS customer. A policy that lets the service send "
        "without saying for which bucket or rule lets anybody's bucket fill the queue."
    )
    source = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html"
    guideline = 'Add Condition = { ArnEquals = { "aws:SourceArn" = <arn of the bucket or rule> } }'
    category = CheckCategories.IAM
    entity_types = ("aws_sqs_queue", "aws_sqs_queue_policy")
    attributes = ("policy",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """Every statement that allows something to a service or to everybody."""
        policy = read_policy(resource.value("policy"))
        findings = [_judge(s) for s in policy.statements if s.allows and _lets_in_others(s)]
        if not policy.complete:
            findings.append(undetermined("the policy is not all in the source"))
        return worst(findings, otherwise=not_applicable("no service may send"))


def _lets_in_others(statement: Statement) -> bool:
    return any(kind in ("Service", "*", "?") or who == "*" for kind, who in statement.principals)


def _judge(statement: Statement) -> Finding:
    limited = statement.limits("aws:SourceArn")
    if limited:
        return passed(f"{statement.label} names the source")
    if limited is None or not statement.certain:
        return undetermined(f"the condition of {statement.label} is not decided in the source")
    return failed(f"{statement.label} has no condition on aws:SourceArn")


check = QueuePolicyNamesSender()
