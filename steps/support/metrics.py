"""Which part of the stack does a CloudWatch metric tell of?

Services name the parts their metrics are of by dimensions, each in its own way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from planproof.aws.datapath.places import place_of
from planproof.iam.arn import parse_arn
from planproof.terraform.identities import Place
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, is_unknown


@dataclass(frozen=True, slots=True)
class Named:
    """What a dimension holds: an attribute of resources of some types."""

    types: tuple[str, ...]
    attributes: tuple[str, ...]


# Each service's page of metrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html
NAMED: Final[Mapping[tuple[str, str], Named]] = {
    ("AWS/DynamoDB", "TableName"): Named(("aws_dynamodb_table",), ("name",)),
    ("AWS/Events", "EventBusName"): Named(("aws_cloudwatch_event_bus",), ("name",)),
    ("AWS/Events", "RuleName"): Named(("aws_cloudwatch_event_rule",), ("name",)),
    ("AWS/KMS", "KeyId"): Named(("aws_kms_key", "aws_kms_replica_key"), ("key_id",)),
    ("AWS/Lambda", "FunctionName"): Named(("aws_lambda_function",), ("function_name",)),
    ("AWS/Logs", "LogGroupName"): Named(("aws_cloudwatch_log_group",), ("name",)),
    ("AWS/MediaConvert", "Queue"): Named(("aws_media_convert_queue",), ("arn",)),
    ("AWS/S3", "BucketName"): Named(("aws_s3_bucket",), ("bucket", "id")),
    ("AWS/SNS", "TopicName"): Named(("aws_sns_topic",), ("name",)),
    ("AWS/SQS", "QueueName"): Named(("aws_sqs_queue",), ("name",)),
}
_OF_ALL: Final = frozenset({"AWS/Lambda"})
"""Services whose metrics exist without a dimension too, over everything in the region."""
_OWN: Final = "AWS/"
_DEFAULT_BUS: Final = "default"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as an alarm or a dashboard asks for it.

    Attributes:
        place: where it is looked for; None where nobody knows.
        holder, path: the resource that asks and the path of the dimensions in it, where there is
            one; references count there until values are known.
    """

    namespace: Value
    name: Value
    dimensions: Value
    place: Place | None
    holder: Resource | None = None
    path: str = ""


def is_there(stack: Stack, metric: Metric) -> tuple[bool | None, str]:
    """Whether a metric is of something that the stack makes, or that every account has.

    Returns:
        None where it cannot be told, or where it is no metric of AWS's; and what it was found
        to be of, for a reader.
    """
    space, dimensions = metric.namespace, metric.dimensions
    if is_unknown(space) or is_unknown(dimensions):
        return None, "unknown before it is built"
    asked = dict(dimensions or {})
    said = ", ".join(f"{name} {_shown(value)}" for name, value in sorted(asked.items()))
    what = f"{space} of {said}" if said else f"{space} without dimensions"
    known = [name for name in asked if (space, name) in NAMED]
    if known:
        verdicts = [_one_is_there(stack, metric, str(space), name) for name in known]
        return (False if False in verdicts else None if None in verdicts else True), what
    if not asked and any(space == service for service, _ in NAMED):
        return space in _OF_ALL, what
    return (True if asked and any(_is_own(stack, v) for v in asked.values()) else None), what


def names(
    stack: Stack, metric: Metric, dimension: str, part: Resource | str, attributes: Sequence[str]
) -> bool | None:
    """Whether a dimension holds a part's name: that of a resource, or the text itself."""
    value = metric.dimensions if is_unknown(metric.dimensions) else _value(metric, dimension)
    if isinstance(part, str):
        return None if is_unknown(value) else value == part
    if metric.holder is not None:
        path = f"{metric.path}.{dimension}"
        return links(stack, metric.holder, path, part, attributes)
    own = [part.get(attribute) for attribute in attributes]
    if isinstance(value, str) and value in [text for text in own if isinstance(text, str)]:
        return True
    return None if is_unknown(value) or any(map(is_unknown, own)) else False


def in_place(stack: Stack, part: Resource, place: Place | None) -> bool:
    """Whether a part is, or may be, in a place: CloudWatch keeps metrics by account and region."""
    own = place_of(stack, part)
    return own is None or place is None or own == place


def is_of_aws(namespace: Value) -> bool:
    """Whether a namespace is, or may be, one of AWS's own."""
    return is_unknown(namespace) or (isinstance(namespace, str) and namespace.startswith(_OWN))


def _one_is_there(stack: Stack, metric: Metric, space: str, dimension: str) -> bool | None:
    named = NAMED[space, dimension]
    value = _value(metric, dimension)
    if isinstance(value, str) and _has_every_account(space, dimension, value, metric.place):
        return True
    found = [
        names(stack, metric, dimension, part, named.attributes)
        for part in stack.managed(*named.types)
        if in_place(stack, part, metric.place)
    ]
    if True in found:
        return True
    return None if None in found or is_unknown(value) else False


def _has_every_account(space: str, dimension: str, value: str, place: Place | None) -> bool:
    """Whether it is there from the start: MediaConvert's default queue, the default event bus.

    https://docs.aws.amazon.com/mediaconvert/latest/ug/about-queues.html
    """
    if (space, dimension) == ("AWS/Events", "EventBusName"):
        return value == _DEFAULT_BUS
    if (space, dimension) != ("AWS/MediaConvert", "Queue"):
        return False
    parts = parse_arn(value)
    if parts is None or parts.service != "mediaconvert" or parts.resource != "queues/Default":
        return False
    return place is None or (parts.region, parts.account) == (place.region, place.account)


def _is_own(stack: Stack, value: Value) -> bool:
    return any(value in _identities(part) for part in stack.managed())


def _identities(part: Resource) -> Iterator[str]:
    for name in ("id", "arn", "name"):
        value = part.get(name)
        if isinstance(value, str) and value:
            yield value


def _value(metric: Metric, dimension: str) -> Value:
    dimensions = metric.dimensions
    return dimensions.get(dimension) if isinstance(dimensions, Mapping) else None


def _shown(value: Value) -> str:
    return "unknown" if is_unknown(value) else re.sub(r"\s+", " ", str(value))
