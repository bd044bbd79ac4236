"""The shipped pipeline without one grant, one case for each way to write a grant."""

from __future__ import annotations

from tests.pipelines.compliance import SHIPPED, Case, Edit, remove_statement, together

FUNCTION = "aws_lambda_function.processor"
UPLOAD = "aws_s3_bucket.input notifies aws_sqs_queue.processing"
STATE = "aws_cloudwatch_event_rule.job_state delivers events to aws_sqs_queue.status"
WORK = "MediaConvert works under aws_iam_role.mediaconvert"
TRUST = Edit(
    "terraform/access.tf",
    'Principal = { Service = "mediaconvert.amazonaws.com" }',
    'Principal = { Service = "elastictranscoder.amazonaws.com" }',
)


def _cut(edit: Edit, address: str, edge: str) -> Case:
    return Case(
        edge,
        SHIPPED,
        (edit,),
        "REQ-14",
        address,
        features=("features/data_path.feature",),
        requirements=frozenset({"REQ-14"}),
    )


def _lost(file: str, sid: str, address: str, edge: str) -> Case:
    return _cut(remove_statement(f"terraform/{file}.tf", sid), address, edge)


CUTS = [
    _lost("queues", "InputBucketSends", "aws_sqs_queue.processing", UPLOAD),
    _lost("encryption", "InputBucketToEncryptedQueue", "aws_kms_key.media", UPLOAD),
    _lost("queues", "JobStateRuleSends", "aws_sqs_queue.status", STATE),
    _lost("encryption", "JobStateRuleToEncryptedQueue", "aws_kms_key.media", STATE),
    _lost(
        "access",
        "SubmitJob",
        "aws_iam_role.function",
        f"{FUNCTION} submits jobs to MediaConvert",
    ),
    _lost(
        "access",
        "PassMediaConvertRole",
        "aws_iam_role.function",
        f"{FUNCTION} passes MediaConvert aws_iam_role.mediaconvert",
    ),
    _cut(TRUST, "aws_iam_role.mediaconvert", WORK),
    _lost(
        "access",
        "ReadInput",
        "aws_iam_role.mediaconvert",
        "aws_s3_bucket.input is read by MediaConvert",
    ),
    _lost(
        "access",
        "WriteOutput",
        "aws_iam_role.mediaconvert",
        "MediaConvert writes to aws_s3_bucket.output",
    ),
    _lost(
        "access",
        "KeepRecords",
        "aws_iam_role.function",
        f"{FUNCTION} calls aws_dynamodb_table.assets",
    ),
]

BATCHES = [(together(cuts), cuts) for cuts in (CUTS[::2], CUTS[1::2])]
"""Grants of different edges, as one case to judge, and each of them."""
