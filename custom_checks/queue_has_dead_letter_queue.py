"""Is a message that cannot be handled kept?"""

from functools import partial

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
from check_support.policy import read_json
from check_support.values import Reference, Template, Value, references, shown
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
        "expires, and is then lost: an upload that nobody ever hears of. The policy needs the ARN "
        "of another queue and a maxReceiveCount. A queue that is itself the dead-letter queue of "
        "another needs none."
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
                return of_every_option(other.value("redrive_policy"), partial(_judge, resource))
        own = resource.value("redrive_policy")
        if own is None and _takes_dead_letters(resource, configuration):
            return not_applicable("it is a dead-letter queue")
        return of_every_option(own, partial(_judge, resource))


def _judge(queue: Resource, policy: Value) -> Finding:
    if policy in (None, ""):
        return failed("it has no redrive_policy, and no other queue sends its dead letters here")
    document = read_json(policy) if isinstance(policy, str | Template) else policy
    if isinstance(document, dict):
        target = document.get("deadLetterTargetArn")
        if not target:
            return failed("redrive_policy names no deadLetterTargetArn")
        if document.get("maxReceiveCount") in (None, ""):
            return failed("redrive_policy has no maxReceiveCount, without which AWS refuses it")
        return _judge_target(queue, target)
    if any(reference.kind != "var" for reference in references(policy)):
        return passed("redrive_policy names a dead-letter queue")
    return undetermined("redrive_policy is not decided in the source")


def _judge_target(queue: Resource, target: Value) -> Finding:
    if isinstance(target, str):
        if not target.startswith("arn:"):
            return failed(f"deadLetterTargetArn is {shown(target)}, no ARN")
    elif isinstance(target, Reference) and target.resource_type == "aws_sqs_queue":
        if target.path != ("arn",):
            return failed(f"deadLetterTargetArn is {target}, no ARN")
        if queue.is_named_by(target) and target.key == queue.key:
            return failed("redrive_policy sends its dead letters back to the queue itself")
    elif not any(reference.kind != "var" for reference in references(target)):
        return undetermined(f"deadLetterTargetArn is {shown(target)}")
    return passed("redrive_policy names a dead-letter queue")


def _takes_dead_letters(queue: Resource, configuration: Configuration) -> bool:
    if queue.value("redrive_allow_policy") is not None:
        return True
    return any(
        (other != queue and path.split("/")[0] in DEAD_LETTER_SETTINGS)
        or (other.type, path) == ("aws_sqs_queue_redrive_allow_policy", "queue_url")
        for other, path in configuration.referring_to(queue)
    )


check = QueueHasDeadLetterQueue()
