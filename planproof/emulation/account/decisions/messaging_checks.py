"""Permissions of calls of SQS, SNS, EventBridge, Kinesis, CloudWatch and CloudWatch Logs.

Sources: SQS Developer Guide, "Amazon SQS API permissions" and "Configure KMS permissions for
Amazon SQS"; SNS Developer Guide, "Managing Amazon SNS encryption keys and costs"; EventBridge User
Guide, "Using IAM policy conditions"; CloudWatch Logs, Kinesis Data Streams in the Service
Authorization Reference.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from planproof.emulation.account.decisions.checks import CheckedCall, PermissionCheck
from planproof.emulation.account.decisions.kms_checks import (
    key_arn,
    key_use_checks,
    stored_key_checks,
)
from planproof.emulation.account.decisions.kms_keys import key_of
from planproof.emulation.account.decisions.reference_checks import checks_by_reference
from planproof.iam.actions import resource_types
from planproof.service_facts import resource_type
from planproof.values import UNKNOWN, Unknown

_LOGS_CONTEXT: Final = "aws:logs:arn"


def queues(call: CheckedCall) -> Iterator[PermissionCheck]:
    """SQS: the queue and the key that encrypts its messages."""
    name = urlsplit(call.text("QueueUrl")).path.rpartition("/")[2] or call.text("QueueName")
    if not name:
        yield from checks_by_reference(call)
        return
    arn = call.arn("sqs", name)
    yield from call.each(arn)
    yield from stored_key_checks(call, "sqs", arn)


def topics(call: CheckedCall) -> Iterator[PermissionCheck]:
    """SNS: the topic and the key that encrypts its messages."""
    arn = call.text("TopicArn", "TargetArn")
    if not arn and (name := call.text("Name")) and call.operation == "CreateTopic":
        arn = call.arn("sns", name)
    if not arn:
        yield from checks_by_reference(call)
        return
    protocol, endpoint = call.text("Protocol"), call.text("Endpoint")
    keys = {"sns:Protocol": protocol or None, "sns:Endpoint": endpoint or None}
    yield from call.each(arn, keys)
    yield from stored_key_checks(call, "sns", arn)


def events(call: CheckedCall) -> Iterator[PermissionCheck]:
    """EventBridge: the bus of each event; a rule by its name and bus."""
    if call.operation == "PutEvents":
        for entry in call.parameters.get("Entries") or ():
            keys = {
                "events:source": entry.get("Source"),
                "events:detail-type": entry.get("DetailType"),
                "events:eventBusInvocation": False,
            }
            yield from call.each(_bus(call, str(entry.get("EventBusName") or "")), keys)
        return
    name = call.text("Name", "Rule")
    bus = call.text("EventBusName").rpartition("event-bus/")[2]
    for action in call.actions():
        if name and "rule-on-default-event-bus" in resource_types(action):
            where = f"rule/{bus}/{name}" if bus not in ("", "default") else f"rule/{name}"
            yield PermissionCheck(action, call.arn("events", where), {"events:source": UNKNOWN})
            return
    yield from checks_by_reference(call)


def _bus(call: CheckedCall, name: str) -> str:
    if name.startswith("arn:"):
        return name
    return call.arn("events", f"event-bus/{name or 'default'}")


def logs(call: CheckedCall) -> Iterator[PermissionCheck]:
    """CloudWatch Logs: AWS checks the ARN of a log group with ``:log-stream:`` appended."""
    name = call.text("logGroupName", "logGroupIdentifier")
    name = name.partition(":log-group:")[2].removesuffix(":*") if ":" in name else name
    if not name and call.operation == "DescribeLogGroups":
        yield from call.each(call.arn("logs", "log-group::log-stream:"))
        return
    if not name:
        yield from checks_by_reference(call)
        return
    group = call.arn("logs", f"log-group:{name}")
    yield from call.each(f"{group}:log-stream:{call.text('logStreamName')}")
    if call.operation == "PutLogEvents":
        yield from _log_key(call, name, group)


def _log_key(call: CheckedCall, name: str, arn: str) -> Iterator[PermissionCheck]:
    """Permissions of CloudWatch Logs on the key of a log group, to encrypt its events.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    region = call.api_call.region
    backend = call.state.backend("logs", region)
    named = getattr(backend.groups.get(name) if backend else None, "kms_key_id", None)
    if not named:
        return
    key = key_of(call.state, str(named), region)
    context = {f"kms:EncryptionContext:{_LOGS_CONTEXT}": arn}
    missing = f"there is no KMS key {named}" if key is None else ""
    for action in resource_type("aws_cloudwatch_log_group").service_key_actions:
        principal = f"logs.{region}.amazonaws.com"
        yield PermissionCheck(
            action, key_arn(str(named), key), context, missing, principal=principal
        )


def metrics(call: CheckedCall) -> Iterator[PermissionCheck]:
    """CloudWatch: metrics are not resources; their namespace is a condition key.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
    """
    if call.operation == "PutMetricData":
        yield from call.each("*", {"cloudwatch:namespace": call.text("Namespace") or None})
        return
    yield from checks_by_reference(call)


def streams(call: CheckedCall) -> Iterator[PermissionCheck]:
    """Kinesis: the stream by name, ARN or iterator and the key that encrypts its records."""
    arn = _stream(call)
    if arn is None:
        yield from checks_by_reference(call)
        return
    yield from call.each(arn)
    actions: tuple[str, ...] = ()
    if call.operation in ("PutRecord", "PutRecords"):
        actions = ("kms:GenerateDataKey",)
    elif call.operation == "GetRecords":
        actions = ("kms:Decrypt",)
    backend = call.state.backend("kinesis", call.api_call.region)
    if actions and backend and isinstance(arn, str):
        stream = backend.streams.get(arn.rpartition("/")[2])
        if stream is not None and stream.encryption_type == "KMS" and stream.key_id:
            context = {"aws:kinesis:arn": arn}
            yield from key_use_checks(call, "kinesis", str(stream.key_id), actions, context)


def _stream(call: CheckedCall) -> str | Unknown | None:
    if arn := call.text("StreamARN", "ConsumerARN", "ResourceARN"):
        return arn
    name = call.text("StreamName")
    if not name and (iterator := call.text("ShardIterator")):
        try:
            name = base64.b64decode(iterator).decode().split(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return UNKNOWN
    return call.arn("kinesis", f"stream/{name}") if name else None
