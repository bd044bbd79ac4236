"""The content of S3 events.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import itertools
import re
import threading
import uuid
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote_plus

_VERSIONS: Final = {
    "Replication": "2.2",
    "LifecycleExpiration": "2.3",
    "LifecycleTransition": "2.3",
    "IntelligentTiering": "2.3",
    "ObjectAcl": "2.3",
    "ObjectTagging": "2.3",
}
_REASONS: Final = {
    "Put": "PutObject",
    "Post": "POST Object",
    "Copy": "CopyObject",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
    "Delete": "DeleteObject",
    "DeleteMarkerCreated": "DeleteObject",
}
_OWNER: Final = "A2PLANPROOFOWNER"
_ADDRESS: Final = "127.0.0.1"


def record(name: str, bucket: Any, key: Any, configuration: str, now: float) -> dict[str, Any]:
    """The event message for one event.

    Args:
        name: ``s3:ObjectCreated:Put``.
        bucket, key: of moto; the key may be a delete marker.
        configuration: id of the notification.
        now: seconds since the epoch.
    """
    name = name.removeprefix("s3:")
    return {
        "Records": [
            {
                "eventVersion": _VERSIONS.get(name.partition(":")[0], "2.1"),
                "eventSource": "aws:s3",
                "awsRegion": bucket.region_name,
                "eventTime": timestamp(now),
                "eventName": name,
                "userIdentity": {"principalId": f"AWS:{bucket.account_id}"},
                "requestParameters": {"sourceIPAddress": _ADDRESS},
                "responseElements": request_ids(),
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": configuration,
                    "bucket": {
                        "name": bucket.name,
                        "ownerIdentity": {"principalId": _OWNER},
                        "arn": bucket.arn,
                    },
                    "object": _object(name, bucket, key, "eTag", "versionId", encode=True),
                },
            }
        ]
    }


def bridge_detail(name: str, bucket: Any, key: Any) -> dict[str, Any]:
    """The detail of the event for EventBridge, with unencoded keys.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    name = name.removeprefix("s3:")
    operation = name.rpartition(":")[2]
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": _object(name, bucket, key, "etag", "version-id", encode=False),
        "request-id": request_ids()["x-amz-request-id"],
        "requester": bucket.account_id,
        "source-ip-address": _ADDRESS,
        "reason": _REASONS.get(operation, operation),
    }
    if name.startswith("ObjectRemoved:"):
        marked = operation == "DeleteMarkerCreated"
        detail["deletion-type"] = "Delete Marker Created" if marked else "Permanently Deleted"
    return detail


def _object(
    name: str, bucket: Any, key: Any, etag: str, version: str, *, encode: bool
) -> dict[str, Any]:
    result: dict[str, Any] = {"key": encoded(key.name) if encode else key.name}
    if not name.startswith(("ObjectRemoved:", "LifecycleExpiration:")):
        result["size"] = key.size
        result[etag] = key.etag.replace('"', "")
    if bucket.is_versioned and key.version_id not in (None, "null"):
        result[version] = key.version_id
    return {**result, "sequencer": _sequencer()}


def encoded(key: str) -> str:
    """A key in S3's encoding of notifications: form encoding, except for slashes."""
    return quote_plus(key, safe="/*").replace("~", "%7E")


def timestamp(seconds: float) -> str:
    """A time in S3's format."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return re.sub(r"\+00:00$", "Z", text)


def request_ids() -> dict[str, str]:
    """The ids of a request."""
    identity = uuid.uuid4().hex.upper()
    return {"x-amz-request-id": identity[:16], "x-amz-id-2": f"{identity}{identity[::-1]}"}


_counter = itertools.count(0x0060_0000_0000_0000)
_counting = threading.Lock()


def _sequencer() -> str:
    """A hexadecimal number that increases with each event and so orders those of a key."""
    with _counting:
        return f"{next(_counter):018X}"
