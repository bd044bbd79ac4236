"""In how many ways a request can name what it is about, service by service."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.decisions.call_checks import checks_of
from planproof.emulation.account.decisions.checks import CheckedCall, PermissionCheck
from planproof.emulation.account.decisions.passed_roles import passed_roles
from planproof.emulation.account.model import ACCOUNT_ID, ApiCall
from planproof.values import UNKNOWN
from tests.emulation.account.decisions.policy_account import REGION, arn, client

TOPIC, STREAM = arn("sns", "topic"), arn("kinesis", "stream/s")
TABLE_STREAM = arn("dynamodb", "table/t/stream/2026-01-01T00:00:00.000")
MACHINE = arn("states", "stateMachine:m")
ITERATOR = base64.b64encode(b"s:shardId-000000000000:0").decode()
NAMED: list[tuple[str, str, dict[str, Any], list[tuple[str, object]]]] = [
    ("dynamodb", "DescribeTable", {"TableName": "t"}, [("DescribeTable", "table/t")]),
    (
        "dynamodb",
        "TagResource",
        {"ResourceArn": arn("dynamodb", "table/t")},
        [("TagResource", "table/t")],
    ),
    (
        "dynamodbstreams",
        "GetRecords",
        {"ShardIterator": f"{TABLE_STREAM}|1|AAA"},
        [("dynamodb:GetRecords", TABLE_STREAM)],
    ),
    (
        "dynamodbstreams",
        "DescribeStream",
        {"StreamArn": TABLE_STREAM},
        [("dynamodb:DescribeStream", TABLE_STREAM)],
    ),
    (
        "dynamodb",
        "ExecuteStatement",
        {"Statement": "nothing known"},
        [("PartiQLSelect", UNKNOWN)],
    ),
    (
        "dynamodb",
        "BatchExecuteStatement",
        {"Statements": [{"Statement": "DELETE FROM t WHERE id = ?"}]},
        [("PartiQLDelete", "table/t")],
    ),
    ("sns", "CreateTopic", {"Name": "topic"}, [("CreateTopic", TOPIC)]),
    ("sns", "Publish", {"TargetArn": TOPIC}, [("Publish", TOPIC)]),
    ("sns", "Publish", {"PhoneNumber": "+1"}, [("Publish", UNKNOWN)]),
    ("sns", "ListTopics", {}, [("ListTopics", "*")]),
    ("sqs", "CreateQueue", {"QueueName": "q"}, [("CreateQueue", arn("sqs", "q"))]),
    ("events", "PutEvents", {"Entries": []}, [("PutEvents", UNKNOWN)]),
    ("dynamodb", "TransactGetItems", {}, [("GetItem", UNKNOWN)]),
    ("cloudwatch", "PutMetricData", {"Namespace": "n"}, [("PutMetricData", "*")]),
    ("cloudwatch", "ListMetrics", {}, [("ListMetrics", "*")]),
    (
        "events",
        "PutEvents",
        {"Entries": [{"EventBusName": arn("events", "event-bus/b")}]},
        [("PutEvents", arn("events", "event-bus/b"))],
    ),
    ("events", "PutTargets", {"Rule": "r"}, [("PutTargets", arn("events", "rule/r"))]),
    ("events", "ListEventBuses", {}, [("ListEventBuses", "*")]),
    (
        "events",
        "DescribeArchive",
        {"ArchiveName": "a"},
        [("DescribeArchive", arn("events", "archive/a"))],
    ),
    (
        "logs",
        "DescribeLogGroups",
        {},
        [("DescribeLogGroups", arn("logs", "log-group::log-stream:"))],
    ),
    (
        "logs",
        "CreateLogGroup",
        {"logGroupName": "/a"},
        [("CreateLogGroup", arn("logs", "log-group:/a:log-stream:"))],
    ),
    (
        "logs",
        "FilterLogEvents",
        {"logGroupIdentifier": arn("logs", "log-group:/a")},
        [("FilterLogEvents", arn("logs", "log-group:/a:log-stream:"))],
    ),
    (
        "logs",
        "PutDestinationPolicy",
        {"destinationName": "d"},
        [("PutDestinationPolicy", arn("logs", "destination:d"))],
    ),
    ("kinesis", "GetRecords", {"StreamARN": STREAM}, [("GetRecords", STREAM)]),
    ("kinesis", "GetRecords", {"ShardIterator": ITERATOR}, [("GetRecords", STREAM)]),
    ("kinesis", "GetRecords", {"ShardIterator": "/"}, [("GetRecords", UNKNOWN)]),
    ("kinesis", "ListStreams", {}, [("ListStreams", "*")]),
    ("lambda", "ListFunctions", {}, [("ListFunctions", "*")]),
    (
        "lambda",
        "GetFunction",
        {"FunctionName": f"{ACCOUNT_ID}:function:f:live"},
        [("GetFunction", arn("lambda", "function:f"))],
    ),
    (
        "lambda",
        "Invoke",
        {"FunctionName": "f:live"},
        [("InvokeFunction", arn("lambda", "function:f:live"))],
    ),
    ("secretsmanager", "ListSecrets", {}, [("ListSecrets", "*")]),
    ("secretsmanager", "GetSecretValue", {"SecretId": "none"}, [("GetSecretValue", UNKNOWN)]),
    (
        "ssm",
        "GetParameters",
        {"Names": ["/a", arn("ssm", "parameter/b")]},
        [
            ("GetParameters", arn("ssm", "parameter/a")),
            ("GetParameters", arn("ssm", "parameter/b")),
        ],
    ),
    (
        "ssm",
        "GetParametersByPath",
        {"Path": "/a/"},
        [("GetParametersByPath", arn("ssm", "parameter/a/"))],
    ),
    ("ssm", "DescribeParameters", {}, [("DescribeParameters", "*")]),
    ("stepfunctions", "DescribeStateMachine", {"stateMachineArn": MACHINE}, [("", MACHINE)]),
    ("stepfunctions", "ListStateMachines", {}, [("", "*")]),
    ("stepfunctions", "CreateStateMachine", {"name": "m"}, [("", MACHINE)]),
    (
        "mediaconvert",
        "GetQueue",
        {"Name": "q"},
        [("GetQueue", arn("mediaconvert", "queues/q"))],
    ),
    (
        "mediaconvert",
        "TagResource",
        {"Arn": arn("mediaconvert", "presets/p")},
        [("TagResource", arn("mediaconvert", "presets/p"))],
    ),
    ("mediaconvert", "GetPolicy", {}, [("GetPolicy", "*")]),
    (
        "s3",
        "CopyObject",
        {"Bucket": "b", "Key": "k"},
        [("GetObject", UNKNOWN), ("PutObject", "arn:aws:s3:::b/k")],
    ),
    (
        "s3",
        "CopyObject",
        {"Bucket": "b", "Key": "k", "CopySource": "a/x%20y?versionId=7"},
        [("GetObjectVersion", "arn:aws:s3:::a/x y"), ("PutObject", "arn:aws:s3:::b/k")],
    ),
    (
        "s3",
        "GetObject",
        {"Bucket": "b", "Key": "k", "VersionId": "7"},
        [("GetObjectVersion", "arn:aws:s3:::b/k")],
    ),
    ("s3", "GetBucketPolicy", {"Bucket": "b"}, [("GetBucketPolicy", "arn:aws:s3:::b")]),
    ("kms", "ListKeys", {}, [("ListKeys", "*")]),
    ("kms", "GenerateRandom", {}, [("GenerateRandom", "*")]),
    ("kms", "Decrypt", {}, [("Decrypt", UNKNOWN)]),
]


@pytest.fixture(autouse=True, scope="module")
def empty() -> Iterator[None]:
    with mock_aws():
        yield


def checks(service: str, operation: str, **parameters: Any) -> list[PermissionCheck]:
    call = ApiCall(service, operation, parameters, REGION)
    return list(checks_of(CheckedCall(call, AccountState(ACCOUNT_ID))))


@pytest.mark.parametrize("case", NAMED, ids=lambda case: f"{case[0]}-{case[1]}-{'-'.join(case[2])}")
def test_resource_of_a_call(case: Any) -> None:
    service, operation, parameters, expected = case
    found = checks(service, operation, **parameters)
    wanted = [
        (action, arn("dynamodb", about) if str(about).startswith("table/") else about)
        for action, about in expected
    ]
    for check, (action, about) in zip(found, wanted, strict=True):
        assert check.action.endswith(action or operation)
        assert check.resource is about or check.resource == about
        assert bool(check.reason) is (about is UNKNOWN)


def test_re_encrypt_needs_both_keys() -> None:
    kms = client("kms")
    first, second = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    blob = kms.encrypt(KeyId=first, Plaintext=b"x")["CiphertextBlob"]
    context = {"DestinationEncryptionContext": {"a": "b"}}
    found = checks("kms", "ReEncrypt", CiphertextBlob=blob, DestinationKeyId=second, **context)
    assert [(check.action, check.resource) for check in found] == [
        ("kms:ReEncryptFrom", first),
        ("kms:ReEncryptTo", second),
    ]
    assert found[1].context["kms:EncryptionContext:a"] == "b"
    assert "kms:EncryptionContext:a" not in found[0].context
    found = checks("kms", "CreateAlias", AliasName="alias/new", TargetKeyId=first)
    assert [check.resource for check in found] == [first, arn("kms", "alias/new")]


def test_secure_strings_of_a_path_need_decrypt() -> None:
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    secure = {"Type": "SecureString", "KeyId": key}
    client("ssm").put_parameter(Name="/p/one", Value="x", **secure)
    client("ssm").put_parameter(Name="/p/two", Value="x", Type="String")
    _, used = checks("ssm", "GetParametersByPath", Path="/p", WithDecryption=True)
    assert (used.action, used.resource) == ("kms:Decrypt", key)
    name = "kms:EncryptionContext:PARAMETER_ARN"
    assert used.context[name] == arn("ssm", "parameter/p/one")
    _, written = checks("ssm", "PutParameter", Name="/p/new", Value="x", **secure)
    assert (written.action, written.resource) == ("kms:Encrypt", key)


def test_secret_is_written_with_its_key() -> None:
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    made = client("secretsmanager").create_secret(Name="s", SecretString="x", KmsKeyId=key)
    found = checks("secretsmanager", "PutSecretValue", SecretId=made["ARN"], SecretString="y")
    assert [(check.action, check.resource) for check in found] == [
        ("secretsmanager:PutSecretValue", made["ARN"]),
        ("kms:GenerateDataKey", key),
        ("kms:Decrypt", key),
    ]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "roles"),
    [
        ("events", "PutTargets", {"Targets": [{"RoleArn": "a"}, {}, {"RoleArn": "b"}]}, "ab"),
        ("scheduler", "CreateSchedule", {"Target": {"RoleArn": "a"}}, "a"),
        ("stepfunctions", "UpdateStateMachine", {"roleArn": "a"}, "a"),
        ("lambda", "UpdateFunctionConfiguration", {"MemorySize": 256}, ""),
        ("mediaconvert", "CreateJob", {"Role": "a"}, ""),
    ],
)
def test_passed_roles_of_a_call(
    service: str, operation: str, parameters: dict[str, Any], roles: str
) -> None:
    call = CheckedCall(ApiCall(service, operation, parameters, REGION), AccountState(ACCOUNT_ID))
    assert "".join(role for role, _ in passed_roles(call)) == roles
