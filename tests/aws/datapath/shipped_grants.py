"""The grants of the shipped stack, and the edges of its data path that need each of them."""

from __future__ import annotations

from functools import cache
from typing import Any

from planproof.aws.datapath import Authority, DataPath, draw
from planproof.aws.sdk_calls import calls_of
from planproof.results import EdgeState
from planproof.terraform.stack import Stack
from steps.support.jobs import job_edges
from steps.support.pipeline import Pipeline
from tests.builders.shipped import shipped, shipped_package, with_document

FUNCTION = "aws_lambda_function.processor"
UPLOAD = "aws_s3_bucket.input notifies aws_sqs_queue.processing"
TAKE = f"aws_sqs_queue.processing is read by {FUNCTION}"
RUN = f"{FUNCTION} runs under aws_iam_role.function"
RECORD = f"{FUNCTION} calls aws_dynamodb_table.assets"
LOG = f"{FUNCTION} writes its log to aws_cloudwatch_log_group.function"
TRACE = f"{FUNCTION} sends traces to X-Ray"
SUBMIT = f"{FUNCTION} submits jobs to MediaConvert"
PASS = f"{FUNCTION} passes MediaConvert aws_iam_role.mediaconvert"
WORK = "MediaConvert works under aws_iam_role.mediaconvert"
READ = "aws_s3_bucket.input is read by MediaConvert"
WRITE = "MediaConvert writes to aws_s3_bucket.output"
STATE = "aws_cloudwatch_event_rule.job_state delivers events to aws_sqs_queue.status"
LEARN = f"aws_sqs_queue.status is read by {FUNCTION}"

POLICIES = {
    "aws_iam_policy.function": "policy",
    "aws_iam_policy.mediaconvert": "policy",
    "aws_iam_role.function": "assume_role_policy",
    "aws_iam_role.mediaconvert": "assume_role_policy",
    "aws_kms_key.media": "policy",
    "aws_sqs_queue_policy.processing": "policy",
    "aws_sqs_queue_policy.status": "policy",
}
# Address of the policy, Sid, action → the edges that break without that grant.
BREAKS: dict[tuple[str, str, str], set[str]] = {
    ("aws_sqs_queue_policy.processing", "InputBucketSends", "sqs:SendMessage"): {UPLOAD},
    ("aws_sqs_queue_policy.status", "JobStateRuleSends", "sqs:SendMessage"): {STATE},
    ("aws_kms_key.media", "InputBucketToEncryptedQueue", "kms:GenerateDataKey"): {UPLOAD},
    ("aws_kms_key.media", "InputBucketToEncryptedQueue", "kms:Decrypt"): {UPLOAD},
    ("aws_kms_key.media", "JobStateRuleToEncryptedQueue", "kms:GenerateDataKey"): {STATE},
    ("aws_kms_key.media", "JobStateRuleToEncryptedQueue", "kms:Decrypt"): {STATE},
    ("aws_kms_key.media", "FunctionLogGroup", "kms:Decrypt"): {LOG},
    ("aws_kms_key.media", "FunctionLogGroup", "kms:DescribeKey"): {LOG},
    ("aws_kms_key.media", "FunctionLogGroup", "kms:Encrypt"): {LOG},
    ("aws_kms_key.media", "FunctionLogGroup", "kms:GenerateDataKey"): {LOG},
    ("aws_kms_key.media", "FunctionLogGroup", "kms:GenerateDataKeyWithoutPlaintext"): {LOG},
    ("aws_kms_key.media", "FunctionLogGroup", "kms:ReEncryptFrom"): {LOG},
    ("aws_kms_key.media", "FunctionLogGroup", "kms:ReEncryptTo"): {LOG},
    # Without it the key does not listen to IAM policies.
    ("aws_kms_key.media", "AccountAdministration", "kms:*"): {TAKE, LEARN, RECORD, READ, WRITE},
    ("aws_iam_role.function", "Lambda", "sts:AssumeRole"): {RUN},
    ("aws_iam_role.mediaconvert", "MediaConvertOfThisAccount", "sts:AssumeRole"): {WORK},
    ("aws_iam_policy.function", "TakeMessages", "sqs:DeleteMessage"): {TAKE, LEARN},
    ("aws_iam_policy.function", "TakeMessages", "sqs:GetQueueAttributes"): {TAKE, LEARN},
    ("aws_iam_policy.function", "TakeMessages", "sqs:ReceiveMessage"): {TAKE, LEARN},
    ("aws_iam_policy.function", "KeepRecords", "dynamodb:GetItem"): {RECORD},
    ("aws_iam_policy.function", "KeepRecords", "dynamodb:PutItem"): {RECORD},
    ("aws_iam_policy.function", "KeepRecords", "dynamodb:UpdateItem"): {RECORD},
    ("aws_iam_policy.function", "SubmitJob", "mediaconvert:CreateJob"): {SUBMIT},
    ("aws_iam_policy.function", "SubmitJob", "mediaconvert:ListJobs"): {SUBMIT},
    ("aws_iam_policy.function", "PassMediaConvertRole", "iam:PassRole"): {PASS},
    ("aws_iam_policy.function", "DecryptThroughServices", "kms:Decrypt"): {TAKE, LEARN, RECORD},
    ("aws_iam_policy.function", "WriteLog", "logs:CreateLogStream"): {LOG},
    ("aws_iam_policy.function", "WriteLog", "logs:PutLogEvents"): {LOG},
    ("aws_iam_policy.function", "SendTraces", "xray:PutTelemetryRecords"): {TRACE},
    ("aws_iam_policy.function", "SendTraces", "xray:PutTraceSegments"): {TRACE},
    ("aws_iam_policy.mediaconvert", "ReadInput", "s3:GetObject"): {READ},
    ("aws_iam_policy.mediaconvert", "WriteOutput", "s3:PutObject"): {WRITE},
    ("aws_iam_policy.mediaconvert", "UseKeyThroughS3", "kms:Decrypt"): {READ, WRITE},
    ("aws_iam_policy.mediaconvert", "UseKeyThroughS3", "kms:GenerateDataKey"): {WRITE},
}


def draw_path(stack: Stack) -> DataPath:
    calls = calls_of(shipped_package())
    drawn = draw(stack, lambda _: calls, handled=frozenset({"mediaconvert"}))
    return drawn.with_edges(job_edges(Pipeline(stack), calls))


@cache
def shipped_path() -> DataPath:
    return draw_path(shipped())


def edge_states(stack: Stack) -> dict[str, EdgeState]:
    """The state of each edge of the shipped path under a stack's policies."""
    authority = Authority(stack)
    return {str(edge): authority.judge(edge).state for edge in draw_path(stack)}


def actions_of(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def without_grant(stack: Stack, address: str, sid: str, action: str) -> Stack:
    """The stack without one action of one statement."""

    def edit(document: dict[str, Any]) -> None:
        for statement in document["Statement"]:
            if statement["Sid"] == sid:
                left = [one for one in actions_of(statement) if one != action]
                # A statement needs an action: this one exists nowhere.
                statement["Action"] = left or "planproof:Nothing"

    return with_document(stack, address, edit, POLICIES[address])
