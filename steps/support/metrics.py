"""Which resource of the stack a CloudWatch metric belongs to, by its dimensions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from planproof.aws.datapath.locations import location_of
from planproof.iam.arn import parse_arn
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, Value, all_of, any_of, is_unknown


@dataclass(frozen=True, slots=True)
class DimensionSource:
    """The resource types and attributes that a dimension's value comes from."""

    types: tuple[str, ...]
    attributes: tuple[str, ...]


# Each service's page of metrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html
DIMENSIONS: Final[Mapping[tuple[str, str], DimensionSource]] = {
    ("AWS/DynamoDB", "TableName"): DimensionSource(("aws_dynamodb_table",), ("name",)),
    ("AWS/Events", "EventBusName"): DimensionSource(("aws_cloudwatch_event_bus",), ("name",)),
    ("AWS/Events", "RuleName"): DimensionSource(("aws_cloudwatch_event_rule",), ("name",)),
    ("AWS/KMS", "KeyId"): DimensionSource(("aws_kms_key", "aws_kms_replica_key"), ("key_id",)),
    ("AWS/Lambda", "FunctionName"): DimensionSource(("aws_lambda_function",), ("function_name",)),
    ("AWS/Logs", "LogGroupName"): DimensionSource(("aws_cloudwatch_log_group",), ("name",)),
    ("AWS/MediaConvert", "Queue"): DimensionSource(("aws_media_convert_queue",), ("arn",)),
    ("AWS/S3", "BucketName"): DimensionSource(("aws_s3_bucket",), ("bucket", "id")),
    ("AWS/SNS", "TopicName"): DimensionSource(("aws_sns_topic",), ("name",)),
    ("AWS/SQS", "QueueName"): DimensionSource(("aws_sqs_queue",), ("name",)),
}
_OF_ALL: Final = frozenset({"AWS/Lambda"})
"""Services that also have metrics without dimensions, for the whole region."""
_OWN: Final = "AWS/"
_DEFAULT_BUS: Final = "default"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that an alarm or a dashboard names.

    Attributes:
        location: its account and region; None if unknown.
        holder, path: the resource that names it and the path of the dimensions there; references
            in the sources are followed while values are unknown.
    """

    namespace: Value
    name: Value
    dimensions: Value
    location: ProviderLocation | None
    holder: Resource | None = None
    path: str = ""


def exists(stack: Stack, metric: Metric) -> tuple[Truth, str]:
    """Whether a metric belongs to a resource of the stack, or to one that every account has.

    Returns:
        the result, None where it is undecided or not a metric of AWS; and the metric's namespace
        and dimensions in words.
    """
    space, dimensions = metric.namespace, metric.dimensions
    if is_unknown(space) or is_unknown(dimensions):
        return None, "unknown before it is built"
    given = dict(dimensions or {})
    listed = ", ".join(f"{name} {_shown(value)}" for name, value in sorted(given.items()))
    what = f"{space} of {listed}" if listed else f"{space} without dimensions"
    known = [name for name in given if (space, name) in DIMENSIONS]
    if known:
        return all_of(_dimension_exists(stack, metric, str(space), name) for name in known), what
    if not given and any(space == service for service, _ in DIMENSIONS):
        return space in _OF_ALL, what
    return (True if any(_is_own(stack, value) for value in given.values()) else None), what


def dimension_names(
    stack: Stack, metric: Metric, space: str, dimension: str, part: Resource | str
) -> Truth:
    """Whether the value of a dimension of a namespace names a resource, or is a text."""
    value = metric.dimensions if is_unknown(metric.dimensions) else _value(metric, dimension)
    if isinstance(part, str):
        return None if is_unknown(value) else value == part
    attributes = DIMENSIONS[space, dimension].attributes
    if metric.holder is not None:
        path = f"{metric.path}.{dimension}"
        return links(stack, metric.holder, path, part, attributes)
    own = [part.get(attribute) for attribute in attributes]
    if isinstance(value, str) and value in [text for text in own if isinstance(text, str)]:
        return True
    return None if is_unknown(value) or any(map(is_unknown, own)) else False


def may_be_in(stack: Stack, part: Resource, location: ProviderLocation | None) -> bool:
    """Whether a part is, or may be, in a place: CloudWatch keeps metrics by account and region."""
    own = location_of(stack, part)
    return own is None or location is None or own == location


def is_of_aws(namespace: Value) -> bool:
    """Whether a namespace is or may be one of AWS."""
    return is_unknown(namespace) or (isinstance(namespace, str) and namespace.startswith(_OWN))


def _dimension_exists(stack: Stack, metric: Metric, space: str, dimension: str) -> Truth:
    value = _value(metric, dimension)
    if isinstance(value, str) and _is_default_resource(space, dimension, value, metric.location):
        return True
    matches = (
        dimension_names(stack, metric, space, dimension, part)
        for part in stack.managed(*DIMENSIONS[space, dimension].types)
        if may_be_in(stack, part, metric.location)
    )
    return any_of((*matches, None if is_unknown(value) else False))


def _is_default_resource(
    space: str, dimension: str, value: str, location: ProviderLocation | None
) -> bool:
    """Whether every account has the resource: MediaConvert's Default queue, the default event bus.

    https://docs.aws.amazon.com/mediaconvert/latest/ug/about-queues.html
    """
    if (space, dimension) == ("AWS/Events", "EventBusName"):
        return value == _DEFAULT_BUS
    if (space, dimension) != ("AWS/MediaConvert", "Queue"):
        return False
    parts = parse_arn(value)
    if parts is None or parts.service != "mediaconvert" or parts.resource != "queues/Default":
        return False
    return location is None or (parts.region, parts.account) == (location.region, location.account)


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
