"""Whether MediaConvert can assume a role, read the uploads and write the renditions."""

from __future__ import annotations

import pytest

from planproof.errors import UndeterminedError
from planproof.evidence import Recorder
from planproof.values import UNKNOWN, Verdict
from steps.access import (
    may_read_input,
    may_write_output,
    mediaconvert_has_role,
    the_mediaconvert_role,
)
from steps.support.access import Access
from steps.support.pipeline import MEDIACONVERT, Pipeline
from tests.builders.parts import inline_policy, role
from tests.builders.policies import allow, statement
from tests.builders.resolved_stacks import broken, policy_evidence, verdict
from tests.builders.stacks import ACCOUNT, REGION, DeclaredResource, declare, stack

QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:uploads"
GOOD, BAD, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.UNDETERMINED


def pipeline(*items: DeclaredResource, **filters: str) -> Pipeline:
    blocks = [{"queue_arn": QUEUE_ARN, **filters}]
    return Pipeline(
        stack(
            declare("aws_s3_bucket.films", bucket="films", id="films", arn="arn:aws:s3:::films"),
            declare("aws_s3_bucket.clips", bucket="clips", id="clips", arn="arn:aws:s3:::clips"),
            declare("aws_s3_bucket_notification.n", bucket="films", queue=blocks),
            declare("aws_sqs_queue.uploads", name="uploads", arn=QUEUE_ARN),
            declare(
                "aws_lambda_event_source_mapping.m", event_source_arn=QUEUE_ARN, function_name="f"
            ),
            declare("aws_lambda_function.f", function_name="f", environment=[]),
            role("converter", MEDIACONVERT),
            *items,
        )
    )


def reading(*items: DeclaredResource, **filters: str) -> Recorder:
    found, evidence = pipeline(*items, **filters), Recorder()
    policies = policy_evidence(found.stack, evidence)
    may_read_input(Access(found, found.mediaconvert_role, policies))
    return evidence


def writing(*items: DeclaredResource) -> Recorder:
    found, evidence = pipeline(*items), Recorder()
    policies = policy_evidence(found.stack, evidence)
    may_write_output(Access(found, found.mediaconvert_role, policies))
    return evidence


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:GetObject", "arn:aws:s3:::films/*", GOOD),
        ("s3:Get*", "*", GOOD),
        ("s3:GetObject", "arn:aws:s3:::films", BAD),
        ("s3:GetObject", "arn:aws:s3:::clips/*", BAD),
        ("s3:GetObject", "arn:aws:s3:::films/in/*", BAD),
        ("s3:ListBucket", "arn:aws:s3:::films/*", BAD),
    ],
)
def test_reading_the_uploads(action: str, resource: str, expected: Verdict) -> None:
    assert (
        verdict(reading(inline_policy(statement(action, resource), role="converter"))) is expected
    )


def test_reading_is_needed_where_uploads_are_announced() -> None:
    below = inline_policy(statement("s3:GetObject", "arn:aws:s3:::films/in/*"), role="converter")
    assert verdict(reading(below, filter_prefix="in/")) is GOOD
    assert verdict(reading(below, filter_prefix="out/")) is BAD
    only_mp4 = inline_policy(
        statement("s3:GetObject", "arn:aws:s3:::films/*.mp4"), role="converter"
    )
    assert verdict(reading(only_mp4, filter_suffix=".mp4")) is GOOD
    assert verdict(reading(only_mp4)) is BAD


def test_without_a_statement_reading_fails() -> None:
    assert verdict(reading()) is BAD
    assert broken(reading())[0][0] == "aws_iam_role.converter"


def test_an_unknown_condition_leaves_reading_undetermined() -> None:
    tagged = {"StringEquals": {"s3:ExistingObjectTag/kind": "film"}}
    assert (
        verdict(
            reading(
                inline_policy(statement("s3:GetObject", "*", Condition=tagged), role="converter")
            )
        )
        is OPEN
    )
    unknown = inline_policy(role="converter", policy=UNKNOWN)
    assert verdict(reading(unknown)) is OPEN


def test_a_bucket_policy_can_deny_reading() -> None:
    refusal = allow("s3:*", "*", Effect="Deny", Principal="*")
    policy = declare("aws_s3_bucket_policy.b", bucket="films", policy=refusal)
    assert verdict(reading(inline_policy(statement("s3:*", "*"), role="converter"), policy)) is BAD
    insecure = allow(
        "s3:*",
        "*",
        Effect="Deny",
        Principal="*",
        Condition={"Bool": {"aws:SecureTransport": "false"}},
    )
    policy = declare("aws_s3_bucket_policy.b", bucket="films", policy=insecure)
    assert verdict(reading(inline_policy(statement("s3:*", "*"), role="converter"), policy)) is GOOD


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:PutObject", "arn:aws:s3:::clips/*", GOOD),
        ("s3:PutObject", "arn:aws:s3:::clips/renditions/*", GOOD),
        ("s3:PutObject", "arn:aws:s3:::clips/out/*", GOOD),
        ("s3:*", "*", GOOD),
        ("s3:PutObject", "arn:aws:s3:::clips", BAD),
        ("s3:PutObject", "arn:aws:s3:::films/*", BAD),
        ("s3:GetObject", "arn:aws:s3:::clips/*", BAD),
    ],
)
def test_writing_the_renditions(action: str, resource: str, expected: Verdict) -> None:
    assert (
        verdict(writing(inline_policy(statement(action, resource), role="converter"))) is expected
    )


def test_without_a_statement_writing_fails() -> None:
    assert verdict(writing()) is BAD


def test_an_arn_that_is_not_known_is_undetermined() -> None:
    hidden = role("converter", MEDIACONVERT, arn=UNKNOWN)
    with pytest.raises(UndeterminedError, match=r"ARN of aws_iam_role\.converter is unknown"):
        reading(hidden)


def test_a_role_for_mediaconvert() -> None:
    evidence = Recorder()
    mediaconvert_has_role(pipeline(), evidence)
    assert verdict(evidence) is GOOD
    assert evidence.evidence[0].address == "aws_iam_role.converter"


def test_no_role_for_mediaconvert() -> None:
    evidence = Recorder()
    mediaconvert_has_role(pipeline(role("converter")), evidence)
    assert broken(evidence) == [("aws_iam_role", "", "none among aws_iam_role.converter", "")]


def test_without_a_role_nothing_can_be_read_or_written() -> None:
    evidence = Recorder()
    there = pipeline(role("converter"))
    assert the_mediaconvert_role(there, policy_evidence(there.stack, evidence)) is None
    assert broken(evidence) == [("aws_iam_role", "", "none among aws_iam_role.converter", "")]


def test_an_unknown_trust_policy_is_no_evidence() -> None:
    evidence = Recorder()
    hidden = pipeline(role("converter", assume_role_policy=UNKNOWN))
    with pytest.raises(UndeterminedError):
        the_mediaconvert_role(hidden, policy_evidence(hidden.stack, evidence))
    assert evidence.evidence == []
    there = pipeline(role("converter", MEDIACONVERT))
    access = the_mediaconvert_role(there, policy_evidence(there.stack, evidence))
    assert access is not None
    assert access.role is there.stack["aws_iam_role.converter"]
    assert evidence.evidence == []


def test_an_unknown_trust_policy_leaves_the_role_undetermined() -> None:
    with pytest.raises(UndeterminedError):
        mediaconvert_has_role(pipeline(role("converter", assume_role_policy=UNKNOWN)), Recorder())
