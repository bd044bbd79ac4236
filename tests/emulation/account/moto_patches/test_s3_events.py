"""Events of S3: their content, their targets, and one for each request."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote_plus

import pytest
from botocore.exceptions import ClientError

from planproof.emulation.account.model import Fault
from tests.emulation.account.moto_patches.conftest import Clients
from tests.emulation.account.moto_patches.fake_account import FakeAccount

BUCKET = "uploads"
SOURCE = f"arn:aws:s3:::{BUCKET}"


def watch(aws: Clients, events: str = "s3:ObjectCreated:*", **more: Any) -> tuple[str, str]:
    """A bucket whose events go to a queue, emptied of the test event; the queue's URL and ARN."""
    url, arn = aws.queue("one")
    aws.s3.create_bucket(Bucket=BUCKET)
    config = {"QueueConfigurations": [{"Id": "up", "QueueArn": arn, "Events": [events]}]}
    aws.s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration=config | more
    )
    aws.sqs.purge_queue(QueueUrl=url)
    return url, arn


def records(aws: Clients, url: str) -> list[dict[str, Any]]:
    return [json.loads(message["Body"])["Records"][0] for message in aws.take(url)]


def test_upload_event_has_aws_format(account: FakeAccount, aws: Clients) -> None:
    url, arn = watch(aws)
    aws.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    account.trail.entries.clear()
    made = aws.s3.put_object(Bucket=BUCKET, Key="dir/a b+ü%(1)~*.mp4", Body=b"video", ACL="private")

    (record,) = records(aws, url)
    about = record["s3"]["object"]
    assert re.fullmatch("[0-9A-F]{18}", about.pop("sequencer"))
    assert about == {
        "key": "dir/a+b%2B%C3%BC%25%281%29%7E*.mp4",
        "size": 5,
        "eTag": made["ETag"].strip('"'),
        "versionId": made["VersionId"],
    }
    assert unquote_plus(about["key"]) == "dir/a b+ü%(1)~*.mp4"
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["eventTime"] == "2026-01-01T00:00:00.000Z"
    assert (record["eventVersion"], record["eventSource"]) == ("2.1", "aws:s3")
    assert record["awsRegion"] == "us-east-1"
    assert record["s3"]["configurationId"] == "up"
    assert record["s3"]["bucket"]["arn"] == SOURCE
    assert set(record) >= {"userIdentity", "requestParameters", "responseElements"}
    assert account.outcomes("delivery") == [("s3.amazonaws.com", "sqs:SendMessage", arn, "ok")]
    assert account.decisions.checked[-1] == ("s3.amazonaws.com", "sqs:SendMessage", SOURCE, arn)
    assert account.at_work


def test_sequencers_increase(aws: Clients) -> None:
    url, _ = watch(aws)
    for _ in range(3):
        aws.s3.put_object(Bucket=BUCKET, Key="a", Body=b"")
    found = [record["s3"]["object"] for record in records(aws, url)]
    numbers = [about["sequencer"] for about in found]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 3
    assert all("versionId" not in about for about in found)


def test_multipart_upload_is_one_event(aws: Clients) -> None:
    url, _ = watch(aws)
    begun = aws.s3.create_multipart_upload(Bucket=BUCKET, Key="big")
    part = aws.s3.upload_part(
        Bucket=BUCKET, Key="big", PartNumber=1, UploadId=begun["UploadId"], Body=b"x"
    )
    aws.s3.complete_multipart_upload(
        Bucket=BUCKET,
        Key="big",
        UploadId=begun["UploadId"],
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    (record,) = records(aws, url)
    assert record["eventName"] == "ObjectCreated:CompleteMultipartUpload"


def test_copy_is_one_event(aws: Clients) -> None:
    url, _ = watch(aws)
    aws.s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    aws.s3.copy_object(Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/a")
    names = [record["eventName"] for record in records(aws, url)]
    assert names == ["ObjectCreated:Put", "ObjectCreated:Copy"]


def test_tagging_event_is_sent_only_for_tagging(aws: Clients) -> None:
    url, _ = watch(aws, "s3:ObjectTagging:*")
    aws.s3.put_object(Bucket=BUCKET, Key="a", Body=b"x", Tagging="a=b")
    assert records(aws, url) == []
    aws.s3.put_object_tagging(
        Bucket=BUCKET, Key="a", Tagging={"TagSet": [{"Key": "c", "Value": "d"}]}
    )
    (record,) = records(aws, url)
    assert (record["eventName"], record["eventVersion"]) == ("ObjectTagging:Put", "2.3")


def test_delete_events_of_markers_and_versions(aws: Clients) -> None:
    url, _ = watch(aws, "s3:ObjectRemoved:*")
    aws.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = aws.s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")["VersionId"]
    aws.s3.put_object(Bucket=BUCKET, Key="a", Body=b"2")
    marker = aws.s3.delete_object(Bucket=BUCKET, Key="a")["VersionId"]
    aws.s3.delete_object(Bucket=BUCKET, Key="a", VersionId=first)

    events = [(r["eventName"], r["s3"]["object"]["versionId"]) for r in records(aws, url)]
    assert events == [
        ("ObjectRemoved:DeleteMarkerCreated", marker),
        ("ObjectRemoved:Delete", first),
    ]


def test_denied_queue_gets_no_event(account: FakeAccount, aws: Clients) -> None:
    url, arn = watch(aws)
    account.trail.entries.clear()
    account.decisions.closed.add(arn)
    aws.s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")

    assert aws.take(url) == []
    (entry,) = account.trail.entries
    assert (entry.kind, entry.about, entry.outcome) == ("delivery", arn, "denied")
    assert entry.detail["action"] == "sqs:SendMessage"
    assert entry.detail["resource"] == arn
    assert entry.detail["source"] == SOURCE
    assert "may not" in entry.detail["message"]


def test_missing_queue_does_not_fail_the_upload(account: FakeAccount, aws: Clients) -> None:
    url, arn = watch(aws)
    aws.sqs.delete_queue(QueueUrl=url)
    account.trail.entries.clear()
    aws.s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert account.outcomes("delivery") == [("s3.amazonaws.com", "sqs:SendMessage", arn, "failed")]


def test_event_is_repeated_and_delayed(account: FakeAccount, aws: Clients) -> None:
    url, _ = watch(aws)
    account.faults.planned = [
        Fault("repeat event", "s3"),
        Fault("delay", "s3", seconds=30.0),
        Fault("repeat event", "events"),
    ]
    aws.s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    (first,) = records(aws, url)
    ((seconds, late),) = account.clock.later_on
    assert seconds == 30.0
    late()
    assert records(aws, url) == [first]
    assert [fault.service for fault in account.faults.planned] == ["events"]
    assert account.faults.contents[-1]["Records"][0]["s3"]["object"]["key"] == "a"


# Making the notification ---------------------------------------------------------------------


def test_destination_gets_a_test_event(account: FakeAccount, aws: Clients) -> None:
    url, arn = aws.queue("one")
    aws.s3.create_bucket(Bucket=BUCKET)
    config = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    aws.s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=config)
    (message,) = aws.take(url)
    content = json.loads(message["Body"])
    assert content["Event"] == "s3:TestEvent"
    assert (content["Service"], content["Bucket"]) == ("Amazon S3", BUCKET)
    assert account.outcomes("delivery") == [("s3.amazonaws.com", "sqs:SendMessage", arn, "ok")]


@pytest.mark.parametrize("why", ["refused", "gone"])
def test_invalid_destination_is_rejected(account: FakeAccount, aws: Clients, why: str) -> None:
    url, arn = watch(aws)
    _, other = aws.queue("other")
    config = {"QueueConfigurations": [{"QueueArn": other, "Events": ["s3:ObjectCreated:*"]}]}
    if why == "refused":
        account.decisions.closed.add(other)
    else:
        config["QueueConfigurations"][0]["QueueArn"] = other + "-gone"
    account.trail.entries.clear()
    with pytest.raises(ClientError) as refused:
        aws.s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration=config
        )
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidArgument"
    assert error["Message"] == "Unable to validate the following destination configurations"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert [entry.outcome for entry in account.trail.entries] == [
        "denied" if why == "refused" else "failed"
    ]
    kept = aws.s3.get_bucket_notification_configuration(Bucket=BUCKET)
    assert [q["QueueArn"] for q in kept["QueueConfigurations"]] == [arn]
    assert aws.take(url) == []


def test_validation_can_be_skipped(account: FakeAccount, aws: Clients) -> None:
    url, arn = aws.queue("one")
    account.decisions.closed.add(arn)
    aws.s3.create_bucket(Bucket=BUCKET)
    config = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    aws.s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration=config, SkipDestinationValidation=True
    )
    kept = aws.s3.get_bucket_notification_configuration(Bucket=BUCKET)
    assert [q["QueueArn"] for q in kept["QueueConfigurations"]] == [arn]
    assert aws.take(url) == []


# Other targets -------------------------------------------------------------------------------


def test_eventbridge_event_has_unencoded_key(account: FakeAccount, aws: Clients) -> None:
    watch(aws, EventBridgeConfiguration={})
    aws.s3.put_object(Bucket=BUCKET, Key="a b.mp4", Body=b"x")
    ((event, region),) = account.emitted
    assert region == "us-east-1"
    assert (event["source"], event["detail-type"]) == ("aws.s3", "Object Created")
    assert event["resources"] == [SOURCE]
    detail = event["detail"]
    assert detail["object"]["key"] == "a b.mp4"
    assert (detail["bucket"], detail["reason"]) == ({"name": BUCKET}, "PutObject")
    kept = aws.s3.get_bucket_notification_configuration(Bucket=BUCKET)
    assert kept["EventBridgeConfiguration"] == {}
    assert [q["Id"] for q in kept["QueueConfigurations"]] == ["up"]


def test_topic_gets_the_event(account: FakeAccount, aws: Clients) -> None:
    url, arn = aws.queue("one")
    topic = aws.sns.create_topic(Name="t")["TopicArn"]
    aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    aws.s3.create_bucket(Bucket=BUCKET)
    config = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
    aws.s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=config)
    aws.s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    test, event = [json.loads(json.loads(m["Body"])["Message"]) for m in aws.take(url)]
    assert test["Event"] == "s3:TestEvent"
    assert event["Records"][0]["s3"]["object"]["key"] == "a"
    assert account.outcomes("delivery")[-1] == ("s3.amazonaws.com", "sns:Publish", topic, "ok")


def test_moto_ignores_bucket_policies(aws: Clients) -> None:
    aws.s3.create_bucket(Bucket=BUCKET)
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [SOURCE, f"{SOURCE}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
    aws.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    aws.s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert aws.s3.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"x"
    gone = aws.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "a"}]})
    assert [entry["Key"] for entry in gone["Deleted"]] == ["a"]
