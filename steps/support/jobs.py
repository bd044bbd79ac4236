"""The edges of the data path through MediaConvert, which assumes a role of the stack.

Sources: MediaConvert User Guide, "Setting up IAM permissions" and "Cross-service confused deputy
prevention"; S3 User Guide, "Using server-side encryption with AWS KMS keys" (a multipart upload
needs ``kms:Decrypt`` as well).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from planproof.aws.api_actions import actions_of
from planproof.aws.authorization import source_keys
from planproof.aws.datapath import Edge, Fact, Need
from planproof.aws.datapath.keys import caller_needs
from planproof.aws.datapath.locations import account_of, arn_below, arn_of, location_of, scope_below
from planproof.aws.policies.principal import identity_policies
from planproof.aws.sdk_calls import SdkCalls
from planproof.errors import UndeterminedError
from planproof.terraform.stack import Resource, Stack
from planproof.values import UNKNOWN, Unknown, leaves
from steps.support.objects import announced_keys, named_objects
from steps.support.pipeline import MEDIACONVERT, MissingPartError, Pipeline

SERVICE: Final = "mediaconvert"
MEDIA_CONVERT: Final = "MediaConvert"
SUBMITS: Final = "submits jobs to"
PASSES: Final = "passes MediaConvert"
WORKS_UNDER: Final = "works under"
READ: Final = "is read by"
WRITES: Final = "writes to"
TELLS: Final = "tells job states to"


def job_edges(pipeline: Pipeline, calls: SdkCalls) -> Iterator[Edge]:
    """The edges from the function to MediaConvert, to the buckets, and to the rule.

    There are none in a stack that uses MediaConvert neither in code, nor in a trust policy, nor in
    a rule. An edge whose ends are missing or undecided has a fact that says so.
    """
    if not _has_jobs(pipeline, calls):
        return
    for kind, build in (
        (SUBMITS, lambda: _submits(pipeline, calls)),
        (PASSES, lambda: _passes(pipeline)),
        (WORKS_UNDER, lambda: _works_under(pipeline)),
        (READ, lambda: _reads(pipeline)),
        (WRITES, lambda: _writes(pipeline)),
        (TELLS, lambda: _tells(pipeline)),
    ):
        try:
            yield build()
        except UndeterminedError as problem:
            holds = False if isinstance(problem, MissingPartError) else None
            fact = Fact(holds, MEDIA_CONVERT, "", f"both ends of: {kind}", str(problem))
            yield Edge(MEDIA_CONVERT, "a missing part", kind, (), (fact,))


def _has_jobs(pipeline: Pipeline, calls: SdkCalls) -> bool:
    """Whether the stack uses, or may use, MediaConvert."""
    if calls.operations(SERVICE):
        return True
    for part in (lambda: pipeline.mediaconvert_roles, lambda: pipeline.status_rule):
        try:
            return bool(part())
        except MissingPartError:
            continue
        except UndeterminedError:
            return True
    return False


def _submits(pipeline: Pipeline, calls: SdkCalls) -> Edge:
    function = pipeline.function
    queue, queue_arn = job_queue(pipeline)
    context = {"lambda:SourceFunctionArn": arn_of(function)}
    actions = {"mediaconvert:CreateJob"}.union(
        *(actions_of(SERVICE, operation) for operation in calls.operations(SERVICE))
    )
    needs = tuple(
        Need(
            action, pipeline.function_role, queue_arn, queue, context, (), "since its code calls it"
        )
        for action in sorted(actions)
    )
    return Edge(function, MEDIA_CONVERT, SUBMITS, needs, declared_by=function)


def _passes(pipeline: Pipeline) -> Edge:
    function, role = pipeline.function, pipeline.mediaconvert_role
    context = {"lambda:SourceFunctionArn": arn_of(function), "iam:PassedToService": MEDIACONVERT}
    why = "to give jobs a role"
    need = Need("iam:PassRole", pipeline.function_role, arn_of(role), role, context, why=why)
    return Edge(function, role, PASSES, (need,), declared_by=function)


def _works_under(pipeline: Pipeline) -> Edge:
    role = pipeline.mediaconvert_role
    context = source_keys(job_queue(pipeline)[1], account_of(pipeline.stack, role))
    why = "to run jobs"
    need = Need("sts:AssumeRole", MEDIACONVERT, arn_of(role), role, context, why=why)
    return Edge(MEDIA_CONVERT, role, WORKS_UNDER, (need,))


def _tells(pipeline: Pipeline) -> Edge:
    rule = pipeline.status_rule
    pattern = str(rule.get("event_pattern"))
    fact = Fact(True, rule, "event_pattern", "state changes of MediaConvert jobs", pattern)
    return Edge(MEDIA_CONVERT, rule, TELLS, (), (fact,))


def job_queue(pipeline: Pipeline) -> tuple[Resource | None, str | Unknown]:
    """The MediaConvert queue of the jobs: the one in the function's environment, else Default.

    Every account has a queue named Default.
    """
    function = pipeline.function
    texts = {leaf for _, leaf in leaves(pipeline.environment(function))}
    for queue in pipeline.stack.managed("aws_media_convert_queue"):
        names = (queue.get("arn"), queue.get("name"), queue.get("id"))
        if any(isinstance(name, str) and name in texts for name in names):
            return queue, arn_of(queue)
    location = location_of(pipeline.stack, function)
    if location is None:
        return None, UNKNOWN
    where = f"{location.partition}:mediaconvert:{location.region}:{location.account}"
    return None, f"arn:{where}:queues/Default"


def _reads(pipeline: Pipeline) -> Edge:
    bucket, role = pipeline.input_bucket, pipeline.mediaconvert_role
    scope = scope_below(bucket, "/*")
    needs = [
        Need(
            "s3:GetObject", role, arn_below(bucket, f"/{key}"), bucket, {}, scope, "to read uploads"
        )
        for key in announced_keys(pipeline)
    ]
    why = f"since {bucket} is encrypted"
    key_needs = caller_needs(pipeline.stack, bucket, role, ("kms:Decrypt",), why)
    return Edge(bucket, MEDIA_CONVERT, READ, (*needs, *key_needs))


def _writes(pipeline: Pipeline) -> Edge:
    bucket, role = pipeline.output_bucket, pipeline.mediaconvert_role
    arn = arn_of(bucket)
    about = arn_below(bucket, "/renditions/holiday film.mp4")
    scope = scope_below(bucket, "/*")
    if isinstance(arn, str):
        # A statement may allow only the prefix that the jobs write to.
        documents = [policy.document for policy in identity_policies(pipeline.stack, role)]
        about = next(named_objects(documents, arn, "s3:PutObject"), about)
    needs = tuple(rendition_needs(pipeline.stack, bucket, role, about, scope))
    return Edge(MEDIA_CONVERT, bucket, WRITES, needs)


def rendition_needs(
    stack: Stack,
    bucket: Resource | None,
    role: Resource,
    about: str | Unknown,
    scope: tuple[str, ...] = (),
) -> Iterator[Need]:
    """The permissions needed to write an object, and to use the bucket's key.

    Args:
        about: the ARN of the object.
        bucket: None for a bucket outside the stack.
    """
    yield Need("s3:PutObject", role, about, bucket, {}, scope, "to write renditions")
    if bucket is not None:
        # A multipart upload needs kms:Decrypt.
        actions = ("kms:GenerateDataKey", "kms:Decrypt")
        yield from caller_needs(stack, bucket, role, actions, f"since {bucket} is encrypted")
