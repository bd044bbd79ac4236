"""Whether resources are created before others need them."""

from __future__ import annotations

from pytest_bdd import given, then

from planproof.aws.datapath import Authority, DataPath, Edge
from planproof.aws.datapath.deliveries import DELIVERS
from planproof.aws.datapath.functions import LOGS, READ
from planproof.evidence import Recorder
from planproof.terraform.links import configured, links
from planproof.terraform.stack import Resource, Stack
from steps.support.bucket_settings import settings_of
from steps.support.creation_order import record_order, record_waits
from steps.support.pipeline import Pipeline


@given("the notification of uploads", target_fixture="notification")
def the_notification(pipeline: Pipeline) -> Resource:
    """The S3 bucket notification to a queue."""
    return pipeline.notification


@then("it is made only after the policy of each queue it names")
def made_after_queue_policies(
    pipeline: Pipeline, notification: Resource, evidence: Recorder
) -> None:
    """By the dependencies of Terraform, from depends_on and from references."""
    stack = pipeline.stack
    for queue in _queues(pipeline, notification):
        policies = list(pipeline.queue_policies(queue))
        if configured(stack, queue, "policy"):
            policies.append(queue)
        for policy in policies:
            record_order(stack, notification, [policy], evidence)
        if not policies:
            expected = "a queue policy that is created before the notification"
            evidence.check(False, queue, expected=expected, found="no policy")


@then("every EventBridge target waits for what lets its events in")
def targets_wait(authority: Authority, data_path: DataPath, evidence: Recorder) -> None:
    """Created after the queue and key policies that allow EventBridge to deliver."""
    for edge in data_path.of(DELIVERS):
        if edge.declared_by is not None:
            record_waits(edge.declared_by, [edge], authority, evidence)


@then("every event source mapping waits for what its function's role may do")
def mappings_wait(authority: Authority, data_path: DataPath, evidence: Recorder) -> None:
    """Created after the policies that allow the role to read the queue and do its work."""
    for edge in data_path.of(READ):
        mapping, function = edge.declared_by, edge.target
        if mapping is None or not isinstance(function, Resource):
            continue
        work = [one for one in data_path if one.source is function]
        for role in _roles_in(edge):
            record_waits(mapping, [edge, *work], authority, evidence, of=role)


@then("uploads reach the function only after MediaConvert's role can do its work")
def uploads_wait(
    pipeline: Pipeline, authority: Authority, data_path: DataPath, evidence: Recorder
) -> None:
    """The mapping of the processing queue is created after the policies of that role."""
    for mapping in pipeline.mappings:
        record_waits(mapping, data_path, authority, evidence, of=pipeline.mediaconvert_role)


@then("every Lambda function waits for its log group and what lets it write there")
def functions_wait(authority: Authority, data_path: DataPath, evidence: Recorder) -> None:
    """Where the stack creates the log group: an earlier invocation would create it first."""
    for edge in data_path.of(LOGS):
        function, group = edge.source, edge.target
        if not isinstance(function, Resource) or not isinstance(group, Resource):
            continue
        record_order(authority.stack, function, [group], evidence, "its log group")
        for role in _roles_in(edge):
            record_waits(function, [edge], authority, evidence, of=role)


@then("every bucket policy waits for the public access block of its bucket")
def policies_wait(stack: Stack, evidence: Recorder) -> None:
    """Without the block, a public bucket policy would take effect for a while."""
    _record_pairs(stack, "aws_s3_bucket_policy", "aws_s3_bucket_public_access_block", evidence)


@then("every lifecycle configuration waits for the versioning of its bucket")
def lifecycles_wait(stack: Stack, evidence: Recorder) -> None:
    """Rules on noncurrent versions need versioning."""
    _record_pairs(
        stack, "aws_s3_bucket_lifecycle_configuration", "aws_s3_bucket_versioning", evidence
    )


def _record_pairs(stack: Stack, later: str, earlier: str, evidence: Recorder) -> None:
    """For each bucket, resources of one type are created after those of the other."""
    for bucket in stack.managed("aws_s3_bucket"):
        for second, second_is_its in settings_of(stack, bucket, later):
            for first, first_is_its in settings_of(stack, bucket, earlier):
                sure = second_is_its and first_is_its
                record_order(stack, second, [first], evidence, f"of {bucket}", sure=sure)


def _roles_in(edge: Edge) -> list[Resource]:
    """The roles among the principals of an edge's needs, without duplicates."""
    found = {str(n.principal): n.principal for n in edge.needs if isinstance(n.principal, Resource)}
    return list(found.values())


def _queues(pipeline: Pipeline, notification: Resource) -> list[Resource]:
    """The queues of this stack that the notification names, or else the processing queue."""
    paths = pipeline.notification_paths
    named = [
        queue
        for queue in pipeline.stack.managed("aws_sqs_queue")
        if any(links(pipeline.stack, notification, path, queue, ("arn",)) for path in paths)
    ]
    return named or [pipeline.processing_queue]
