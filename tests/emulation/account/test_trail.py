"""The trail records calls of roles, in order and without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

from planproof.emulation.account.trail import AccountTrail, summarize

if TYPE_CHECKING:
    from tests.emulation.account.conftest import AccountUnderTest

pytestmark = pytest.mark.filterwarnings(r"ignore:Exception\(AwsError\)")


def test_entries_have_number_and_time() -> None:
    times = iter([10.0, 12.5])
    trail = AccountTrail(lambda: next(times))
    trail.record("delivery", "s3.amazonaws.com", "sqs:SendMessage", "arn", rule={1})
    trail.record("job", "mediaconvert", "COMPLETE", outcome="failed")
    first, second = trail.since()
    assert (first.number, first.at, first.outcome, first.about) == (1, 10.0, "ok", "arn")
    assert first.detail == {"rule": "{1}"}
    assert (second.number, second.at, second.outcome) == (2, 12.5, "failed")
    assert trail.since(1) == [second]
    assert trail.since(2) == []
    assert len(trail) == 2


def test_only_calls_of_roles_are_recorded(account: AccountUnderTest) -> None:
    account.owner("s3").create_bucket(Bucket="in-bucket")
    account.role("s3").head_bucket(Bucket="in-bucket")
    (entry,) = account.entries()
    assert (entry.who, entry.what, entry.outcome) == (
        "arn:aws:sts::123456789012:assumed-role/worker/one",
        "s3:HeadBucket",
        "ok",
    )
    assert entry.detail == {
        "instance": "i-1",
        "parameters": {"Bucket": "in-bucket"},
        "region": "us-east-1",
    }
    assert entry.at == pytest.approx(account.control.now(), abs=30)


def test_denied_call(account: AccountUnderTest) -> None:
    account.deny("s3:ListBuckets", "AccessDenied", "User: worker is not authorized")
    with pytest.raises(ClientError):
        account.role("s3").list_buckets()
    (entry,) = account.entries()
    assert (entry.outcome, entry.about) == ("denied", "arn:aws:x:::it")
    assert entry.detail["action"] == "s3:ListBuckets"
    assert entry.detail["resource"] == "arn:aws:x:::it"
    assert entry.detail["error"] == "AccessDenied"
    assert entry.detail["message"] == "User: worker is not authorized"
    assert entry.detail["because"] == "nothing allows it"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("s3", "get_object", {"Bucket": "no-such-bucket", "Key": "k"}, "NoSuchBucket"),
        (
            "dynamodb",
            "get_item",
            {"TableName": "none", "Key": {"id": {"S": "1"}}},
            "ResourceNotFoundException",
        ),
        ("sns", "publish", {"TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": "m"}, "NotFound"),
        ("lambda", "get_function", {"FunctionName": "none"}, "ResourceNotFoundException"),
        ("mediaconvert", "get_job", {"Id": "1"}, "NotFoundException"),
    ],
)
def test_failed_call_has_the_sdks_error_code(
    account: AccountUnderTest,
    service: str,
    operation: str,
    parameters: dict[str, object],
    code: str,
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(account.role(service), operation)(**parameters)
    assert caught.value.response["Error"]["Code"] == code
    (entry,) = account.entries()
    assert (entry.outcome, entry.detail["error"]) == ("failed", code)
    assert entry.detail["message"] == caught.value.response["Error"]["Message"]


def test_no_bodies_or_secrets(account: AccountUnderTest) -> None:
    account.owner("s3").create_bucket(Bucket="in-bucket")
    account.role("s3").put_object(Bucket="in-bucket", Key="k", Body=b"the body")
    account.role("secretsmanager").create_secret(Name="s", SecretString="the secret")
    put, made = account.entries()
    assert put.detail["parameters"]["Body"] == "<8 bytes>"
    assert made.detail["parameters"]["SecretString"] == "***"
    assert made.detail["parameters"]["Name"] == "s"
    text = str(account.control.trail())
    assert "the body" not in text
    assert "the secret" not in text
    assert account.keys["AWS_SECRET_ACCESS_KEY"] not in text


def test_summarized_values() -> None:
    shape = get_service_model("dynamodb").operation_model("PutItem").input_shape
    item = {
        "long": {"S": "x" * 500},
        "list": {"L": [{"N": str(n)} for n in range(50)]},
        "raw": {"B": b"123"},
        "yes": {"BOOL": True},
    }
    short = summarize(shape, {"TableName": "t", "Item": item})
    assert short["TableName"] == "t"
    assert short["Item"]["long"]["S"] == "x" * 200 + "…"
    assert len(short["Item"]["list"]["L"]) == 20
    assert short["Item"]["raw"]["B"] == "<3 bytes>"
    assert short["Item"]["yes"]["BOOL"] is True
