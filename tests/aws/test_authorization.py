"""The condition keys that follow from a request, and the policies of an unknown resource."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.aws.authorization import PrincipalFacts, ResourceFacts, authorize, source_keys
from planproof.iam import Effect, PolicyDocument
from planproof.iam.context import Missing
from planproof.values import UNKNOWN, is_unknown
from tests.builders.parts import arn, role_arn
from tests.builders.policies import policy, statement
from tests.builders.stacks import ACCOUNT, SECOND_ACCOUNT

ALL = (PolicyDocument.parse(policy(statement("*")), "all"),)
WORKER = PrincipalFacts(role_arn("worker"), ALL, region="us-west-2")
ZONE = "arn:aws:route53:::hostedzone/Z1"
FILMS = "arn:aws:s3:::films"


@pytest.mark.parametrize(
    ("action", "resource", "located", "region"),
    [
        ("sqs:SendMessage", arn("sqs", "q"), "eu-west-1", "us-east-1"),
        ("s3:ListBucket", FILMS, "eu-west-1", "eu-west-1"),
        ("s3:ListBucket", FILMS, "", None),
        ("route53:GetHostedZone", ZONE, "", None),
        ("cloudwatch:PutMetricData", "*", "", "us-west-2"),
        ("sqs:SendMessage", UNKNOWN, "", "us-west-2"),
        ("iam:PassRole", role_arn("r"), "eu-west-1", None),
        ("sts:AssumeRole", role_arn("r"), "eu-west-1", None),
        ("iam:ListRoles", "*", "", None),
    ],
)
def test_the_requested_region(action: str, resource: Any, located: str, region: str | None) -> None:
    request, _ = authorize(action, WORKER, resource, ResourceFacts(region=located), {})
    expected = Missing.UNKNOWN if region is None else (region,)
    assert request.keys.get("aws:requestedregion") == expected


def test_what_the_asking_one_knows_overrides_what_follows() -> None:
    resource = arn("sqs", "q")
    given = {"aws:requestedregion": "eu-west-1", "aws:SecureTransport": False}
    request, _ = authorize("sqs:SendMessage", WORKER, resource, ResourceFacts(), given)
    assert request.keys.get("aws:requestedregion") == ("eu-west-1",)
    assert request.keys.get("aws:securetransport") == ("false",)


@pytest.mark.parametrize(
    ("source", "account", "keys"),
    [
        (arn("sns", "news"), None, (arn("sns", "news"), ACCOUNT)),
        (arn("sns", "news"), SECOND_ACCOUNT, (arn("sns", "news"), ACCOUNT)),
        (FILMS, ACCOUNT, (FILMS, ACCOUNT)),
        (FILMS, None, (FILMS, None)),
        (UNKNOWN, ACCOUNT, (None, ACCOUNT)),
        ("a bucket", None, (None, None)),
    ],
)
def test_the_source_that_a_service_sends(source: Any, account: str | None, keys: Any) -> None:
    found = source_keys(source, account)
    assert list(found) == ["aws:SourceArn", "aws:SourceAccount"]
    assert tuple(None if is_unknown(value) else value for value in found.values()) == keys


@pytest.mark.parametrize(
    ("action", "resource", "effect"),
    [
        ("sqs:SendMessage", arn("sqs", "q"), Effect.UNDETERMINED),
        ("mediaconvert:CreateJob", arn("mediaconvert", "queues/q"), Effect.ALLOWED),
        ("sqs:ListQueues", "*", Effect.ALLOWED),
    ],
)
def test_a_policy_that_is_not_known_may_deny(action: str, resource: str, effect: Effect) -> None:
    _, decision = authorize(action, WORKER, resource, ResourceFacts(), {})
    assert decision.effect is effect
