"""What is left of a policy that one grant was taken from."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from planproof.errors import UndeterminedError
from planproof.terraform.stack import Resource
from steps.support.lost_grants import Policies, without

QUEUES = ["arn:aws:sqs:us-east-1:123456789012:one", "arn:aws:sqs:us-east-1:123456789012:two"]


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        pytest.param(allow("sqs:SendMessage", QUEUES[0]), [], id="whole statement"),
        pytest.param(
            allow(["sqs:SendMessage", "sqs:ReceiveMessage"], QUEUES[0]),
            [allow(["sqs:ReceiveMessage"], QUEUES[0])],
            id="one of two actions",
        ),
        pytest.param(
            allow(["sqs:SendMessage", "sqs:ReceiveMessage"], QUEUES),
            [
                allow(["sqs:ReceiveMessage"], QUEUES),
                allow(["sqs:SendMessage"], [QUEUES[1]]),
            ],
            id="one of two resources",
        ),
        pytest.param(
            allow("sqs:SendMessage", QUEUES, Sid="S"),
            [allow(["sqs:SendMessage"], [QUEUES[1]], Sid="SElsewhere")],
            id="with a Sid of its own",
        ),
        pytest.param(allow("SQS:sendmessage", QUEUES[0]), [], id="spelled otherwise"),
        pytest.param(allow("sqs:SendMessage", f"{QUEUES[0]}/*"), [], id="what is in it"),
    ],
)
def test_takes_one_action_on_one_resource(
    statement: dict[str, Any], left: list[dict[str, Any]]
) -> None:
    found, count = without(document(statement), "sqs:SendMessage", QUEUES[0])
    assert found == document(*left)
    assert count == 1


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(allow("sqs:ReceiveMessage", QUEUES[0]), id="another action"),
        pytest.param(allow("sqs:SendMessage", QUEUES[1]), id="another resource"),
        pytest.param({**allow("sqs:SendMessage", QUEUES[0]), "Effect": "Deny"}, id="a denial"),
        pytest.param(
            allow("sqs:SendMessage", QUEUES[0], Principal={"Service": "s3.amazonaws.com"}),
            id="a service's grant",
        ),
    ],
)
def test_leaves_what_it_is_not_about(statement: dict[str, Any]) -> None:
    assert without(document(statement), "sqs:SendMessage", QUEUES[0]) == (document(statement), 0)


def test_takes_from_one_service_only() -> None:
    s3 = allow("sqs:SendMessage", "*", Principal={"Service": "s3.amazonaws.com"})
    events = allow("sqs:SendMessage", "*", Principal={"Service": "events.amazonaws.com"})
    found, count = without(document(s3, events), "sqs:SendMessage", "", "s3.amazonaws.com")
    assert found == document(events)
    assert count == 1


def test_no_part_of_a_pattern_can_be_taken() -> None:
    with pytest.raises(UndeterminedError, match=r"sqs:SendMessage is allowed by sqs:\*"):
        without(document(allow("sqs:*", QUEUES[0])), "sqs:SendMessage", QUEUES[0])


@pytest.fixture
def policies() -> Any:
    with mock_aws():
        yield Policies(lambda service: boto3.client(service, region_name="us-east-1"))


def resource(type_: str, **values: Any) -> Resource:
    return Resource(f"{type_}.x", "managed", type_, "x", None, "", values)


def test_a_role_has_its_policy_back_when_it_is_restored(policies: Policies) -> None:
    iam = policies.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(document()))
    own = iam.create_policy(
        PolicyName="p", PolicyDocument=json.dumps(document(allow("sqs:SendMessage", QUEUES)))
    )["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="r", PolicyArn=own)

    def deployed() -> Any:
        version = iam.get_policy(PolicyArn=own)["Policy"]["DefaultVersionId"]
        return iam.get_policy_version(PolicyArn=own, VersionId=version)["PolicyVersion"]["Document"]

    for _ in range(7):  # more often than a policy may have versions
        policies.take_from_role(resource("aws_iam_role", name="r"), "sqs:SendMessage", QUEUES[0])
        assert deployed() == document(allow(["sqs:SendMessage"], [QUEUES[1]]))
        policies.restore()
        assert deployed() == document(allow("sqs:SendMessage", QUEUES))


def test_a_grant_that_is_not_there_cannot_be_lost(policies: Policies) -> None:
    policies.client("iam").create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps(document())
    )
    role = resource("aws_iam_role", name="r")
    with pytest.raises(UndeterminedError, match=r"no policy of aws_iam_role\.x allows sqs:Send"):
        policies.take_from_role(role, "sqs:SendMessage", QUEUES[0])
    with pytest.raises(UndeterminedError, match=r"trust policy of aws_iam_role\.x does not name"):
        policies.take_from_trust(role, "lambda.amazonaws.com", "sts:AssumeRole")
