"""Is one thing there before another needs it?"""

from __future__ import annotations

from pytest_bdd import given, then

from planproof.links import configured, links
from planproof.recorder import Recorder
from planproof.stack import Resource
from steps.pipeline import Pipeline


@given("the notification of uploads", target_fixture="notification")
def the_notification(pipeline: Pipeline) -> Resource:
    """The S3 notification that a queue is told by."""
    return pipeline.notification


@then("it is made only after the policy of each queue it names")
def made_after_queue_policies(
    pipeline: Pipeline, notification: Resource, evidence: Recorder
) -> None:
    """By Terraform's own dependency lists, whether from depends_on or from references."""
    stack = pipeline.stack
    for queue in _queues(pipeline, notification):
        policies = list(pipeline.queue_policies(queue))
        if configured(stack, queue, "policy"):
            policies.append(queue)
        for policy in policies:
            after = stack.made_after(notification, policy)
            said = {True: "made after it", False: "in no order with it", None: None}[after]
            evidence.check(
                after, notification, "depends_on", expected=f"made after {policy}", found=said
            )
        if not policies:
            expected = "a queue policy that is made before the notification"
            evidence.check(False, queue, expected=expected, found="no policy")


def _queues(pipeline: Pipeline, notification: Resource) -> list[Resource]:
    """The queues of this stack that the notification names; at least the processing queue."""
    blocks = notification.get("queue")
    count = len(blocks) if isinstance(blocks, (list, tuple)) else 1
    paths = [f"queue.{i}.queue_arn" for i in range(count)]
    named = [
        queue
        for queue in pipeline.stack.managed("aws_sqs_queue")
        if any(links(pipeline.stack, notification, path, queue, ("arn",)) for path in paths)
    ]
    return named or [pipeline.processing_queue]
