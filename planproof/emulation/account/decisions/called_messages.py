"""What a call of SQS, SNS, EventBridge, Kinesis, CloudWatch or CloudWatch Logs asks of IAM.

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

from planproof.aws.service_facts import LOG_KEY_ACTIONS
from planproof.emulation.account.decisions.asks import Ask, Asking
from planproof.emulation.account.decisions.called_otherwise import asked as by_reference
from planproof.emulation.account.decisions.keys import key_of
from planproof.emulation.account.decisions.keys_used import key_arn, key_asks
from planproof.iam.actions import resource_types
from planproof.values import UNKNOWN, Unknown

_LOGS_CONTEXT: Final = "aws:logs:arn"
_DATA_KEY: Final = ("kms:GenerateDataKey", "kms:Decrypt")


def queues(asking: Asking) -> Iterator[Ask]:
    """SQS: the queue, and the key that encrypts its messages."""
    name = urlsplit(asking.text("QueueUrl")).path.rpartition("/")[2] or asking.text("QueueName")
    if not name:
        yield from by_reference(asking)
        return
    arn = asking.arn("sqs", name)
    yield from asking.each(arn)
    actions: tuple[str, ...] = ()
    if asking.operation in ("SendMessage", "SendMessageBatch"):
        actions = _DATA_KEY
    elif asking.operation == "ReceiveMessage":
        actions = ("kms:Decrypt",)
    backend = asking.standing.backend("sqs", asking.call.region)
    queue = backend.queues.get(name) if actions and backend else None
    key = getattr(queue, "kms_master_key_id", None)
    if key:
        yield from key_asks(asking, "sqs", str(key), actions, {"aws:sqs:arn": arn})


def topics(asking: Asking) -> Iterator[Ask]:
    """SNS: the topic, and the key that encrypts its messages."""
    arn = asking.text("TopicArn", "TargetArn")
    if not arn and (name := asking.text("Name")) and asking.operation == "CreateTopic":
        arn = asking.arn("sns", name)
    if not arn:
        yield from by_reference(asking)
        return
    protocol, endpoint = asking.text("Protocol"), asking.text("Endpoint")
    about = {"sns:Protocol": protocol or None, "sns:Endpoint": endpoint or None}
    yield from asking.each(arn, about)
    if asking.operation in ("Publish", "PublishBatch"):
        backend = asking.standing.backend("sns", asking.call.region)
        key = getattr(backend.topics.get(arn) if backend else None, "kms_master_key_id", None)
        if key:
            context = {"aws:sns:topicArn": arn}
            yield from key_asks(asking, "sns", str(key), _DATA_KEY, context)


def events(asking: Asking) -> Iterator[Ask]:
    """EventBridge: each bus that gets an event; a rule by its name and bus."""
    if asking.operation == "PutEvents":
        for entry in asking.parameters.get("Entries") or ():
            keys = {
                "events:source": entry.get("Source"),
                "events:detail-type": entry.get("DetailType"),
                "events:eventBusInvocation": False,
            }
            yield from asking.each(_bus(asking, str(entry.get("EventBusName") or "")), keys)
        return
    name = asking.text("Name", "Rule")
    bus = asking.text("EventBusName").rpartition("event-bus/")[2]
    for action in asking.actions():
        if name and "rule-on-default-event-bus" in resource_types(action):
            where = f"rule/{bus}/{name}" if bus not in ("", "default") else f"rule/{name}"
            yield Ask(action, asking.arn("events", where), {"events:source": UNKNOWN})
            return
    yield from by_reference(asking)


def _bus(asking: Asking, name: str) -> str:
    if name.startswith("arn:"):
        return name
    return asking.arn("events", f"event-bus/{name or 'default'}")


def logs(asking: Asking) -> Iterator[Ask]:
    """CloudWatch Logs: a log group's ARN goes on with ``:log-stream:``, as AWS is asked for it."""
    name = asking.text("logGroupName", "logGroupIdentifier")
    name = name.partition(":log-group:")[2].removesuffix(":*") if ":" in name else name
    if not name and asking.operation == "DescribeLogGroups":
        yield from asking.each(asking.arn("logs", "log-group::log-stream:"))
        return
    if not name:
        yield from by_reference(asking)
        return
    group = asking.arn("logs", f"log-group:{name}")
    yield from asking.each(f"{group}:log-stream:{asking.text('logStreamName')}")
    if asking.operation == "PutLogEvents":
        yield from _log_key(asking, name, group)


def _log_key(asking: Asking, name: str, arn: str) -> Iterator[Ask]:
    """What CloudWatch Logs itself needs of the key of a log group, to take an event in.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    region = asking.call.region
    backend = asking.standing.backend("logs", region)
    named = getattr(backend.groups.get(name) if backend else None, "kms_key_id", None)
    if not named:
        return
    key = key_of(asking.standing, str(named), region)
    context = {f"kms:EncryptionContext:{_LOGS_CONTEXT}": arn}
    why = f"there is no KMS key {named}" if key is None else ""
    for action in LOG_KEY_ACTIONS:
        principal = f"logs.{region}.amazonaws.com"
        yield Ask(action, key_arn(str(named), key), context, why, principal=principal)


def metrics(asking: Asking) -> Iterator[Ask]:
    """CloudWatch: metrics are no resources; their namespace is told.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
    """
    if asking.operation == "PutMetricData":
        yield from asking.each("*", {"cloudwatch:namespace": asking.text("Namespace") or None})
        return
    yield from by_reference(asking)


def streams(asking: Asking) -> Iterator[Ask]:
    """Kinesis: the stream by name, ARN or iterator, and the key that encrypts its records."""
    arn = _stream(asking)
    if arn is None:
        yield from by_reference(asking)
        return
    yield from asking.each(arn)
    actions: tuple[str, ...] = ()
    if asking.operation in ("PutRecord", "PutRecords"):
        actions = ("kms:GenerateDataKey",)
    elif asking.operation == "GetRecords":
        actions = ("kms:Decrypt",)
    backend = asking.standing.backend("kinesis", asking.call.region)
    if actions and backend and isinstance(arn, str):
        stream = backend.streams.get(arn.rpartition("/")[2])
        if stream is not None and stream.encryption_type == "KMS" and stream.key_id:
            context = {"aws:kinesis:arn": arn}
            yield from key_asks(asking, "kinesis", str(stream.key_id), actions, context)


def _stream(asking: Asking) -> str | Unknown | None:
    if arn := asking.text("StreamARN", "ConsumerARN", "ResourceARN"):
        return arn
    name = asking.text("StreamName")
    if not name and (iterator := asking.text("ShardIterator")):
        try:
            name = base64.b64decode(iterator).decode().split(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return UNKNOWN
    return asking.arn("kinesis", f"stream/{name}") if name else None
