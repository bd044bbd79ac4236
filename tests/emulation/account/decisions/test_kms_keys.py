"""Which key is used, and who may use it: by id, alias and grant, with the context it is used in."""

from __future__ import annotations

import pytest

from planproof.emulation.account.model import ACCOUNT_ID, Denial
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


def sends(account: PolicyAccount) -> Denial | None:
    account.grant(ALL_BUT_KEYS)
    return account.call("sqs", "SendMessage", QueueUrl=URL)


def test_key_by_id_or_alias(account: PolicyAccount) -> None:
    key = account.key()
    client("kms").create_alias(AliasName="alias/own", TargetKeyId=key)
    for name in (key.rpartition("/")[2], "alias/own", arn("kms", "alias/own")):
        client("sqs").set_queue_attributes(
            QueueUrl=client("sqs").create_queue(QueueName="work")["QueueUrl"],
            Attributes={"KmsMasterKeyId": name},
        )
        denial = sends(account)
        assert denial is not None
        assert denial.resource == key


def test_aws_managed_key_needs_no_grant(account: PolicyAccount) -> None:
    account.queue(key="alias/aws/sqs")
    assert sends(account) is None
    client("dynamodb").create_table(
        TableName="assets",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True},
    )
    assert account.call("dynamodb", "PutItem", TableName="assets", Item=ITEM) is None


def test_missing_key_is_denied(account: PolicyAccount) -> None:
    gone = arn("kms", "key/0f6337be-2c7f-57d4-a55f-1d70c048e8ca")
    account.queue(key=gone)
    account.grant(allow("*"))
    denial = account.call("sqs", "SendMessage", QueueUrl=URL)
    assert denial is not None
    assert f"there is no KMS key {gone}" in denial.because


def test_key_policy_without_iam_denies(account: PolicyAccount) -> None:
    key = account.key()
    account.queue(key=key)
    account.grant(allow("*"))
    assert account.call("sqs", "SendMessage", QueueUrl=URL) is None
    lone = allow("kms:*", Principal={"AWS": account.make_role("other")})
    client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=document(lone))
    denial = account.call("sqs", "SendMessage", QueueUrl=URL)
    assert denial is not None
    assert "because no resource-based policy allows the kms:GenerateDataKey" in denial.message


def test_grant_constrains_encryption_context(account: PolicyAccount) -> None:
    key = account.key()
    queue = account.queue(key=key)
    for subset, allowed in (({"aws:sqs:arn": queue + "x"}, False), ({"aws:sqs:arn": queue}, True)):
        client("kms").create_grant(
            KeyId=key,
            GranteePrincipal=account.role,
            Operations=["GenerateDataKey", "Decrypt"],
            Constraints={"EncryptionContextEquals": subset},
        )
        assert (sends(account) is None) is allowed


@pytest.mark.parametrize("whole", [True, False])
def test_bucket_key_has_the_bucket_as_context(whole: bool, account: PolicyAccount) -> None:
    key = account.key()
    bucket = account.bucket(key=key, whole=whole)
    client("s3").put_object(Bucket="uploads", Key="a", Body=b"x")
    about = bucket if whole else f"{bucket}/a"
    condition = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": about}}
    account.grant(ALL_BUT_KEYS, allow("kms:*", key, condition))
    for operation in ("GetObject", "PutObject"):
        assert account.call("s3", operation, Bucket="uploads", Key="a") is None
    refused = account.call("s3", "PutObject", Bucket="uploads", Key="b")
    assert (refused is None) is whole


def test_object_is_read_with_its_key(account: PolicyAccount) -> None:
    first, second = account.key(), account.key()
    account.bucket(key=first)
    own = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": second}
    client("s3").put_object(Bucket="uploads", Key="a", Body=b"x", **own)
    account.grant(ALL_BUT_KEYS, allow("kms:*", first))
    denial = account.call("s3", "GetObject", Bucket="uploads", Key="a")
    assert denial is not None
    assert denial.resource == second
    denial = account.call("s3", "PutObject", Bucket="uploads", Key="a", **own)
    assert denial is not None
    assert denial.resource == second
    assert account.call("s3", "PutObject", Bucket="uploads", Key="a") is None


def test_upload_parts_need_decrypt(account: PolicyAccount) -> None:
    key = account.key()
    account.bucket(key=key)
    upload = client("s3").create_multipart_upload(Bucket="uploads", Key="a")["UploadId"]
    account.grant(ALL_BUT_KEYS, allow("kms:GenerateDataKey", key))
    named = {"Bucket": "uploads", "Key": "a"}
    assert account.call("s3", "CreateMultipartUpload", **named) is None
    for operation in ("UploadPart", "CompleteMultipartUpload"):
        denial = account.call("s3", operation, **named, UploadId=upload)
        assert denial is not None
        assert denial.action == "kms:Decrypt"


def test_direct_key_use_by_any_name(account: PolicyAccount) -> None:
    key = account.key()
    client("kms").create_alias(AliasName="alias/own", TargetKeyId=key)
    account.grant(
        allow("kms:Encrypt", key, {"StringEquals": {"kms:RequestAlias": "alias/own"}}),
        allow("kms:Decrypt", key, {"StringEquals": {"kms:EncryptionContext:a": "b"}}),
    )
    assert account.call("kms", "Encrypt", KeyId="alias/own", Plaintext=b"x") is None
    assert account.call("kms", "Encrypt", KeyId=key, Plaintext=b"x") is not None
    blob = client("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert account.call("kms", "Decrypt", CiphertextBlob=blob, EncryptionContext={"a": "b"}) is None
    denial = account.call("kms", "Decrypt", CiphertextBlob=blob)
    assert denial is not None
    assert (denial.resource, denial.code) == (key, "AccessDeniedException")


def test_direct_use_of_missing_key_is_denied(account: PolicyAccount) -> None:
    account.grant(allow("*"))
    denial = account.call("kms", "Encrypt", KeyId="alias/none", Plaintext=b"x")
    assert denial is not None
    assert "there is no KMS key alias/none" in denial.because


def test_log_group_key_is_used_by_cloudwatch_logs(account: PolicyAccount) -> None:
    group = arn("logs", "log-group:/a")
    key = account.key()
    client("logs").create_log_group(logGroupName="/a", kmsKeyId=key)
    account.grant(allow("logs:*"))
    named = {"logGroupName": "/a", "logStreamName": "1"}
    denial = account.call("logs", "PutLogEvents", **named)
    assert denial is not None
    assert denial.principal == f"logs.{REGION}.amazonaws.com"
    assert denial.message.startswith(f"User: {denial.principal} is not authorized to perform: kms:")
    condition = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group}}
    lets = allow("kms:*", "*", condition, Principal={"Service": denial.principal})
    client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=document(OWNER, lets))
    assert account.call("logs", "PutLogEvents", **named) is None
