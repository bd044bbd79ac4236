"""Delivers S3 event notifications under resource policies, and validates destinations.

moto delivers to any destination and accepts every configuration. AWS rejects a destination that S3
may not send to, and sends a test event to each new destination.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-enable-disable-notification-intro.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.s3 import notifications
from moto.s3.exceptions import InvalidArgumentError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from planproof.emulation.account.moto_patches import s3_records
from planproof.emulation.account.moto_patches.deliveries import Deliveries, Delivery
from planproof.emulation.account.moto_patches.patches import replace
from planproof.emulation.account.moto_patches.s3_requests import deferred

SERVICE = "s3.amazonaws.com"
_SKIP = "x-amz-skip-destination-validation"


def patch(deliveries: Deliveries) -> None:
    """Deliver under permissions, validate destinations, return the full configuration."""
    replace(notifications, "send_event", lambda _: functools.partial(_send_event, deliveries))
    replace(notifications, "send_test_event", lambda _: functools.partial(_test, deliveries))
    replace(FakeBucket, "planproof_skip_validation", lambda _: False)
    replace(FakeBucket, "set_notification_configuration", _set_configuration)
    replace(S3Response, "_notification_config_from_body", _parse_configuration)
    replace(S3Response, "get_bucket_notification", _get_configuration)


def _send_event(
    deliveries: Deliveries, account_id: str, event_name: str, bucket: Any, key: Any
) -> None:
    name = getattr(event_name, "value", str(event_name))
    configuration = bucket.notification_configuration
    if configuration is None or deferred((account_id, name, bucket, key)):
        return
    now = deliveries.account.clock.now()
    for notification in _destinations(configuration):
        if notification.matches(name, key.name):
            content = s3_records.record(name, bucket, key, notification.id, now)
            deliveries.send(
                Delivery(SERVICE, bucket.arn, notification.arn, json.dumps(content), content)
            )
    if configuration.event_bridge is not None:
        event = {
            "source": "aws.s3",
            "detail-type": notifications._detail_type(name),
            "resources": [bucket.arn],
            "detail": s3_records.bridge_detail(name, bucket, key),
        }
        deliveries.account.emit(event, bucket.region_name)


def _destinations(configuration: Any) -> Iterator[Any]:
    yield from configuration.queue
    yield from configuration.topic
    yield from configuration.cloud_function


def _test(deliveries: Deliveries, account_id: str, bucket: Any) -> None:
    """Check that S3 may send to each destination, then send test events to queues and topics."""
    configuration = bucket.notification_configuration
    arns = list(dict.fromkeys(item.arn for item in _destinations(configuration)))
    content = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": s3_records.timestamp(deliveries.account.clock.now()),
        "Bucket": bucket.name,
        "RequestId": (ids := s3_records.request_ids())["x-amz-request-id"],
        "HostId": ids["x-amz-id-2"],
    }
    planned = [Delivery(SERVICE, bucket.arn, arn, json.dumps(content), content) for arn in arns]
    if bucket.planproof_skip_validation:
        return
    denied = [delivery for delivery in planned if deliveries.is_denied(delivery)]
    if denied:
        raise InvalidArgumentError(
            "Unable to validate the following destination configurations", denied[0].target, "null"
        )
    for delivery in planned:
        if delivery.kind != "lambda":
            deliveries.send(delivery)


def _set_configuration(original: Any) -> Any:
    @functools.wraps(original)
    def set_notification_configuration(bucket: FakeBucket, config: dict[str, Any] | None) -> None:
        previous = bucket.notification_configuration
        given = dict(config or {})
        bucket.planproof_skip_validation = given.pop(_SKIP, False)  # type: ignore[attr-defined]
        try:
            original(bucket, given)
        except BaseException:
            bucket.notification_configuration = previous
            raise

    return set_notification_configuration


def _parse_configuration(original: Any) -> Any:
    @functools.wraps(original)
    def _notification_config_from_body(response: S3Response) -> dict[str, Any]:
        config: dict[str, Any] = original(response)
        if config and response.headers.get(_SKIP, "").lower() == "true":
            config[_SKIP] = True
        return config

    return _notification_config_from_body


def _get_configuration(original: Any) -> Any:
    """Add EventBridgeConfiguration, which moto leaves out."""

    @functools.wraps(original)
    def get_bucket_notification(response: S3Response) -> Any:
        configuration = response.backend.get_bucket_notification_configuration(response.bucket_name)
        if configuration is None or configuration.event_bridge is None:
            return original(response)
        names = {
            "TopicConfigurations": ("TopicArn", configuration.topic),
            "QueueConfigurations": ("QueueArn", configuration.queue),
            "LambdaFunctionConfigurations": ("LambdaFunctionArn", configuration.cloud_function),
        }
        result: dict[str, Any] = {
            part: [_serialized(item, arn) for item in items] for part, (arn, items) in names.items()
        }
        result["EventBridgeConfiguration"] = {}
        response.data["Action"] = "GetBucketNotificationConfiguration"
        return response.serialized(ActionResult(result))

    return get_bucket_notification


def _serialized(item: Any, arn: str) -> dict[str, Any]:
    result = {"Id": item.id, arn: item.arn, "Events": item.events}
    if item.filters:
        result["Filter"] = {"Key": {"FilterRules": item.filters["S3Key"]["FilterRule"]}}
    return result
