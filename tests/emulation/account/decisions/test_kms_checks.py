"""A service uses the KMS key of a resource on behalf of its caller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from planproof.emulation.account.model import ACCOUNT_ID
from tests.builders.policies import document
from tests.emulation.account.decisions.policy_account import (
    ALL_BUT_KEYS,
    OWNER,
    REGION,
    PolicyAccount,
    allow,
    arn,
    client,
)

ITEM = {"id": {"S": "1"}}
URL = f"http://127.0.0.1:5000/{ACCOUNT_ID}/work"
GENERATE, DECRYPT = "kms:GenerateDataKey", "kms:Decrypt"

USES: list[tuple[str, str, dict[str, Any], tuple[str, ...], str, str]] = [
    (
        "dynamodb",
        "PutItem",
        {"TableName": "assets", "Item": ITEM},
        (DECRYPT,),
        "AccessDeniedException",
        "KMS key access denied error: User: ",
    ),
    (
        "dynamodb",
        "Query",
        {"TableName": "assets", "IndexName": "i"},
        (DECRYPT,),
        "AccessDeniedException",
        "KMS key access denied error: User: ",
    ),
    (
        "sqs",
        "SendMessage",
        {"QueueUrl": URL},
        (GENERATE, DECRYPT),
        "KMS.AccessDeniedException",
        "User: ",
    ),
    ("sqs", "ReceiveMessage", {"QueueUrl": URL}, (DECRYPT,), "KMS.AccessDeniedException", "User: "),
    ("s3", "GetObject", {"Bucket": "uploads", "Key": "a"}, (DECRYPT,), "AccessDenied", "User: "),
    ("s3", "HeadObject", {"Bucket": "uploads", "Key": "a"}, (DECRYPT,), "AccessDenied", "User: "),
    ("s3", "PutObject", {"Bucket": "uploads", "Key": "b"}, (GENERATE,), "AccessDenied", "User: "),
    (
        "s3",
        "CreateMultipartUpload",
        {"Bucket": "uploads", "Key": "b"},
        (GENERATE,),
        "AccessDenied",
        "User: ",
    ),
    (
        "s3",
        "CopyObject",
        {"Bucket": "uploads", "Key": "b", "CopySource": "uploads/a"},
        (DECRYPT, GENERATE),
        "AccessDenied",
        "User: ",
    ),
    (
        "sns",
        "Publish",
        {"TopicArn": arn("sns", "topic")},
        (GENERATE, DECRYPT),
        "KMSAccessDenied",
        "User: ",
    ),
    (
        "secretsmanager",
        "GetSecretValue",
        {"SecretId": "secret"},
        (DECRYPT,),
        "AccessDeniedException",
        "Access to KMS is not allowed",
    ),
    (
        "ssm",
        "GetParameter",
        {"Name": "/secret", "WithDecryption": True},
        (DECRYPT,),
        "AccessDeniedException",
        "User: ",
    ),
    (
        "kinesis",
        "PutRecord",
        {"StreamName": "s"},
        (GENERATE,),
        "KMSAccessDeniedException",
        "User: ",
    ),
]
OTHERS: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "DescribeTable", {"TableName": "assets"}),
    ("sqs", "DeleteMessage", {"QueueUrl": URL}),
    ("sqs", "GetQueueAttributes", {"QueueUrl": URL}),
    ("s3", "DeleteObject", {"Bucket": "uploads", "Key": "a"}),
    ("s3", "ListObjectsV2", {"Bucket": "uploads"}),
    ("secretsmanager", "DescribeSecret", {"SecretId": "secret"}),
    ("ssm", "GetParameter", {"Name": "/secret"}),
]


@pytest.fixture(scope="module")
def encrypted() -> Iterator[tuple[PolicyAccount, str]]:
    """One encrypted resource of each kind; shared, because they are slow to create."""
    with mock_aws():
        account = PolicyAccount()
        key = account.key()
        create_encrypted_resources(account, key)
        yield account, key


def create_encrypted_resources(account: PolicyAccount, key: str) -> None:
    account.queue(key=key)
    account.table(key=key)
    account.bucket(key=key)
    client("s3").put_object(Bucket="uploads", Key="a", Body=b"x")
    client("sns").create_topic(Name="topic", Attributes={"KmsMasterKeyId": key})
    client("secretsmanager").create_secret(Name="secret", SecretString="x", KmsKeyId=key)
    client("ssm").put_parameter(Name="/secret", Value="x", Type="SecureString", KeyId=key)
    client("kinesis").create_stream(StreamName="s", ShardCount=1)
    client("kinesis").start_stream_encryption(StreamName="s", EncryptionType="KMS", KeyId=key)


@pytest.mark.parametrize("use", USES, ids=lambda use: f"{use[0]}-{use[1]}")
def test_key_use_needs_a_grant_of_the_caller(
    use: Any, encrypted: tuple[PolicyAccount, str]
) -> None:
    account, key = encrypted
    service, operation, parameters, actions, code, says = use
    through = {"StringEquals": {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}}
    account.grant(ALL_BUT_KEYS, allow(list(actions), key, through))
    assert account.call(service, operation, **parameters) is None
    for missing in actions:
        left = [one for one in actions if one != missing] or ["kms:Nothing"]
        account.grant(ALL_BUT_KEYS, allow(left, key, through))
        denial = account.call(service, operation, **parameters)
        assert denial is not None
        assert (denial.action, denial.resource, denial.code) == (missing, key, code)
        assert denial.message.startswith(says)
        if says.endswith("User: "):
            sentence = f"{missing} on resource: {key} because no identity-based policy allows the"
            assert sentence in denial.message


@pytest.mark.parametrize("use", USES, ids=lambda use: f"{use[0]}-{use[1]}")
def test_key_policy_suffices(use: Any, encrypted: tuple[PolicyAccount, str]) -> None:
    account, key = encrypted
    service, operation, parameters, actions, *_ = use
    lets = allow(list(actions), Principal={"AWS": account.role})
    account.grant(ALL_BUT_KEYS)
    assert account.call(service, operation, **parameters) is not None
    put_key_policy(key, OWNER, lets)
    try:
        assert account.call(service, operation, **parameters) is None
    finally:
        put_key_policy(key, OWNER)


def put_key_policy(key: str, *statements: Any) -> None:
    text = document(*statements)
    client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=text)


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: f"{other[0]}-{other[1]}")
def test_metadata_operation_needs_no_key(other: Any, encrypted: tuple[PolicyAccount, str]) -> None:
    account, _ = encrypted
    account.grant(ALL_BUT_KEYS)
    assert account.call(other[0], other[1], **other[2]) is None
