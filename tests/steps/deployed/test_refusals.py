"""Where did AWS refuse something, and was it there?"""

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
from tests.steps.deployed.scenario_driver import ScenarioDriver

ROLE = "the role of the function"


@pytest.fixture
def deployed_policies(driver: ScenarioDriver) -> Iterator[DeployedPolicies]:
    changed = DeployedPolicies(driver.scenario.traffic.client)
    yield changed
    changed.restore()


def lose(
    driver: ScenarioDriver, deployed_policies: DeployedPolicies, who: str, action: str, what: str
) -> None:
    grants.grant_revoked(driver.scenario, driver.pipeline, deployed_policies, who, action, what)


def upload_and_wait(driver: ScenarioDriver) -> None:
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
def test_a_lost_grant_is_refused_there(
    driver: ScenarioDriver, deployed_policies: DeployedPolicies, who: str, action: str, what: str
) -> None:
    lose(driver, deployed_policies, who, action, what)
    upload_and_wait(driver)
    driver.check(grants.refused_there, who, action)
    driver.expect_failure(outcome.nothing_refused, match="expected every call allowed, found")
    other = "dynamodb:PutItem"
    driver.expect_failure(
        grants.refused_there, who, other, match=f"expected {other} refused to {who}"
    )


def test_a_refusal_of_somebody_else_is_another(
    driver: ScenarioDriver, deployed_policies: DeployedPolicies
) -> None:
    lose(driver, deployed_policies, "S3", "kms:Decrypt", "the key")
    upload_and_wait(driver)
    driver.check(grants.refused_there, "S3", "kms:Decrypt")
    for who in ("EventBridge", ROLE, "the role of MediaConvert"):
        driver.expect_failure(
            grants.refused_there, who, "kms:Decrypt", match="before anything else"
        )


def test_what_is_refused_before_counts(
    driver: ScenarioDriver, deployed_policies: DeployedPolicies
) -> None:
    lose(driver, deployed_policies, ROLE, "mediaconvert:CreateJob", "MediaConvert")
    lose(driver, deployed_policies, ROLE, "dynamodb:PutItem", "the assets table")
    upload_and_wait(driver)
    driver.check(grants.refused_there, ROLE, "dynamodb:PutItem")
    driver.expect_failure(
        grants.refused_there, ROLE, "mediaconvert:CreateJob", match="found.*dynamodb:PutItem"
    )


def test_a_grant_that_nobody_misses_is_not_refused(
    driver: ScenarioDriver, deployed_policies: DeployedPolicies
) -> None:
    lose(driver, deployed_policies, ROLE, "xray:PutTraceSegments", "MediaConvert")
    upload_and_wait(driver)
    driver.expect_failure(
        grants.refused_there, ROLE, "xray:PutTraceSegments", match="found nothing refused"
    )
    driver.check(outcome.nothing_refused)


def test_a_grant_that_stands_twice_is_not_lost(
    driver: ScenarioDriver, deployed_policies: DeployedPolicies
) -> None:
    iam, role = driver.client("iam"), text_of(driver.pipeline.function_role, "name")
    allowed = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    lose(driver, deployed_policies, ROLE, "dynamodb:PutItem", "the assets table")
    iam.put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=document)
    try:
        upload_and_wait(driver)
        driver.expect_failure(
            grants.refused_there, ROLE, "dynamodb:PutItem", match="found nothing refused"
        )
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="more")


def test_what_was_refused_before_the_scenario_does_not_count(
    driver: ScenarioDriver, deployed_policies: DeployedPolicies
) -> None:
    lose(driver, deployed_policies, "S3", "sqs:SendMessage", "the processing queue")
    upload_and_wait(driver)
    deployed_policies.restore()
    driver.scenario.reset_baseline()
    driver.upload_and_settle("closing.mp4")
    driver.check(outcome.nothing_refused)
    driver.expect_failure(
        grants.refused_there, "S3", "sqs:SendMessage", match="found nothing refused"
    )


def test_where_nothing_was_asked_nothing_was_allowed(driver: ScenarioDriver) -> None:
    driver.expect_failure(outcome.nothing_refused, match="0 calls and deliveries")
    driver.upload_and_settle()
    driver.scenario.traffic.uploads.clear()
    driver.expect_undetermined(outcome.nothing_refused, match="nothing is proven")


def test_policies_are_as_they_were(
    driver: ScenarioDriver, deployed_policies: DeployedPolicies
) -> None:
    for who, action, what in (
        ("S3", "kms:Decrypt", "the key"),
        ("S3", "sqs:SendMessage", "the processing queue"),
        ("MediaConvert", "sts:AssumeRole", "the role of MediaConvert"),
        (ROLE, "kms:Decrypt", "the key"),
    ):
        lose(driver, deployed_policies, who, action, what)
    deployed_policies.restore()
    driver.upload_and_settle()
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
def test_what_nobody_has_cannot_be_lost(
    driver: ScenarioDriver,
    deployed_policies: DeployedPolicies,
    who: str,
    action: str,
    what: str,
    match: str,
) -> None:
    with pytest.raises(UndeterminedError, match=match):
        lose(driver, deployed_policies, who, action, what)
