"""Events of S3 and MediaConvert, and the Lambda event of an SQS message.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_event_list.html
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from planproof.terraform.identities import ProviderLocation
from planproof.values import Value

Event = dict[str, Any]


def upload(
    bucket: str, key: str, size: int, stored: Mapping[str, Value], location: ProviderLocation
) -> Event:
    """The event for one object put into a bucket.

    Args:
        size: in bytes.
        stored: the PutObject response, with ETag and, in a versioned bucket, VersionId.
    """
    described: Event = {
        "key": quote_plus(key, safe="/"),
        "size": size,
        "eTag": str(stored.get("ETag", "")).strip('"'),
        "sequencer": "0055AED6DCD90281E5",
    }
    if stored.get("VersionId"):
        described["versionId"] = stored["VersionId"]
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": location.region,
        "eventTime": "2026-03-01T12:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:AROAEXAMPLE:uploader"},
        "requestParameters": {"sourceIPAddress": "192.0.2.3"},
        "responseElements": {"x-amz-request-id": "5582815E1AEA5ADF", "x-amz-id-2": "FMyUVURIY8"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "uploads",
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                "arn": f"arn:{location.partition}:s3:::{bucket}",
            },
            "object": described,
        },
    }
    return {"Records": [record]}


def storage_test(bucket: str) -> Event:
    """The test event that S3 sends when a notification is configured."""
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": "2026-03-01T11:59:00.000Z",
        "Bucket": bucket,
        "RequestId": "5582815E1AEA5ADF",
        "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE",
    }


def job_state(job: Mapping[str, Value], status: str, location: ProviderLocation) -> Event:
    """The EventBridge event about a job, with its own user metadata.

    Args:
        job: the Job of the CreateJob response.
    """
    minutes = {"PROGRESSING": 1, "COMPLETE": 5}.get(status, 6)
    own = f"arn:{location.partition}:mediaconvert:{location.region}:{location.account}"
    detail: Event = {
        "timestamp": 1_772_366_400_000 + minutes * 60_000,
        "accountId": location.account,
        "queue": f"{own}:queues/Default",
        "jobId": job["Id"],
        "status": status,
        "userMetadata": job.get("UserMetadata") or {},
    }
    if status == "COMPLETE":
        detail["outputGroupDetails"] = [_written(g) for g in _groups(job)]
    return {
        "version": "0",
        "id": "1234abcd-12ab-34cd-56ef-1234567890ab",
        "detail-type": "MediaConvert Job State Change",
        "source": "aws.mediaconvert",
        "account": location.account,
        "time": f"2026-03-01T12:{minutes:02}:00Z",
        "region": location.region,
        "resources": [f"{own}:jobs/{job['Id']}"],
        "detail": detail,
    }


def _groups(job: Mapping[str, Value]) -> list[Mapping[str, Value]]:
    return list((job.get("Settings") or {}).get("OutputGroups") or [])


def _written(group: Mapping[str, Value]) -> Event:
    """The details of one output group in a COMPLETE event: its type and its files."""
    settings = group.get("OutputGroupSettings") or {}
    kind = str(settings.get("Type", "FILE_GROUP_SETTINGS"))
    destinations = [d["Destination"] for d in settings.values() if _has_destination(d)]
    outputs = [
        {
            "outputFilePaths": [f"{start}{output.get('NameModifier', '')}.mp4"],
            "durationInMs": 30_041,
            "videoDetails": {"widthInPx": 1280, "heightInPx": 720},
        }
        for start in destinations
        for output in group.get("Outputs") or []
    ]
    return {"type": kind.removesuffix("_SETTINGS"), "outputDetails": outputs}


def _has_destination(settings: Value) -> bool:
    return isinstance(settings, Mapping) and isinstance(settings.get("Destination"), str)


def in_queue(body: Event, queue_arn: str, *, message: str, receives: int = 1) -> Event:
    """The event that Lambda makes of one SQS message.

    Args:
        message: the message id, the same at every delivery.
        receives: the number of deliveries so far.
    """
    text = json.dumps(body)
    record = {
        "messageId": message,
        "receiptHandle": f"{message}-{receives}",
        "body": text,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": "1772366400000",
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": "1772366400001",
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3] if queue_arn.count(":") >= 5 else "",
    }
    return {"Records": [record]}
