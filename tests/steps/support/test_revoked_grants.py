"""Policies after one permission was revoked."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto import mock_aws

from planproof.errors import UndeterminedError
from steps.support.revoked_grants import DeployedPolicies, without_grant
from tests.builders.policies import document, policy, statement
from tests.builders.stacks import resource

QUEUES = ["arn:aws:sqs:us-east-1:123456789012:one", "arn:aws:sqs:us-east-1:123456789012:two"]


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        pytest.param(statement("sqs:SendMessage", QUEUES[0]), [], id="whole statement"),
        pytest.param(
            statement(["sqs:SendMessage", "sqs:ReceiveMessage"], QUEUES[0]),
            [statement(["sqs:ReceiveMessage"], QUEUES[0])],
            id="one of two actions",
        ),
        pytest.param(
            statement(["sqs:SendMessage", "sqs:ReceiveMessage"], QUEUES),
            [
                statement(["sqs:ReceiveMessage"], QUEUES),
                statement(["sqs:SendMessage"], [QUEUES[1]]),
            ],
            id="one of two resources",
        ),
        pytest.param(
            statement("sqs:SendMessage", QUEUES, Sid="S"),
            [statement(["sqs:SendMessage"], [QUEUES[1]], Sid="SElsewhere")],
            id="with a Sid of its own",
        ),
        pytest.param(statement("SQS:sendmessage", QUEUES[0]), [], id="spelled otherwise"),
        pytest.param(statement("sqs:SendMessage", f"{QUEUES[0]}/*"), [], id="what is in it"),
    ],
)
def test_one_action_on_one_resource_is_removed(
    statement: dict[str, Any], left: list[dict[str, Any]]
) -> None:
    found, count = without_grant(policy(statement), "sqs:SendMessage", QUEUES[0])
    assert found == policy(*left)
    assert count == 1


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(statement("sqs:ReceiveMessage", QUEUES[0]), id="another action"),
        pytest.param(statement("sqs:SendMessage", QUEUES[1]), id="another resource"),
        pytest.param({**statement("sqs:SendMessage", QUEUES[0]), "Effect": "Deny"}, id="a denial"),
        pytest.param(
            statement("sqs:SendMessage", QUEUES[0], Principal={"Service": "s3.amazonaws.com"}),
            id="a service's grant",
        ),
    ],
)
def test_other_statements_are_kept(statement: dict[str, Any]) -> None:
    assert without_grant(policy(statement), "sqs:SendMessage", QUEUES[0]) == (policy(statement), 0)


def test_only_one_service_loses_the_action() -> None:
    s3 = statement("sqs:SendMessage", "*", Principal={"Service": "s3.amazonaws.com"})
    events = statement("sqs:SendMessage", "*", Principal={"Service": "events.amazonaws.com"})
    found, count = without_grant(policy(s3, events), "sqs:SendMessage", "", "s3.amazonaws.com")
    assert found == policy(events)
    assert count == 1


def test_a_pattern_cannot_be_split() -> None:
    with pytest.raises(
        UndeterminedError, match=r"sqs:SendMessage is allowed by the pattern sqs:\*"
    ):
        without_grant(policy(statement("sqs:*", QUEUES[0])), "sqs:SendMessage", QUEUES[0])


@pytest.fixture
def policies() -> Any:
    with mock_aws():
        yield DeployedPolicies(lambda service: boto3.client(service, region_name="us-east-1"))


def test_restore_puts_the_policy_back(policies: DeployedPolicies) -> None:
    iam = policies.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=document())
    own = iam.create_policy(
        PolicyName="p", PolicyDocument=document(statement("sqs:SendMessage", QUEUES))
    )["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="r", PolicyArn=own)

    def deployed() -> Any:
        version = iam.get_policy(PolicyArn=own)["Policy"]["DefaultVersionId"]
        return iam.get_policy_version(PolicyArn=own, VersionId=version)["PolicyVersion"]["Document"]

    for _ in range(7):  # more often than a policy may have versions
        policies.revoke_from_role(
            resource("aws_iam_role.x", name="r"), "sqs:SendMessage", QUEUES[0]
        )
        assert deployed() == policy(statement(["sqs:SendMessage"], [QUEUES[1]]))
        policies.restore()
        assert deployed() == policy(statement("sqs:SendMessage", QUEUES))


def test_a_missing_grant_cannot_be_revoked(policies: DeployedPolicies) -> None:
    policies.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=document())
    role = resource("aws_iam_role.x", name="r")
    with pytest.raises(UndeterminedError, match=r"no policy of aws_iam_role\.x allows sqs:Send"):
        policies.revoke_from_role(role, "sqs:SendMessage", QUEUES[0])
    with pytest.raises(
        UndeterminedError, match=r"trust policy of aws_iam_role\.x has no statement for lambda"
    ):
        policies.revoke_from_trust(role, "lambda.amazonaws.com", "sts:AssumeRole")
