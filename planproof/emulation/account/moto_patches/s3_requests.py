"""One request to S3 makes one event of an object.

moto takes the uploading of an object for several events: its ACL and tags are set, and a multipart
upload is first put and then completed, each with an event of its own. It says nothing of a delete
marker, nor of a version that is deleted while others stay.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
"""

from __future__ import annotations

import functools
import threading
from typing import Any

from moto.s3 import notifications
from moto.s3.models import FakeDeleteMarker, S3Backend
from moto.s3.responses import S3Response

from planproof.emulation.account.moto_patches.patches import replace

Event = tuple[str, str, Any, Any]
"""Account, name of the event, bucket, and key."""


class _Held(threading.local):
    """The events of the request that a thread is carrying out; None outside of any."""

    def __init__(self) -> None:
        self.events: list[Event] | None = None


_held = _Held()


def deferred(event: Event) -> bool:
    """Whether an event waits for the end of its request."""
    if _held.events is None:
        return False
    _held.events.append(event)
    return True


def patch() -> None:
    """Gather the events of a request, and send the one that it amounts to."""
    for name in ("put_object", "copy_object", "_bucket_response_post"):
        replace(S3Response, name, _one_event)
    replace(S3Backend, "complete_multipart_upload", _one_event)
    replace(S3Backend, "delete_object", _deleting)
    replace(FakeDeleteMarker, "dispose", lambda _: lambda _: None)  # as each version has it


def _send(event: Event) -> None:
    send: Any = notifications.send_event  # whatever stands there now
    send(*event)


def _one_event(own: Any) -> Any:
    @functools.wraps(own)
    def request(*args: Any, **named: Any) -> Any:
        if _held.events is not None:
            return own(*args, **named)
        events: list[Event] = []
        _held.events = events
        try:
            answer = own(*args, **named)
        finally:
            _held.events = None
        created = [event for event in events if event[1].startswith("s3:ObjectCreated:")]
        for event in created[-1:] or events:
            _send(event)
        return answer

    return request


def _deleting(own: Any) -> Any:
    @functools.wraps(own)
    def delete_object(
        backend: S3Backend,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        bypass: bool = False,
    ) -> tuple[bool, dict[str, Any]]:
        bucket = backend.get_bucket(bucket_name)
        before = list(bucket.keys.getlist(key_name, []))
        if version_id is not None and not bucket.is_versioned:
            answer = _without_version(bucket, key_name, version_id)
        else:
            outer, _held.events = _held.events, []
            try:
                answer = own(backend, bucket_name, key_name, version_id, bypass)
            finally:
                _held.events = outer
        after = list(bucket.keys.getlist(key_name, []))
        ids = {key.version_id for key in after}
        gone = [key for key in before if key.version_id not in ids]
        known = {key.version_id for key in before}
        marked = [key for key in after if key.version_id not in known]
        for name, keys in (("Delete", gone), ("DeleteMarkerCreated", marked)):
            for key in keys:
                _send((backend.account_id, f"s3:ObjectRemoved:{name}", bucket, key))
        return answer

    return delete_object


def _without_version(bucket: Any, key: str, version: str) -> tuple[bool, dict[str, Any]]:
    """Delete one version where versioning is suspended; moto would delete them all.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectsfromVersioningSuspendedBuckets.html
    """
    found = list(bucket.keys.getlist(key, []))
    left = [item for item in found if str(item.version_id or "null") != version]
    if left:
        bucket.keys.setlist(key, left)
    elif found:
        bucket.keys.pop(key)
    gone = [item for item in found if item not in left]
    answer = {"version-id": version}
    if any(isinstance(item, FakeDeleteMarker) for item in gone):
        answer["delete-marker"] = "true"
    return bool(gone), answer
