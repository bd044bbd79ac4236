"""Where did AWS refuse something, and was it there?"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from planproof.errors import UndeterminedError
from steps import deployed as steps
from steps import deployed_grants as grants
from steps import deployed_outcome as outcome
from steps.support.lost_grants import Policies
from steps.support.traffic import text_of
from tests.steps.deployed.play import Play

ROLE = "the role of the function"


@pytest.fixture
def policies(play: Play) -> Iterator[Policies]:
    changed = Policies(play.scene.traffic.client)
    yield changed
    changed.restore()


def lose(play: Play, policies: Policies, who: str, action: str, what: str) -> None:
    grants.taken_away(play.scene, play.pipeline, policies, who, action, what)


def goes_on(play: Play) -> None:
    steps.clip_uploaded(play.scene, "opening.mp4")
    steps.time_passes(play.scene, "30", "second")


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
    play: Play, policies: Policies, who: str, action: str, what: str
) -> None:
    lose(play, policies, who, action, what)
    goes_on(play)
    play.judged(grants.refused_there, who, action)
    play.fails(outcome.nothing_refused, said="expected every call allowed, found")
    other = "dynamodb:PutItem"
    play.fails(grants.refused_there, who, other, said=f"expected {other} refused to {who}")


def test_a_refusal_of_somebody_else_is_another(play: Play, policies: Policies) -> None:
    lose(play, policies, "S3", "kms:Decrypt", "the key")
    goes_on(play)
    play.judged(grants.refused_there, "S3", "kms:Decrypt")
    for who in ("EventBridge", ROLE, "the role of MediaConvert"):
        play.fails(grants.refused_there, who, "kms:Decrypt", said="before anything else")


def test_what_is_refused_before_counts(play: Play, policies: Policies) -> None:
    lose(play, policies, ROLE, "mediaconvert:CreateJob", "MediaConvert")
    lose(play, policies, ROLE, "dynamodb:PutItem", "the assets table")
    goes_on(play)
    play.judged(grants.refused_there, ROLE, "dynamodb:PutItem")
    play.fails(grants.refused_there, ROLE, "mediaconvert:CreateJob", said="found.*dynamodb:PutItem")


def test_a_grant_that_nobody_misses_is_not_refused(play: Play, policies: Policies) -> None:
    lose(play, policies, ROLE, "xray:PutTraceSegments", "MediaConvert")
    goes_on(play)
    play.fails(grants.refused_there, ROLE, "xray:PutTraceSegments", said="found nothing refused")
    play.judged(outcome.nothing_refused)


def test_a_grant_that_stands_twice_is_not_lost(play: Play, policies: Policies) -> None:
    iam, role = play.client("iam"), text_of(play.pipeline.function_role, "name")
    allowed = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    lose(play, policies, ROLE, "dynamodb:PutItem", "the assets table")
    iam.put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=document)
    try:
        goes_on(play)
        play.fails(grants.refused_there, ROLE, "dynamodb:PutItem", said="found nothing refused")
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="more")


def test_what_was_refused_before_the_scenario_does_not_count(
    play: Play, policies: Policies
) -> None:
    lose(play, policies, "S3", "sqs:SendMessage", "the processing queue")
    goes_on(play)
    policies.restore()
    play.scene.forget()
    play.goes("closing.mp4")
    play.judged(outcome.nothing_refused)
    play.fails(grants.refused_there, "S3", "sqs:SendMessage", said="found nothing refused")


def test_where_nothing_was_asked_nothing_was_allowed(play: Play) -> None:
    play.fails(outcome.nothing_refused, said="0 calls and deliveries")
    play.goes()
    play.scene.traffic.uploads.clear()
    play.cannot_tell(outcome.nothing_refused, said="nothing is proven")


def test_policies_are_as_they_were(play: Play, policies: Policies) -> None:
    for who, action, what in (
        ("S3", "kms:Decrypt", "the key"),
        ("S3", "sqs:SendMessage", "the processing queue"),
        ("MediaConvert", "sts:AssumeRole", "the role of MediaConvert"),
        (ROLE, "kms:Decrypt", "the key"),
    ):
        lose(play, policies, who, action, what)
    policies.restore()
    play.goes()
    play.judged(outcome.one_job_each, "COMPLETE")
    play.judged(outcome.nothing_refused)


@pytest.mark.parametrize(
    ("who", "action", "what", "said"),
    [
        (ROLE, "sqs:SendMessage", "the processing queue", "no policy of .* allows sqs:SendMess"),
        ("SNS", "sqs:SendMessage", "the processing queue", "does not name sns.amazonaws.com"),
        ("S3", "sqs:SendMessage", "MediaConvert", "has no policy that S3 could be taken out"),
        ("S3", "s3:GetObject", "the input bucket", "has not been defined: name a role, a queue"),
        ("the cleaner", "s3:GetObject", "the input bucket", "it is not known what 'the cleaner'"),
    ],
)
def test_what_nobody_has_cannot_be_lost(
    play: Play, policies: Policies, who: str, action: str, what: str, said: str
) -> None:
    with pytest.raises(UndeterminedError, match=said):
        lose(play, policies, who, action, what)
