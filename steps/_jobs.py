"""The part of the data path that runs through MediaConvert, which AWS lets work in a role's name.

Sources: MediaConvert User Guide, "Setting up IAM permissions" and "Cross-service confused deputy
prevention"; S3 User Guide, "Using server-side encryption with AWS KMS keys" (a multipart upload
needs ``kms:Decrypt`` as well).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from planproof.datapath import Edge, Fact, Need
from planproof.datapath.keys import caller_needs
from planproof.datapath.places import account_of, arn_of, below, place_of
from planproof.function_calls import Calls
from planproof.policies import identity_policies
from planproof.stack import Resource
from planproof.values import UNKNOWN, Unknown, leaves
from steps._objects import announced_keys, named_objects
from steps.pipeline import MEDIACONVERT, Pipeline

SERVICE: Final = "mediaconvert"
MEDIA_CONVERT: Final = "MediaConvert"
SUBMITS: Final = "submits jobs to"
PASSES: Final = "passes MediaConvert"
WORKS_UNDER: Final = "works under"
READ: Final = "is read by"
WRITES: Final = "writes to"
TELLS: Final = "tells job states to"


def job_edges(pipeline: Pipeline, calls: Calls) -> Iterator[Edge]:
    """From the function to MediaConvert, to the buckets, and back to the rule.

    Raises:
        UndeterminedError: a part of the pipeline is missing, or there are several candidates.
    """
    function, role = pipeline.function, pipeline.mediaconvert_role
    own = pipeline.function_role
    queue, queue_arn = job_queue(pipeline)
    context = {"lambda:SourceFunctionArn": arn_of(function)}
    submits = tuple(
        Need(action, own, queue_arn, queue, context, why="since its code calls it")
        for action in sorted(calls.actions(SERVICE) | {"mediaconvert:CreateJob"})
    )
    yield Edge(function, MEDIA_CONVERT, SUBMITS, submits, declared_by=function)
    passed = {**context, "iam:PassedToService": MEDIACONVERT}
    why = "to say which role a job runs under"
    need = Need("iam:PassRole", own, arn_of(role), role, passed, why=why)
    yield Edge(function, role, PASSES, (need,), declared_by=function)
    yield Edge(MEDIA_CONVERT, role, WORKS_UNDER, (_assumes(pipeline, role, queue_arn),))
    yield _reads(pipeline, role)
    yield _writes(pipeline, role)
    rule = pipeline.status_rule
    fact = Fact(True, rule, "event_pattern", "job state changes", str(rule.get("event_pattern")))
    yield Edge(MEDIA_CONVERT, rule, TELLS, (), (fact,))


def job_queue(pipeline: Pipeline) -> tuple[Resource | None, str | Unknown]:
    """The MediaConvert queue that jobs go to: the one the function is told of, else the default.

    Every account has a queue named Default from the start.
    """
    function = pipeline.function
    texts = {leaf for _, leaf in leaves(pipeline.environment(function))}
    for queue in pipeline.stack.managed("aws_media_convert_queue"):
        names = (queue.get("arn"), queue.get("name"), queue.get("id"))
        if any(isinstance(name, str) and name in texts for name in names):
            return queue, arn_of(queue)
    place = place_of(pipeline.stack, function)
    if place is None:
        return None, UNKNOWN
    where = f"{place.partition}:mediaconvert:{place.region}:{place.account}"
    return None, f"arn:{where}:queues/Default"


def _assumes(pipeline: Pipeline, role: Resource, queue_arn: str | Unknown) -> Need:
    context = {
        "aws:SourceArn": queue_arn,
        "aws:SourceAccount": account_of(pipeline.stack, role) or UNKNOWN,
    }
    why = "to run jobs under it"
    return Need("sts:AssumeRole", MEDIACONVERT, arn_of(role), role, context, why=why)


def _reads(pipeline: Pipeline, role: Resource) -> Edge:
    bucket = pipeline.input_bucket
    scope = tuple(s for s in (below(bucket, "/*"),) if isinstance(s, str))
    needs = [
        Need("s3:GetObject", role, below(bucket, f"/{key}"), bucket, {}, scope, "to read uploads")
        for key in announced_keys(pipeline)
    ]
    why = f"since {bucket} is encrypted"
    key_needs = caller_needs(pipeline.stack, bucket, role, ("kms:Decrypt",), why)
    return Edge(bucket, MEDIA_CONVERT, READ, (*needs, *key_needs))


def _writes(pipeline: Pipeline, role: Resource) -> Edge:
    bucket = pipeline.output_bucket
    arn = arn_of(bucket)
    about = below(bucket, "/renditions/holiday film.mp4")
    scope = tuple(s for s in (below(bucket, "/*"),) if isinstance(s, str))
    if isinstance(arn, str):
        # A grant may be for the prefix alone that the function has the jobs write to.
        documents = [policy.document for policy in identity_policies(pipeline.stack, role)]
        about = next(named_objects(documents, arn, "s3:PutObject"), about)
    need = Need("s3:PutObject", role, about, bucket, {}, scope, "to write renditions")
    why = f"since {bucket} is encrypted"
    # Decrypt joins the parts of a multipart upload.
    actions = ("kms:GenerateDataKey", "kms:Decrypt")
    key_needs = caller_needs(pipeline.stack, bucket, role, actions, why)
    return Edge(MEDIA_CONVERT, bucket, WRITES, (need, *key_needs))
