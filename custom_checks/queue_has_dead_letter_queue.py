"""Is a message that cannot be handled kept?"""

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import (
    Finding,
    failed,
    not_applicable,
    of_every_option,
    passed,
    undetermined,
)
from check_support.values import Value, references
from checkov.common.models.enums import CheckCategories

DEAD_LETTER_SETTINGS = ("dead_letter_config", "destination_config", "redrive_policy")
"""Attributes and blocks that name where dead letters go."""


class QueueHasDeadLetterQueue(SourceCheck):
    """CKV_PLANPROOF_16."""

    id = "CKV_PLANPROOF_16"
    requirement = "REQ-09"
    name = "An SQS queue has a dead-letter queue"
    description = (
        "Without a redrive policy a message that fails is delivered again and again until it "
        "expires, and is then lost: an upload that nobody ever hears of. A queue that is itself "
        "the dead-letter queue of another needs none."
    )
    source = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"
    guideline = (
        "Set redrive_policy with the deadLetterTargetArn of another queue and a maxReceiveCount"
    )
    category = CheckCategories.BACKUP_AND_RECOVERY
    entity_types = ("aws_sqs_queue",)
    attributes = ("redrive_policy",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The redrive policy, or what makes the queue a dead-letter queue."""
        for other, path in configuration.referring_to(resource):
            if other.type == "aws_sqs_queue_redrive_policy" and path == "queue_url":
                return of_every_option(other.value("redrive_policy"), _judge)
        own = resource.value("redrive_policy")
        if own is None and _takes_dead_letters(resource, configuration):
            return not_applicable("it is a dead-letter queue")
        return of_every_option(own, _judge)


def _judge(policy: Value) -> Finding:
    if policy in (None, ""):
        return failed("it has no redrive_policy, and no other queue sends its dead letters here")
    if isinstance(policy, dict):
        if policy.get("deadLetterTargetArn"):
            return passed("redrive_policy names a dead-letter queue")
        return failed("redrive_policy names no deadLetterTargetArn")
    if any(reference.kind != "var" for reference in references(policy)):
        return passed("redrive_policy names a dead-letter queue")
    return undetermined("redrive_policy is not decided in the source")


def _takes_dead_letters(queue: Resource, configuration: Configuration) -> bool:
    if queue.value("redrive_allow_policy") is not None:
        return True
    return any(
        (other != queue and path.split("/")[0] in DEAD_LETTER_SETTINGS)
        or (other.type, path) == ("aws_sqs_queue_redrive_allow_policy", "queue_url")
        for other, path in configuration.referring_to(queue)
    )


check = QueueHasDeadLetterQueue()
