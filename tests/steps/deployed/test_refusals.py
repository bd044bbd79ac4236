"""A revoked permission is refused first, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from planproof.errors import UndeterminedError
from steps import deployed as steps
from steps import deployed_grants as grants
from steps import deployed_outcome as outcome
from steps.support.revoked_grants import DeployedPolicies
from steps.support.traffic import text_of
from tests.steps.deployed.driver import Driver

ROLE = "the role of the function"


@pytest.fixture
def policies(driver: Driver) -> Iterator[DeployedPolicies]:
    changed = DeployedPolicies(driver.scenario.traffic.client)
    yield changed
    changed.restore()


def lose(driver: Driver, policies: DeployedPolicies, who: str, action: str, what: str) -> None:
    grants.grant_revoked(driver.scenario, driver.pipeline, policies, who, action, what)


def upload_and_wait(driver: Driver) -> None:
    steps.clip_uploaded(driver.scenario, "opening.mp4")
    steps.time_passes(driver.scenario, "30", "second")


@pytest.mark.parametrize(
    ("who", "action", "what"),
    [
        ("S3", "sqs:SendMessage", "the processing queue"),
        ("EventBridge", "kms:GenerateDataKey", "the key"),
        ("Lambda", "sts:AssumeRole", ROLE),
        (ROLE, "sqs:DeleteMessage", "the processing queue"),
        (ROLE, "mediaconvert:CreateJob", "MediaConvert"),
        (ROLE, "iam:PassRole", "the role of MediaConvert"),
        ("the role of MediaConvert", "s3:PutObject", "the output bucket"),
    ],
)
def test_a_revoked_grant_is_refused(
    driver: Driver, policies: DeployedPolicies, who: str, action: str, what: str
) -> None:
    lose(driver, policies, who, action, what)
    upload_and_wait(driver)
    driver.check(grants.refused_there, who, action)
    driver.fails(outcome.nothing_refused, match="expected every call allowed, found")
    other = "dynamodb:PutItem"
    driver.fails(grants.refused_there, who, other, match=f"expected {other} refused to {who}")


def test_another_principals_refusal_does_not_count(
    driver: Driver, policies: DeployedPolicies
) -> None:
    lose(driver, policies, "S3", "kms:Decrypt", "the key")
    upload_and_wait(driver)
    driver.check(grants.refused_there, "S3", "kms:Decrypt")
    for who in ("EventBridge", ROLE, "the role of MediaConvert"):
        driver.fails(grants.refused_there, who, "kms:Decrypt", match="before anything else")


def test_an_earlier_refusal_fails(driver: Driver, policies: DeployedPolicies) -> None:
    lose(driver, policies, ROLE, "mediaconvert:CreateJob", "MediaConvert")
    lose(driver, policies, ROLE, "dynamodb:PutItem", "the assets table")
    upload_and_wait(driver)
    driver.check(grants.refused_there, ROLE, "dynamodb:PutItem")
    driver.fails(
        grants.refused_there, ROLE, "mediaconvert:CreateJob", match="found.*dynamodb:PutItem"
    )


def test_an_unused_revoked_grant_is_not_refused(driver: Driver, policies: DeployedPolicies) -> None:
    lose(driver, policies, ROLE, "xray:PutTraceSegments", "MediaConvert")
    upload_and_wait(driver)
    driver.fails(grants.refused_there, ROLE, "xray:PutTraceSegments", match="found nothing refused")
    driver.check(outcome.nothing_refused)


def test_a_grant_in_another_policy_is_not_refused(
    driver: Driver, policies: DeployedPolicies
) -> None:
    iam, role = driver.client("iam"), text_of(driver.pipeline.function_role, "name")
    allowed = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    lose(driver, policies, ROLE, "dynamodb:PutItem", "the assets table")
    iam.put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=document)
    try:
        upload_and_wait(driver)
        driver.fails(grants.refused_there, ROLE, "dynamodb:PutItem", match="found nothing refused")
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="more")


def test_refusals_before_the_scenario_do_not_count(
    driver: Driver, policies: DeployedPolicies
) -> None:
    lose(driver, policies, "S3", "sqs:SendMessage", "the processing queue")
    upload_and_wait(driver)
    policies.restore()
    driver.scenario.reset_baseline()
    driver.upload("closing.mp4")
    driver.check(outcome.nothing_refused)
    driver.fails(grants.refused_there, "S3", "sqs:SendMessage", match="found nothing refused")


def test_without_calls_nothing_is_proven(driver: Driver) -> None:
    driver.fails(outcome.nothing_refused, match="0 calls and deliveries")
    driver.upload()
    driver.scenario.traffic.uploads.clear()
    driver.undetermined(outcome.nothing_refused, match="nothing is proven")


def test_policies_are_restored(driver: Driver, policies: DeployedPolicies) -> None:
    for who, action, what in (
        ("S3", "kms:Decrypt", "the key"),
        ("S3", "sqs:SendMessage", "the processing queue"),
        ("MediaConvert", "sts:AssumeRole", "the role of MediaConvert"),
        (ROLE, "kms:Decrypt", "the key"),
    ):
        lose(driver, policies, who, action, what)
    policies.restore()
    driver.upload()
    driver.check(outcome.one_job_each, "COMPLETE")
    driver.check(outcome.nothing_refused)


@pytest.mark.parametrize(
    ("who", "action", "what", "match"),
    [
        (ROLE, "sqs:SendMessage", "the processing queue", "no policy of .* allows sqs:SendMess"),
        (
            "SNS",
            "sqs:SendMessage",
            "the processing queue",
            "has no statement for sns.amazonaws.com",
        ),
        (
            "S3",
            "sqs:SendMessage",
            "MediaConvert",
            "'MediaConvert' has no policy that could grant S3",
        ),
        (
            "S3",
            "s3:GetObject",
            "the input bucket",
            "cannot be revoked: name an IAM role, an SQS queue",
        ),
        (
            "the cleaner",
            "s3:GetObject",
            "the input bucket",
            "'the cleaner' names no principal or resource",
        ),
    ],
)
def test_a_grant_that_does_not_exist_cannot_be_revoked(
    driver: Driver, policies: DeployedPolicies, who: str, action: str, what: str, match: str
) -> None:
    with pytest.raises(UndeterminedError, match=match):
        lose(driver, policies, who, action, what)
