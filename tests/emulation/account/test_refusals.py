"""Denied calls fail with AWS's error, and are not carried out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.emulation.account.conftest import AccountUnderTest

# moto warns of errors that no service model lists.
pytestmark = pytest.mark.filterwarnings(r"ignore:Exception\(AwsError\)")

MESSAGE = (
    "User: arn:aws:sts::123456789012:assumed-role/worker/one is not authorized to perform: "
    'it on resource: "arn" because no identity-based policy allows the it action'
)


def _error(method: Any, **parameters: Any) -> tuple[int, Mapping[str, str]]:
    with pytest.raises(ClientError) as caught:
        method(**parameters)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]


def test_denied_dynamodb_call(account: AccountUnderTest) -> None:
    account.deny("dynamodb:DescribeTable", "AccessDeniedException", MESSAGE)
    status, error = _error(account.role("dynamodb").describe_table, TableName="videos")
    assert status == 400
    assert (error["Code"], error["Message"]) == ("AccessDeniedException", MESSAGE)


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_denied_sqs_call(account: AccountUnderTest, code: str) -> None:
    url = account.owner("sqs").create_queue(QueueName="uploads")["QueueUrl"]
    account.deny("sqs:SendMessage", code, MESSAGE)
    status, error = _error(account.role("sqs").send_message, QueueUrl=url, MessageBody="x")
    assert status == 400
    assert (error["Code"], error["Message"]) == (code, MESSAGE)
    assert "Messages" not in account.owner("sqs").receive_message(QueueUrl=url)


def test_denied_sns_call(account: AccountUnderTest) -> None:
    account.deny("sns:Publish", "AuthorizationError", MESSAGE)
    status, error = _error(account.role("sns").publish, TopicArn="arn:aws:sns:a:1:t", Message="m")
    assert status == 403
    assert (error["Code"], error["Message"]) == ("AuthorizationError", MESSAGE)


def test_denied_ec2_call(account: AccountUnderTest) -> None:
    account.deny("ec2:DescribeVpcs", "UnauthorizedOperation", MESSAGE)
    filters = [{"Name": "cidr", "Values": ["10.0.0.0/8", "10.1.0.0/16"]}]
    status, error = _error(account.role("ec2").describe_vpcs, Filters=filters)
    assert account.call("ec2:DescribeVpcs").parameters == {"Filters": filters}
    assert (status, error["Code"], error["Message"]) == (403, "UnauthorizedOperation", MESSAGE)


def test_denied_mediaconvert_call(account: AccountUnderTest) -> None:
    account.deny("mediaconvert:CreateJob", "AccessDeniedException", MESSAGE)
    create = account.role("mediaconvert").create_job
    status, error = _error(create, Role="arn:aws:iam::1:role/r", Settings={})
    assert (status, error["Code"], error["Message"]) == (403, "AccessDeniedException", MESSAGE)
    assert account.jobs.calls == []


def test_denied_s3_call(account: AccountUnderTest) -> None:
    account.owner("s3").create_bucket(Bucket="in-bucket")
    account.deny("s3:PutObject", "AccessDenied", MESSAGE)
    put = account.role("s3").put_object
    status, error = _error(put, Bucket="in-bucket", Key="k", Body=b"x")
    assert (status, error["Code"], error["Message"]) == (403, "AccessDenied", MESSAGE)
    assert account.owner("s3").list_objects_v2(Bucket="in-bucket")["KeyCount"] == 0


def test_denied_s3_head_call(account: AccountUnderTest) -> None:
    account.owner("s3").create_bucket(Bucket="in-bucket")
    account.owner("s3").put_object(Bucket="in-bucket", Key="k", Body=b"x")
    account.deny("s3:HeadObject", "AccessDenied", MESSAGE)
    status, error = _error(account.role("s3").head_object, Bucket="in-bucket", Key="k")
    assert (status, error["Code"], error["Message"]) == (403, "403", "Forbidden")


def test_owner_is_never_denied(account: AccountUnderTest) -> None:
    account.deny("s3:CreateBucket", "AccessDenied", MESSAGE)
    account.owner("s3").create_bucket(Bucket="in-bucket")
    status, _ = _error(account.role("s3").create_bucket, Bucket="other-bucket")
    assert status == 403
    assert [b["Name"] for b in account.owner("s3").list_buckets()["Buckets"]] == ["in-bucket"]


def test_error_of_an_extension_service(account: AccountUnderTest) -> None:
    status, error = _error(account.role("mediaconvert").get_job, Id="7")
    assert (status, error["Code"]) == (404, "NotFoundException")
    assert error["Message"] == "There is no job 7."


def test_defect_of_an_extension_service(
    account: AccountUnderTest, capfd: pytest.CaptureFixture[str]
) -> None:
    status, error = _error(account.role("mediaconvert").cancel_job, Id="7")
    assert (status, error["Code"]) == (500, "InternalServerErrorException")
    assert "LookupError: a defect" in capfd.readouterr().err


def test_operation_that_moto_lacks(account: AccountUnderTest) -> None:
    status, error = _error(account.role("sqs").list_message_move_tasks, SourceArn="arn:aws:sqs:a")
    assert (status, error["Code"]) == (501, "NotImplemented")
    assert "sqs:ListMessageMoveTasks" in error["Message"]


@pytest.mark.parametrize(
    ("service", "method", "named"),
    [
        ("sqs", "list_message_move_tasks", "sqs:ListMessageMoveTasks"),
        ("rekognition", "list_collections", "rekognition:ListCollections"),
        ("workmail", "list_organizations", "workmail:ListOrganizations (moto has no such service)"),
    ],
)
def test_owner_gets_501_for_what_moto_lacks(
    account: AccountUnderTest,
    service: str,
    method: str,
    named: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """SDKs, like Terraform's, retry an HTTP 500 for minutes, but never a 501."""
    arguments = {"SourceArn": "arn:aws:sqs:a"} if service == "sqs" else {}
    status, error = _error(getattr(account.owner(service), method), **arguments)
    assert (status, error["Code"]) == (501, "NotImplemented")
    assert named in error["Message"]
    assert "Traceback" not in capfd.readouterr().err


def _raw(account: AccountUnderTest, service: str, key: str, **headers: str) -> tuple[int, str]:
    signature = f"Credential={key}/20260101/us-east-1/{service}/aws4_request"
    given = {"Authorization": f"AWS4-HMAC-SHA256 {signature}, SignedHeaders=host, Signature=0"}
    request = Request(
        f"{account.application.endpoint}/",
        data=b"{}",
        headers=given | {"Content-Type": "application/x-amz-json-1.0"} | headers,
    )
    with pytest.raises(HTTPError) as caught:
        urlopen(request)
    return caught.value.code, caught.value.read().decode()


@pytest.mark.parametrize(
    ("service", "headers"),
    [
        ("dynamodb", {"X-Amz-Target": "DynamoDB_20120810.DropEverything"}),
        ("dynamodb", {}),
        ("nosuchservice", {"X-Amz-Target": "It.Happens"}),
    ],
)
def test_unknown_operation_is_denied(
    account: AccountUnderTest, service: str, headers: dict[str, str]
) -> None:
    status, body = _raw(account, service, account.keys["AWS_ACCESS_KEY_ID"], **headers)
    assert status in (400, 403)
    assert json.loads(body)["__type"].endswith("AccessDeniedException")
    assert "unknown operation" in body
    (entry,) = account.entries()
    assert (entry.outcome, entry.detail["undetermined"]) == ("denied", True)


def test_damaged_body_is_rejected(account: AccountUnderTest) -> None:
    status, body = _raw(
        account,
        "dynamodb",
        account.keys["AWS_ACCESS_KEY_ID"],
        **{"X-Amz-Target": "DynamoDB_20120810.PutItem", "Content-Encoding": "gzip"},
    )
    assert status == 400
    assert "SerializationException" in body
    assert account.decisions.calls == []
    (entry,) = account.entries()
    assert (entry.what, entry.outcome) == ("dynamodb:?", "failed")
    assert entry.detail["error"] == "SerializationException"


@pytest.mark.parametrize(
    "header", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=key/odd, Signature=0"]
)
def test_unsigned_request_is_denied(account: AccountUnderTest, header: str) -> None:
    account.owner("s3").create_bucket(Bucket="in-bucket")
    account.owner("s3").put_object(Bucket="in-bucket", Key="k", Body=b"secret")
    headers = {"Authorization": header} if header else {}
    with pytest.raises(HTTPError) as caught:
        urlopen(Request(f"{account.application.endpoint}/in-bucket/k", headers=headers))
    assert caught.value.code == 403
    assert b"not signed" in caught.value.read()


def test_assumed_role_is_not_the_owner(account: AccountUnderTest) -> None:
    given = account.role("sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/other", RoleSessionName="two"
    )["Credentials"]
    keys = {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
    account.deny("s3:ListBuckets", "AccessDenied", MESSAGE)
    status, _ = _error(account.application.client("s3", "us-east-1", keys).list_buckets)
    assert status == 403
    caller = account.call("s3:ListBuckets").caller
    assert caller is not None
    assert caller.arn == "arn:aws:sts::123456789012:assumed-role/other/two"
    assert caller.role == "arn:aws:iam::123456789012:role/other"
