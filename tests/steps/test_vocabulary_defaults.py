"""The steps for any stack over what the sources leave unset, with AWS's default or without one."""

from __future__ import annotations

import pytest

from planproof.terraform.stack import Stack
from planproof.values import UNKNOWN, Verdict
from tests.builders.resolved_stacks import verdict
from tests.builders.stacks import DeclaredResource, declare, stack
from tests.steps.vocabulary_steps import run

GOOD, BAD, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.UNDETERMINED


def left(address: str, *names: str, **values: object) -> DeclaredResource:
    """A resource whose sources leave these attributes and blocks to AWS."""
    return declare(address, **dict.fromkeys(names, UNKNOWN), **values, computed=names)


MODEL: Stack = stack(
    left(
        "aws_dynamodb_table.t",
        "point_in_time_recovery",
        "server_side_encryption",
        deletion_protection_enabled=None,
        restore_source_name=None,
        restore_source_table_arn=None,
    ),
    left("aws_s3_bucket.b", "acl", "policy", "versioning", bucket="b", id="b"),
    left("aws_sqs_queue.q", "sqs_managed_sse_enabled", "policy", kms_master_key_id=None),
    left("aws_lambda_function.f", "ephemeral_storage", "tracing_config"),
    left("aws_ebs_volume.v", "encrypted"),
    sources="",
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("every DynamoDB table has point_in_time_recovery.enabled set to true", BAD),
        ("every DynamoDB table has point_in_time_recovery.enabled set to false", GOOD),
        ("every DynamoDB table has server_side_encryption.enabled set to true", BAD),
        ("every DynamoDB table has deletion_protection_enabled set to true", BAD),
        ("every DynamoDB table sets point_in_time_recovery.enabled", BAD),
        ("no DynamoDB table sets point_in_time_recovery.enabled", GOOD),
        ("no DynamoDB table sets point_in_time_recovery", GOOD),
        ("every DynamoDB table has point_in_time_recovery.recovery_period_in_days set to 35", OPEN),
        ("every S3 bucket sets policy", BAD),
        ("every S3 bucket has policy matching .*", OPEN),
        ("every S3 bucket has acl matching private", GOOD),
        ("every S3 bucket has acl matching public-.*", BAD),
        ("every S3 bucket has versioning.enabled set to true", BAD),
        ("every SQS queue has sqs_managed_sse_enabled set to true", GOOD),
        ("every SQS queue has sqs_managed_sse_enabled set to false", BAD),
        ("every SQS queue sets sqs_managed_sse_enabled", BAD),
        ("every Lambda function has ephemeral_storage.size of at most 512", GOOD),
        ("every Lambda function has ephemeral_storage.size of at least 513", BAD),
        ("every Lambda function has tracing_config.mode set to Active", BAD),
        ("every aws_ebs_volume has encrypted set to true", OPEN),
        ("every aws_ebs_volume has encrypted set to false", OPEN),
    ],
)
def test_the_verdict_on_what_is_left_unset(words: str, expected: Verdict) -> None:
    assert verdict(run(MODEL, words)) is expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "every DynamoDB table has point_in_time_recovery.enabled set to true",
            "false, AWS's default: not set in the sources",
        ),
        (
            "every SQS queue sets sqs_managed_sse_enabled",
            "true, AWS's default: not set in the sources",
        ),
        ("every S3 bucket sets policy", "not set in the sources"),
        ("every aws_ebs_volume has encrypted set to true", "not set in the sources"),
    ],
)
def test_the_evidence_says_what_the_default_is_and_who_set_it(words: str, said: str) -> None:
    (item,) = run(MODEL, words).evidence
    assert item.found == said
