"""Requests of SDK clients are parsed, in every protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.emulation.account.conftest import AccountUnderTest

TABLE = {
    "TableName": "videos",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def test_json(account: AccountUnderTest) -> None:
    account.owner("dynamodb").create_table(**TABLE)
    item = {"id": {"S": "ü"}, "raw": {"B": b"\x00\xff"}, "n": {"N": "1.5"}}
    account.role("dynamodb").put_item(TableName="videos", Item=item)
    call = account.call("dynamodb:PutItem")
    assert call.parameters == {"TableName": "videos", "Item": item}
    assert call.region == "us-east-1"
    assert call.caller is not None
    assert call.caller.arn == "arn:aws:sts::123456789012:assumed-role/worker/one"
    assert call.caller.role == "arn:aws:iam::123456789012:role/service-role/worker"
    assert call.caller.instance == "i-1"
    assert account.owner("dynamodb").get_item(TableName="videos", Key={"id": {"S": "ü"}})["Item"]


def test_json_of_sqs(account: AccountUnderTest) -> None:
    url = account.owner("sqs", "eu-west-1").create_queue(QueueName="uploads")["QueueUrl"]
    account.role("sqs", "eu-west-1").send_message(QueueUrl=url, MessageBody='{"a": 1}')
    call = account.call("sqs:SendMessage")
    assert call.parameters == {"QueueUrl": url, "MessageBody": '{"a": 1}'}
    assert call.region == "eu-west-1"
    taken = account.role("sqs", "eu-west-1").receive_message(QueueUrl=url)
    assert [message["Body"] for message in taken["Messages"]] == ['{"a": 1}']


def test_query(account: AccountUnderTest) -> None:
    topic = account.owner("sns").create_topic(Name="alarms")["TopicArn"]
    attributes = {"kind": {"DataType": "String", "StringValue": "a b&c"}}
    account.role("sns").publish(TopicArn=topic, Message="ü & +", MessageAttributes=attributes)
    call = account.call("sns:Publish")
    assert call.parameters == {
        "TopicArn": topic,
        "Message": "ü & +",
        "MessageAttributes": attributes,
    }


def test_compressed_body_is_decompressed(account: AccountUnderTest) -> None:
    data = [{"MetricName": "m" * 200, "Value": float(n)} for n in range(90)]
    account.role("cloudwatch").put_metric_data(Namespace="n", MetricData=data)
    assert account.call("cloudwatch:PutMetricData").parameters["MetricData"] == data
    kept = account.owner("cloudwatch").list_metrics(Namespace="n")["Metrics"]
    assert {metric["MetricName"] for metric in kept} == {"m" * 200}


def test_rest_json(account: AccountUnderTest) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        account.role("lambda").update_function_configuration(FunctionName="f", Timeout=7)
    call = account.call("lambda:UpdateFunctionConfiguration")
    assert call.parameters == {"FunctionName": "f", "Timeout": 7}


def test_rest_json_of_an_extension_service(account: AccountUnderTest) -> None:
    role = "arn:aws:iam::123456789012:role/convert"
    settings = {"Inputs": [{"FileInput": "s3://in/a%20b.mp4"}]}
    answer = account.role("mediaconvert").create_job(
        Role=role, Settings=settings, ClientRequestToken="t", UserMetadata={"id": "1"}
    )
    (call,) = account.jobs.calls
    assert call == account.call("mediaconvert:CreateJob")
    assert call.parameters == {
        "Role": role,
        "Settings": settings,
        "ClientRequestToken": "t",
        "UserMetadata": {"id": "1"},
    }
    assert answer["Job"] == {"Id": "1", "Role": role, "Settings": {}}


def test_owner_calls_extension_service_unchecked(account: AccountUnderTest) -> None:
    account.owner("mediaconvert").create_job(Role="arn:aws:iam::1:role/r", Settings={})
    assert [call.caller for call in account.jobs.calls] == [None]
    assert account.decisions.calls == []


@pytest.mark.parametrize(
    "key",
    [
        "a b/ü+%25&=?.mp4",
        "/leading//double/",
        "dir/..%2F../x",
        "ключ 日本.mp4",
        "k" * 1024,
        "quotes \"' <&> \\ #;:@",
    ],
)
def test_rest_xml_with_unusual_keys(account: AccountUnderTest, key: str) -> None:
    account.owner("s3").create_bucket(Bucket="in-bucket")
    s3 = account.role("s3")
    s3.put_object(Bucket="in-bucket", Key=key, Body=b"\x00v", Metadata={"who": "me"})
    put = account.call("s3:PutObject")
    assert (put.parameters["Bucket"], put.parameters["Key"]) == ("in-bucket", key)
    assert put.parameters["Metadata"] == {"who": "me"}
    assert s3.get_object(Bucket="in-bucket", Key=key)["Body"].read() == b"\x00v"
    assert account.call("s3:GetObject").parameters["Key"] == key


def test_rest_xml_operation_by_query(account: AccountUnderTest) -> None:
    account.owner("s3").create_bucket(Bucket="in-bucket")
    s3 = account.role("s3")
    s3.list_objects_v2(Bucket="in-bucket", Prefix="a b/", MaxKeys=3)
    s3.get_bucket_location(Bucket="in-bucket")
    s3.put_bucket_versioning(Bucket="in-bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.delete_objects(Bucket="in-bucket", Delete={"Objects": [{"Key": "a"}, {"Key": "b c"}]})
    made = s3.create_multipart_upload(Bucket="in-bucket", Key="big")
    s3.upload_part(
        Bucket="in-bucket", Key="big", UploadId=made["UploadId"], PartNumber=1, Body=b"x"
    )
    s3.list_buckets()
    assert [call.operation for call in account.decisions.calls] == [
        "ListObjectsV2",
        "GetBucketLocation",
        "PutBucketVersioning",
        "DeleteObjects",
        "CreateMultipartUpload",
        "UploadPart",
        "ListBuckets",
    ]
    listed = account.call("s3:ListObjectsV2").parameters
    assert (listed["Prefix"], listed["MaxKeys"]) == ("a b/", 3)
    deleted = account.call("s3:DeleteObjects").parameters["Delete"]["Objects"]
    assert [one["Key"] for one in deleted] == ["a", "b c"]
    assert account.call("s3:UploadPart").parameters["PartNumber"] == 1


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_url_has_its_signer(account: AccountUnderTest, version: str) -> None:
    account.owner("s3").create_bucket(Bucket="in-bucket")
    account.owner("s3").put_object(Bucket="in-bucket", Key="a b", Body=b"held")
    address = account.role("s3", signature_version=version).generate_presigned_url(
        "get_object", {"Bucket": "in-bucket", "Key": "a b"}
    )
    with urlopen(Request(address)) as response:
        assert response.read() == b"held"
    call = account.call("s3:GetObject")
    assert call.caller is not None
    assert call.caller.instance == "i-1"
    assert call.parameters["Key"] == "a b"


@pytest.mark.filterwarnings(r"ignore:Exception\(AwsError\)")
def test_different_signing_names(account: AccountUnderTest) -> None:
    operations = {
        "cloudwatch": "DescribeAlarms",
        "stepfunctions": "ListStateMachines",
        "elbv2": "DescribeLoadBalancers",
        "elb": "DescribeLoadBalancers",
        "dynamodbstreams": "ListStreams",
        "sesv2": "ListContactLists",
    }
    for service, operation in operations.items():
        account.deny(f"{service}:{operation}", "AccessDenied")
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(account.role(service), xform_name(operation))()
    expected = [f"{service}:{operation}" for service, operation in operations.items()]
    assert [str(call) for call in account.decisions.calls] == expected


def test_requests_are_counted(account: AccountUnderTest) -> None:
    account.owner("s3").list_buckets()
    account.role("s3").list_buckets()
    account.owner("s3").list_buckets()
    account.role("s3").list_buckets()
    numbers = [call.number for call in account.decisions.calls]
    assert numbers == [2, 4]
    assert account.control.activity()["requests"] == 4
