"""Is a message that cannot be processed moved to a dead-letter queue?"""

from functools import partial

from check_support.check import SourceCheck
from check_support.configuration import Configuration, Resource
from check_support.finding import (
    Finding,
    failed,
    judge_options,
    not_applicable,
    passed,
    undetermined,
)
from check_support.policy import read_json
from check_support.values import Reference, Template, Value, references, shown
from checkov.common.models.enums import CheckCategories

DEAD_LETTER_SETTINGS = ("dead_letter_config", "destination_config", "redrive_policy")
"""Attributes and blocks that name a dead-letter queue."""


class QueueHasDeadLetterQueue(SourceCheck):
    """CKV_PLANPROOF_16."""

    id = "CKV_PLANPROOF_16"
    requirement = "REQ-09"
    name = "An SQS queue has a dead-letter queue"
    description = (
        "Without a redrive policy a message that fails is delivered again and again until it "
        "expires, and is then lost: an upload fails unnoticed. The policy needs the ARN of another "
        "queue and a maxReceiveCount. A queue that is itself a dead-letter queue needs none."
    )
    source = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"
    guideline = (
        "Set redrive_policy with the deadLetterTargetArn of another queue and a maxReceiveCount"
    )
    category = CheckCategories.BACKUP_AND_RECOVERY
    entity_types = ("aws_sqs_queue",)
    attributes = ("redrive_policy",)

    def judge(self, resource: Resource, configuration: Configuration) -> Finding:
        """The redrive policy, unless the queue is a dead-letter queue."""
        for other, path in configuration.references_to(resource):
            if other.type == "aws_sqs_queue_redrive_policy" and path == "queue_url":
                return judge_options(other.value("redrive_policy"), partial(_judge, resource))
        own = resource.value("redrive_policy")
        if own is None and _is_dead_letter_queue(resource, configuration):
            return not_applicable("it is a dead-letter queue")
        return judge_options(own, partial(_judge, resource))


def _judge(queue: Resource, policy: Value) -> Finding:
    if policy in (None, ""):
        return failed("it has no redrive_policy, and is not the dead-letter queue of another queue")
    document = read_json(policy) if isinstance(policy, str | Template) else policy
    if isinstance(document, dict):
        target = document.get("deadLetterTargetArn")
        if not target:
            return failed("redrive_policy has no deadLetterTargetArn")
        if document.get("maxReceiveCount") in (None, ""):
            return failed("redrive_policy has no maxReceiveCount, which AWS requires")
        return _judge_target(queue, target)
    if any(reference.kind != "var" for reference in references(policy)):
        return passed("redrive_policy names a dead-letter queue")
    return undetermined("the source does not decide redrive_policy")


def _judge_target(queue: Resource, target: Value) -> Finding:
    if isinstance(target, str):
        if not target.startswith("arn:"):
            return failed(f"deadLetterTargetArn is {shown(target)}, not an ARN")
    elif isinstance(target, Reference) and target.resource_type == "aws_sqs_queue":
        if target.path != ("arn",):
            return failed(f"deadLetterTargetArn is {target}, not an ARN")
        if queue.is_referenced_by(target) and target.key == queue.key:
            return failed("redrive_policy names the queue itself as its dead-letter queue")
    elif not any(reference.kind != "var" for reference in references(target)):
        return undetermined(f"deadLetterTargetArn is {shown(target)}")
    return passed("redrive_policy names a dead-letter queue")


def _is_dead_letter_queue(queue: Resource, configuration: Configuration) -> bool:
    if queue.value("redrive_allow_policy") is not None:
        return True
    return any(
        (other != queue and path.split("/")[0] in DEAD_LETTER_SETTINGS)
        or (other.type, path) == ("aws_sqs_queue_redrive_allow_policy", "queue_url")
        for other, path in configuration.references_to(queue)
    )


check = QueueHasDeadLetterQueue()
