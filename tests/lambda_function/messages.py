"""Messages in the form of S3 and EventBridge."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

TEST_EVENT = {
    "Service": "Amazon S3",
    "Event": "s3:TestEvent",
    "Time": "2026-03-01T12:00:00.000Z",
    "Bucket": "video-input-test",
    "RequestId": "5582815E1AEA5ADF",
    "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR",
}


def s3_record(
    key: str = "talks/opening.mov",
    *,
    version: str | None = "version-1",
    bucket: str = "video-input-test",
    size: int = 1_048_576,
    etag: str = "d41d8cd98f00b204e9800998ecf8427e",
    sequencer: str | None = "0055AED6DCD90281E5",
    event_name: str = "ObjectCreated:Put",
    safe: str = "/",
) -> dict[str, Any]:
    described = {"key": quote_plus(key, safe=safe), "size": size, "eTag": etag}
    if version is not None:
        described["versionId"] = version
    if sequencer is not None:
        described["sequencer"] = sequencer
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-central-1",
        "eventTime": "2026-03-01T12:00:00.000Z",
        "eventName": event_name,
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "uploads",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": described,
        },
    }


def uploaded(key: str = "talks/opening.mov", **fields: Any) -> dict[str, Any]:
    """An S3 event about one object."""
    return {"Records": [s3_record(key, **fields)]}


def state_change(
    status: str,
    job: dict[str, Any],
    *,
    timestamp: int = 1_772_366_460_000,
    user_metadata: dict[str, str] | None = None,
    **details: Any,
) -> dict[str, Any]:
    """The EventBridge event that MediaConvert sends about a job."""
    return {
        "version": "0",
        "id": "1234abcd-12ab-34cd-56ef-1234567890ab",
        "detail-type": "MediaConvert Job State Change",
        "source": "aws.mediaconvert",
        "account": "111122223333",
        "time": "2026-03-01T12:01:00Z",
        "region": "eu-central-1",
        "resources": [f"arn:aws:mediaconvert:eu-central-1:111122223333:jobs/{job['Id']}"],
        "detail": {
            "timestamp": timestamp,
            "accountId": "111122223333",
            "queue": "arn:aws:mediaconvert:eu-central-1:111122223333:queues/Default",
            "jobId": job["Id"],
            "status": status,
            "userMetadata": job["UserMetadata"] if user_metadata is None else user_metadata,
            **details,
        },
    }


def completed(job: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The COMPLETE event of a job, naming the files that it wrote."""
    prefix = job["Settings"]["OutputGroups"][0]["OutputGroupSettings"]["FileGroupSettings"][
        "Destination"
    ]
    return state_change(
        "COMPLETE",
        job,
        outputGroupDetails=[
            {
                "type": "FILE_GROUP",
                "outputDetails": [
                    {"outputFilePaths": [f"{prefix}_1080p.mp4"], "durationInMs": 30_041},
                    {"outputFilePaths": [f"{prefix}_720p.mp4"], "durationInMs": 30_041},
                ],
            },
            {
                "type": "FILE_GROUP",
                "outputDetails": [{"outputFilePaths": [f"{prefix}_poster.0000000.jpg"]}],
            },
        ],
        **fields,
    )
