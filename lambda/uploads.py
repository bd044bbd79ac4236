"""What S3 says was uploaded.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from errors import MessageError


@dataclass(frozen=True)
class Upload:
    """One version of one object in the input bucket. `key` is decoded, `size` is in bytes."""

    bucket: str
    key: str
    version: str
    size: int
    etag: str

    @property
    def asset_id(self) -> str:
        """32 hex digits: the same for every delivery of this upload, another for any other.

        Bucket, whole key and version all count, so that files of one name in two folders and
        two versions of one object are different assets.
        """
        identity = json.dumps([self.bucket, self.key, self.version])
        return hashlib.sha256(identity.encode()).hexdigest()[:32]

    @property
    def is_folder_marker(self) -> bool:
        """The S3 console makes an empty object for a "folder"; nobody uploaded a video there."""
        return self.key.endswith("/") and self.size == 0


def is_test_event(message: dict[str, Any]) -> bool:
    """S3 sends this once when a notification is configured. It carries no upload."""
    return message.get("Event") == "s3:TestEvent"


def from_record(record: dict[str, Any], input_bucket: str) -> Upload | None:
    """The upload that one record of an S3 event tells of; None if it tells of something else.

    Deletions, restores and the like are something else.

    Raises:
        MessageError: a field is missing or of the wrong kind, or the object is in another bucket.
            Only the input bucket may send to the queue, so the latter is a forgery or a
            misconfiguration, and either has to be seen.
    """
    try:
        if record["eventSource"] != "aws:s3":
            raise ValueError(f"eventSource is {record['eventSource']!r}")
        if not record["eventName"].startswith("ObjectCreated:"):
            return None
        bucket = record["s3"]["bucket"]["name"]
        described = record["s3"]["object"]
        key = unquote_plus(described["key"], errors="strict")
        size = int(described["size"])
        etag = str(described.get("eTag") or "")
        version = _version(described, etag)
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise MessageError(f"the S3 record is malformed: {problem!r}") from problem
    if bucket != input_bucket:
        raise MessageError(
            f"the S3 record is about bucket {bucket!r}, but uploads arrive in {input_bucket!r}"
        )
    return Upload(bucket=bucket, key=key, version=version, size=size, etag=etag)


def _version(described: dict[str, Any], etag: str) -> str:
    version_id = described.get("versionId")
    if version_id and version_id != "null":
        return str(version_id)
    # Without versioning the sequencer tells two writes of one key apart. It belongs to the write
    # and not to the delivery, so a repeated delivery repeats it.
    sequencer = described.get("sequencer")
    if not (sequencer or etag):
        raise ValueError("neither versionId nor sequencer nor eTag says which upload it was")
    return f"{etag}/{sequencer}"
