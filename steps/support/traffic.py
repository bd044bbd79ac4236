"""Input and output of a deployed pipeline: uploads, jobs, records and messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from planproof.emulation.account.control import Control
from planproof.emulation.account.model import Entry
from planproof.errors import UndeterminedError
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, leaves
from steps.support.pipeline import Pipeline

Item = Mapping[str, Value]
Job = Mapping[str, Any]
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class Deployed(Protocol):
    """What steps use of a deployment."""

    @property
    def control(self) -> Control:
        """The clock, the faults and the trail of the emulated account."""

    def check(self) -> None:
        """Raise an error if the account has ended."""

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client of the account's owner."""

    def stack(self, variant: str = ...) -> Stack:
        """The stack deployed with a set of variables."""

    def terraform(self, variant: str = ...) -> Any:
        """Runs Terraform on that deployment."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was uploaded."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """The URI of the file, as jobs name it."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(slots=True)
class Traffic:
    """The input and output of one deployed stack since the scenario began.

    Attributes:
        sent: bodies of messages that steps sent to a queue, by the address of the queue.
    """

    deployment: Deployed
    pipeline: Pipeline
    uploads: list[Upload] = field(default_factory=list)
    sent: dict[str, list[str]] = field(default_factory=dict)
    _jobs_before: frozenset[str] = frozenset()
    _items_before: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.reset_baseline()

    def reset_baseline(self) -> None:
        """Ignore the jobs and items that exist now."""
        self._jobs_before = frozenset(job["Id"] for job in self._all_jobs())
        self._items_before = frozenset(self._identity(item) for item in self._all_items())

    @property
    def stack(self) -> Stack:
        """The deployed stack."""
        return self.pipeline.stack

    def client(self, service: str) -> Any:
        """A client for the region of the stack."""
        return self.deployment.client(service, self.pipeline.location.region)

    # Input -----------------------------------------------------------------------------------

    def upload(self, name: str, body: bytes) -> Upload:
        """Put a file into the input bucket, under a key that is announced."""
        bucket = text_of(self.pipeline.input_bucket, "bucket")
        upload = Upload(bucket, self._announced_key(name))
        self.client("s3").put_object(Bucket=bucket, Key=upload.key, Body=body)
        self.uploads.append(upload)
        return upload

    def send(self, queue: Resource, message: Mapping[str, Any] | str) -> None:
        """Send a message to a queue."""
        body = message if isinstance(message, str) else json.dumps(message)
        self.client("sqs").send_message(QueueUrl=text_of(queue, "url"), MessageBody=body)
        self.sent.setdefault(queue.address, []).append(body)

    def _announced_key(self, name: str) -> str:
        """A key with the prefix and suffix that the notification asks for."""
        prefix = self.pipeline.notification.get("queue.filter_prefix")
        suffix = self.pipeline.notification.get("queue.filter_suffix")
        key = f"{prefix}{name}" if isinstance(prefix, str) else name
        return key + suffix if isinstance(suffix, str) and not key.endswith(suffix) else key

    # Output ----------------------------------------------------------------------------------

    def jobs(self) -> list[Job]:
        """The new jobs that read from the input bucket."""
        start = f"s3://{text_of(self.pipeline.input_bucket, 'bucket')}/"
        return [
            job
            for job in self._all_jobs()
            if job["Id"] not in self._jobs_before and _input(job).startswith(start)
        ]

    def jobs_of(self, upload: Upload) -> list[Job]:
        """The jobs that read an upload."""
        return [job for job in self.jobs() if _input(job) == upload.uri]

    def records(self) -> list[Item]:
        """The new items of the assets table."""
        return [
            item for item in self._all_items() if self._identity(item) not in self._items_before
        ]

    def refusals(self, since: int) -> list[Entry]:
        """The refused calls since a number of the trail."""
        return [e for e in self.deployment.control.trail(since) if e.outcome == "denied"]

    def message_counts(self) -> Iterator[tuple[Resource, int]]:
        """Every queue, and the number of its messages: visible, in flight and delayed."""
        sqs = self.client("sqs")
        for queue in self.stack.managed("aws_sqs_queue"):
            attributes = sqs.get_queue_attributes(
                QueueUrl=text_of(queue, "url"), AttributeNames=list(_COUNTS)
            )["Attributes"]
            yield queue, sum(int(attributes[name]) for name in _COUNTS)

    def take_messages(self, queue: Resource) -> list[tuple[str, str]]:
        """Receive and delete the messages of a queue: id and body of each."""
        sqs, url, found = self.client("sqs"), text_of(queue, "url"), []
        while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                found.append((message["MessageId"], message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def purge_queues(self) -> None:
        """Purge every queue of the stack."""
        sqs = self.client("sqs")
        self.deployment.control.advance(61)  # SQS purges a queue once a minute
        for queue in self.stack.managed("aws_sqs_queue"):
            with suppress(sqs.exceptions.QueueDoesNotExist):  # after an incomplete destroy
                sqs.purge_queue(QueueUrl=text_of(queue, "url"))

    def _all_jobs(self) -> Iterator[Job]:
        pages = self.client("mediaconvert").get_paginator("list_jobs")
        for page in pages.paginate(Order="DESCENDING", MaxResults=20):
            yield from page.get("Jobs", ())

    def _all_items(self) -> Iterator[Item]:
        table = text_of(self.pipeline.assets_table, "name")
        dynamodb = self.client("dynamodb")
        for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            for item in page["Items"]:
                yield {name: next(iter(value.values())) for name, value in item.items()}

    def _identity(self, item: Item) -> str:
        """The primary key of an item."""
        table = self.pipeline.assets_table
        keys = [table.get(name) for name in ("hash_key", "range_key")]
        return json.dumps([item.get(key) for key in keys if isinstance(key, str) and key])


def _input(job: Job) -> str:
    inputs = job.get("Settings", {}).get("Inputs", [])
    return str(inputs[0].get("FileInput", "")) if inputs else ""


def has_value(item: Item, text: str) -> bool:
    """Whether an attribute of an item, at any depth, has a value."""
    return any(leaf == text for _, leaf in leaves(item))


def has_status(item: Item, status: str) -> bool:
    """Whether an attribute of an item, at any depth, is a status."""
    return any(isinstance(leaf, str) and leaf.upper() == status for _, leaf in leaves(item))


def text_of(resource: Resource, attribute: str) -> str:
    """A string attribute of a deployed resource.

    Raises:
        UndeterminedError: the attribute is not a string.
    """
    value = resource.get(attribute)
    if not isinstance(value, str):
        raise UndeterminedError(f"{resource}.{attribute} is unknown after the deployment")
    return value
