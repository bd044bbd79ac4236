"""The condition keys of a request."""

from __future__ import annotations

from typing import Any

import pytest

from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.decisions.call_checks import checks_of
from planproof.emulation.account.decisions.checks import CheckedCall
from planproof.emulation.account.model import ACCOUNT_ID, ApiCall
from planproof.values import UNKNOWN
from tests.emulation.account.decisions.policy_account import (
    NOW,
    REGION,
    PolicyAccount,
    allow,
    arn,
    client,
)

URL = f"http://127.0.0.1:5000/{ACCOUNT_ID}/work"
GET: dict[str, Any] = {"TableName": "assets", "Key": {"id": {"S": "1"}}}


def checks(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
    """The condition keys of a call's first check."""
    call = ApiCall(service, operation, parameters, REGION)
    return dict(next(iter(checks_of(CheckedCall(call, AccountState(ACCOUNT_ID))))).context)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": REGION}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT_ID}}, True),
        ({"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT_ID}:role/worker"}}, True),
        ({"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT_ID}:role/other"}}, False),
        ({"StringLike": {"aws:userid": "*:session"}}, True),
        ({"StringLike": {"aws:userid": "*:other"}}, False),
        ({"StringEquals": {"aws:PrincipalTag/team": "media"}}, True),
        ({"StringEquals": {"aws:PrincipalTag/team": "other"}}, False),
        ({"StringEquals": {"aws:PrincipalTag/none": "media"}}, False),
        ({"StringEquals": {"aws:ResourceTag/stage": "dev"}}, True),
        ({"StringEquals": {"aws:ResourceTag/stage": "live"}}, False),
        ({"Null": {"aws:SourceArn": "true"}}, True),
        ({"Bool": {"aws:ViaAWSService": "true"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, False),
        ({"NumericLessThan": {"aws:EpochTime": "1"}}, False),
    ],
    ids=str,
)
def test_global_condition_keys(
    condition: dict[str, Any], holds: bool, account: PolicyAccount
) -> None:
    account.queue()
    client("sqs").tag_queue(QueueUrl=URL, Tags={"stage": "dev"})
    client("iam").tag_role(RoleName="worker", Tags=[{"Key": "team", "Value": "media"}])
    account.grant(allow("sqs:SendMessage", "*", condition))
    denial = account.call("sqs", "SendMessage", QueueUrl=URL)
    assert (denial is None) is holds
    assert denial is None or not denial.undetermined


def test_current_time_is_the_accounts(account: PolicyAccount) -> None:
    account.grant(allow("sqs:*", "*", {"NumericGreaterThan": {"aws:EpochTime": str(int(NOW))}}))
    assert account.call("sqs", "SendMessage", QueueUrl=URL) is not None
    account.fake.clock.at += 2
    assert account.call("sqs", "SendMessage", QueueUrl=URL) is None


def test_source_function_arn(account: PolicyAccount) -> None:
    function = account.function("session")
    named = {"ArnEquals": {"lambda:SourceFunctionArn": function}}
    account.grant(allow("sqs:SendMessage", "*", named))
    assert account.call("sqs", "SendMessage", QueueUrl=URL, instance="one") is None
    denial = account.call("sqs", "SendMessage", QueueUrl=URL)
    assert denial is not None
    assert not denial.undetermined
    client("lambda").delete_function(FunctionName="session")
    denial = account.call("sqs", "SendMessage", QueueUrl=URL, instance="one")
    assert denial is not None
    assert denial.undetermined


def test_leading_keys(account: PolicyAccount) -> None:
    account.table()
    own = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["own-*"]}}
    account.grant(allow("dynamodb:*", "*", own))

    def item(value: str) -> dict[str, Any]:
        return {"id": {"S": value}, "a": {"N": "1"}}

    def put(*values: str) -> dict[str, Any]:
        requests = [{"PutRequest": {"Item": item(value)}} for value in values]
        return {"RequestItems": {"assets": requests}}

    calls: list[tuple[str, dict[str, Any], bool]] = [
        ("PutItem", {"TableName": "assets", "Item": item("own-1")}, True),
        ("PutItem", {"TableName": "assets", "Item": item("other")}, False),
        ("GetItem", {"TableName": "assets", "Key": {"id": {"S": "own-1"}}}, True),
        ("BatchWriteItem", put("own-1", "own-2"), True),
        ("BatchWriteItem", put("own-1", "other"), False),
    ]
    for operation, parameters, allowed in calls:
        assert (account.call("dynamodb", operation, **parameters) is None) is allowed, operation
    query = account.call("dynamodb", "Query", TableName="assets", KeyConditionExpression="id = :i")
    assert query is not None
    assert query.undetermined


@pytest.mark.parametrize(
    ("more", "attributes"),
    [
        ({}, ["id"]),
        ({"ProjectionExpression": "#s, title.main, #d.x[0]"}, ["deep", "id", "state", "title"]),
        (
            {
                "UpdateExpression": "SET #s = if_not_exists(tries, :none) ADD seen :one",
                "ConditionExpression": "attribute_not_exists(id) AND size(#d) > :n",
            },
            ["deep", "id", "seen", "state", "tries"],
        ),
    ],
)
def test_attributes_of_expressions(
    more: dict[str, Any], attributes: object, account: PolicyAccount
) -> None:
    names = {"#s": "state", "#d": "deep"}
    keys = checks("dynamodb", "GetItem", **GET, **more, ExpressionAttributeNames=names)
    assert keys["dynamodb:Attributes"] == attributes


def test_attributes_of_legacy_parameters_are_unknown() -> None:
    keys = checks("dynamodb", "GetItem", **GET, AttributesToGet=["a"])
    assert keys["dynamodb:Attributes"] is UNKNOWN


def test_enclosing_operation_of_a_transaction(account: PolicyAccount) -> None:
    keys = checks("dynamodb", "TransactGetItems", TransactItems=[{"Get": GET}])
    assert keys["dynamodb:EnclosingOperation"] == "TransactGetItems"
    assert checks("dynamodb", "GetItem", **GET)["dynamodb:EnclosingOperation"] is None


def test_s3_keys_repeat_parameters(account: PolicyAccount) -> None:
    account.bucket()
    below = {"StringLike": {"s3:prefix": "own/*"}}
    sealed = {"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    account.grant(allow("s3:ListBucket", "*", below), allow("s3:PutObject", "*", sealed))
    named = {"Bucket": "uploads"}
    assert account.call("s3", "ListObjectsV2", **named, Prefix="own/a") is None
    assert account.call("s3", "ListObjectsV2", **named, Prefix="other") is not None
    assert account.call("s3", "ListObjectsV2", **named) is not None
    assert account.call("s3", "PutObject", **named, Key="k", ServerSideEncryption="AES256") is None
    denial = account.call("s3", "PutObject", **named, Key="k")
    assert denial is not None
    assert not denial.undetermined


def test_request_object_tags(account: PolicyAccount) -> None:
    keys = checks("s3", "PutObject", Bucket="uploads", Key="k", Tagging="a=b&c=d")
    assert keys["s3:RequestObjectTag/a"] == "b"
    assert keys["s3:RequestObjectTagKeys"] == ["a", "c"]


def test_metric_namespace(account: PolicyAccount) -> None:
    own = {"StringEquals": {"cloudwatch:namespace": "own"}}
    account.grant(allow("cloudwatch:PutMetricData", "*", own))
    assert account.call("cloudwatch", "PutMetricData", Namespace="own", MetricData=[]) is None
    assert account.call("cloudwatch", "PutMetricData", Namespace="other", MetricData=[]) is not None


def test_event_source(account: PolicyAccount) -> None:
    own = {"StringEquals": {"events:source": "own.app"}}
    account.grant(allow("events:PutEvents", arn("events", "event-bus/default"), own))
    assert account.call("events", "PutEvents", Entries=[{"Source": "own.app"}]) is None
    entries = [{"Source": "own.app"}, {"Source": "other"}]
    assert account.call("events", "PutEvents", Entries=entries) is not None


def test_secret_by_name_and_by_arn(account: PolicyAccount) -> None:
    secret = client("secretsmanager").create_secret(Name="s", SecretString="x")["ARN"]
    current = {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}
    account.grant(allow("secretsmanager:GetSecretValue", secret, current))
    for name in ("s", secret):
        assert account.call("secretsmanager", "GetSecretValue", SecretId=name) is None
    old = {"SecretId": "s", "VersionStage": "AWSPREVIOUS"}
    assert account.call("secretsmanager", "GetSecretValue", **old) is not None
    denial = account.call("secretsmanager", "GetSecretValue", SecretId="none")
    assert denial is not None
    assert denial.undetermined
