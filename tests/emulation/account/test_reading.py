"""Requests of real SDK clients become calls, whatever protocol their service speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.emulation.account.conftest import Scene

TABLE = {
    "TableName": "videos",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def test_json(scene: Scene) -> None:
    scene.owner("dynamodb").create_table(**TABLE)
    item = {"id": {"S": "ü"}, "raw": {"B": b"\x00\xff"}, "n": {"N": "1.5"}}
    scene.role("dynamodb").put_item(TableName="videos", Item=item)
    call = scene.call("dynamodb:PutItem")
    assert call.parameters == {"TableName": "videos", "Item": item}
    assert call.region == "us-east-1"
    assert call.caller is not None
    assert call.caller.arn == "arn:aws:sts::123456789012:assumed-role/worker/one"
    assert call.caller.role == "arn:aws:iam::123456789012:role/service-role/worker"
    assert call.caller.instance == "i-1"
    assert scene.owner("dynamodb").get_item(TableName="videos", Key={"id": {"S": "ü"}})["Item"]


def test_json_of_sqs(scene: Scene) -> None:
    url = scene.owner("sqs", "eu-west-1").create_queue(QueueName="uploads")["QueueUrl"]
    scene.role("sqs", "eu-west-1").send_message(QueueUrl=url, MessageBody='{"a": 1}')
    call = scene.call("sqs:SendMessage")
    assert call.parameters == {"QueueUrl": url, "MessageBody": '{"a": 1}'}
    assert call.region == "eu-west-1"
    taken = scene.role("sqs", "eu-west-1").receive_message(QueueUrl=url)
    assert [message["Body"] for message in taken["Messages"]] == ['{"a": 1}']


def test_query(scene: Scene) -> None:
    topic = scene.owner("sns").create_topic(Name="alarms")["TopicArn"]
    attributes = {"kind": {"DataType": "String", "StringValue": "a b&c"}}
    scene.role("sns").publish(TopicArn=topic, Message="ü & +", MessageAttributes=attributes)
    call = scene.call("sns:Publish")
    assert call.parameters == {
        "TopicArn": topic,
        "Message": "ü & +",
        "MessageAttributes": attributes,
    }


def test_a_compressed_body_is_read_as_it_was(scene: Scene) -> None:
    data = [{"MetricName": "m" * 200, "Value": float(n)} for n in range(90)]
    scene.role("cloudwatch").put_metric_data(Namespace="n", MetricData=data)
    assert scene.call("cloudwatch:PutMetricData").parameters["MetricData"] == data
    kept = scene.owner("cloudwatch").list_metrics(Namespace="n")["Metrics"]
    assert {metric["MetricName"] for metric in kept} == {"m" * 200}


def test_rest_json(scene: Scene) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        scene.role("lambda").update_function_configuration(FunctionName="f", Timeout=7)
    call = scene.call("lambda:UpdateFunctionConfiguration")
    assert call.parameters == {"FunctionName": "f", "Timeout": 7}


def test_rest_json_of_a_service_that_moto_lacks(scene: Scene) -> None:
    role = "arn:aws:iam::123456789012:role/convert"
    settings = {"Inputs": [{"FileInput": "s3://in/a%20b.mp4"}]}
    answer = scene.role("mediaconvert").create_job(
        Role=role, Settings=settings, ClientRequestToken="t", UserMetadata={"id": "1"}
    )
    (call,) = scene.jobs.calls
    assert call == scene.call("mediaconvert:CreateJob")
    assert call.parameters == {
        "Role": role,
        "Settings": settings,
        "ClientRequestToken": "t",
        "UserMetadata": {"id": "1"},
    }
    assert answer["Job"] == {"Id": "1", "Role": role, "Settings": {}}


def test_the_owner_too_reaches_a_service_that_moto_lacks_and_is_not_judged(scene: Scene) -> None:
    scene.owner("mediaconvert").create_job(Role="arn:aws:iam::1:role/r", Settings={})
    assert [call.caller for call in scene.jobs.calls] == [None]
    assert scene.decisions.calls == []


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
def test_rest_xml_with_any_key(scene: Scene, key: str) -> None:
    scene.owner("s3").create_bucket(Bucket="in-bucket")
    s3 = scene.role("s3")
    s3.put_object(Bucket="in-bucket", Key=key, Body=b"\x00v", Metadata={"who": "me"})
    put = scene.call("s3:PutObject")
    assert (put.parameters["Bucket"], put.parameters["Key"]) == ("in-bucket", key)
    assert put.parameters["Metadata"] == {"who": "me"}
    assert s3.get_object(Bucket="in-bucket", Key=key)["Body"].read() == b"\x00v"
    assert scene.call("s3:GetObject").parameters["Key"] == key


def test_rest_xml_told_apart_by_query(scene: Scene) -> None:
    scene.owner("s3").create_bucket(Bucket="in-bucket")
    s3 = scene.role("s3")
    s3.list_objects_v2(Bucket="in-bucket", Prefix="a b/", MaxKeys=3)
    s3.get_bucket_location(Bucket="in-bucket")
    s3.put_bucket_versioning(Bucket="in-bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.delete_objects(Bucket="in-bucket", Delete={"Objects": [{"Key": "a"}, {"Key": "b c"}]})
    made = s3.create_multipart_upload(Bucket="in-bucket", Key="big")
    s3.upload_part(
        Bucket="in-bucket", Key="big", UploadId=made["UploadId"], PartNumber=1, Body=b"x"
    )
    s3.list_buckets()
    assert [call.operation for call in scene.decisions.calls] == [
        "ListObjectsV2",
        "GetBucketLocation",
        "PutBucketVersioning",
        "DeleteObjects",
        "CreateMultipartUpload",
        "UploadPart",
        "ListBuckets",
    ]
    listed = scene.call("s3:ListObjectsV2").parameters
    assert (listed["Prefix"], listed["MaxKeys"]) == ("a b/", 3)
    deleted = scene.call("s3:DeleteObjects").parameters["Delete"]["Objects"]
    assert [one["Key"] for one in deleted] == ["a", "b c"]
    assert scene.call("s3:UploadPart").parameters["PartNumber"] == 1


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_presigned_address_has_the_caller_that_signed_it(scene: Scene, version: str) -> None:
    scene.owner("s3").create_bucket(Bucket="in-bucket")
    scene.owner("s3").put_object(Bucket="in-bucket", Key="a b", Body=b"held")
    address = scene.role("s3", signature_version=version).generate_presigned_url(
        "get_object", {"Bucket": "in-bucket", "Key": "a b"}
    )
    with urlopen(Request(address)) as response:
        assert response.read() == b"held"
    call = scene.call("s3:GetObject")
    assert call.caller is not None
    assert call.caller.instance == "i-1"
    assert call.parameters["Key"] == "a b"


@pytest.mark.filterwarnings(r"ignore:Exception\(AwsError\)")
def test_services_that_are_signed_for_by_another_name(scene: Scene) -> None:
    asked = {
        "cloudwatch": "DescribeAlarms",
        "stepfunctions": "ListStateMachines",
        "elbv2": "DescribeLoadBalancers",
        "elb": "DescribeLoadBalancers",
        "dynamodbstreams": "ListStreams",
        "sesv2": "ListContactLists",
    }
    for service, operation in asked.items():
        scene.refuse(f"{service}:{operation}", "AccessDenied")
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(scene.role(service), xform_name(operation))()
    expected = [f"{service}:{operation}" for service, operation in asked.items()]
    assert [str(call) for call in scene.decisions.calls] == expected


def test_every_request_is_counted(scene: Scene) -> None:
    scene.owner("s3").list_buckets()
    scene.role("s3").list_buckets()
    scene.owner("s3").list_buckets()
    scene.role("s3").list_buckets()
    numbers = [call.number for call in scene.decisions.calls]
    assert numbers == [2, 4]
    assert scene.control.rest()["requests"] == 4
