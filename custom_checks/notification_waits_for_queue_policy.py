"""Is a bucket notification created only after the policy that lets the bucket send?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import Finding, failed, not_applicable, passed, undetermined, worst
from check_support.values import Value, references, shown
from checkov.common.models.enums import CheckCategories


class NotificationWaitsForQueuePolicy(SourceCheck):
    """CKV_PLANPROOF_17."""

    id = "CKV_PLANPROOF_17"
    requirement = "REQ-10"
    name = "A bucket notification waits for the policy of its queue"
    description = (
        "S3 sends a test message when the notification is created, and rejects the notification if "
        "the queue rejects the message. Both need only the queue, so Terraform creates them in any "
        "order unless the notification depends on the policy. Dependencies are judged, by "
        "depends_on or by reference, through modules."
    )
    source = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html"
    guideline = "Add depends_on = [aws_sqs_queue_policy.<name>] to the notification"
    category = CheckCategories.CONVENTION
    entity_types = ("aws_s3_bucket_notification",)
    attributes = ("depends_on", "queue")

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """Every queue that the notification sends to."""
        dependencies = configuration.dependencies_of(resource)
        policies = [other for other in dependencies if other.type == "aws_sqs_queue_policy"]
        findings = [
            _judge(block.value("queue_arn"), policies, configuration)
            for block in resource.nested("queue")
        ]
        return worst(findings, default=not_applicable("the notification sends to no queue"))


def _judge(queue_arn: Value, policies: list[Resource], configuration: Configuration) -> Finding:
    queues = [found for r in references(queue_arn) if (found := configuration.resource_of(r))]
    for policy in policies:
        urls = references(policy.value("queue_url"))
        if any(queue.is_referenced_by(url) for queue in queues for url in urls):
            return passed(f"it depends on {policy.address}")
    if any(queue.value("policy") is not None for queue in queues):
        return passed("the queue is created with its policy")
    if not queues:
        return undetermined(
            f"{shown(queue_arn)} is not in the source, and neither may be its policy"
        )
    return failed(f"it does not depend on an aws_sqs_queue_policy of {queues[0].address}")


check = NotificationWaitsForQueuePolicy()
