"""Sends one S3 event for each request.

moto sends several events for an upload: for its ACL, its tags, and the put and the completion of a
multipart upload. It sends none for a delete marker, nor for the deletion of one of several
versions.

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
"""Account, name of the event, bucket and key."""


class _Deferred(threading.local):
    """The events of the request that the thread handles; None outside of a request."""

    def __init__(self) -> None:
        self.events: list[Event] | None = None


_deferred = _Deferred()


def deferred(event: Event) -> bool:
    """Whether an event is deferred to the end of its request."""
    if _deferred.events is None:
        return False
    _deferred.events.append(event)
    return True


def patch() -> None:
    """Defer the events of a request, and send only one."""
    for name in ("put_object", "copy_object", "_bucket_response_post"):
        replace(S3Response, name, _one_event)
    replace(S3Backend, "complete_multipart_upload", _one_event)
    replace(S3Backend, "delete_object", _deleting)
    replace(FakeDeleteMarker, "dispose", lambda _: lambda _: None)  # as for other versions


def _send(event: Event) -> None:
    send: Any = notifications.send_event  # looked up now, because it is patched
    send(*event)


def _one_event(original: Any) -> Any:
    @functools.wraps(original)
    def request(*args: Any, **kwargs: Any) -> Any:
        if _deferred.events is not None:
            return original(*args, **kwargs)
        events: list[Event] = []
        _deferred.events = events
        try:
            answer = original(*args, **kwargs)
        finally:
            _deferred.events = None
        created = [event for event in events if event[1].startswith("s3:ObjectCreated:")]
        for event in created[-1:] or events:
            _send(event)
        return answer

    return request


def _deleting(original: Any) -> Any:
    @functools.wraps(original)
    def delete_object(
        backend: S3Backend,
        bucket_name: str,
        key_name: str,
        version_id: str | None = None,
        bypass: bool = False,
    ) -> tuple[bool, dict[str, Any]]:
        bucket = backend.get_bucket(bucket_name)
        old = list(bucket.keys.getlist(key_name, []))
        if version_id is not None and not bucket.is_versioned:
            answer = _delete_version(bucket, key_name, version_id)
        else:
            outer, _deferred.events = _deferred.events, []
            try:
                answer = original(backend, bucket_name, key_name, version_id, bypass)
            finally:
                _deferred.events = outer
        new = list(bucket.keys.getlist(key_name, []))
        new_ids = {key.version_id for key in new}
        deleted = [key for key in old if key.version_id not in new_ids]
        old_ids = {key.version_id for key in old}
        markers = [key for key in new if key.version_id not in old_ids]
        for name, keys in (("Delete", deleted), ("DeleteMarkerCreated", markers)):
            for key in keys:
                _send((backend.account_id, f"s3:ObjectRemoved:{name}", bucket, key))
        return answer

    return delete_object


def _delete_version(bucket: Any, key: str, version: str) -> tuple[bool, dict[str, Any]]:
    """Delete one version if versioning is suspended; moto would delete them all.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectsfromVersioningSuspendedBuckets.html
    """
    found = list(bucket.keys.getlist(key, []))
    kept = [item for item in found if str(item.version_id or "null") != version]
    if kept:
        bucket.keys.setlist(key, kept)
    elif found:
        bucket.keys.pop(key)
    deleted = [item for item in found if item not in kept]
    answer = {"version-id": version}
    if any(isinstance(item, FakeDeleteMarker) for item in deleted):
        answer["delete-marker"] = "true"
    return bool(deleted), answer
