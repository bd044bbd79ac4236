"""What goes into a deployed pipeline, and what comes out: uploads, jobs, records, messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from planproof.emulation.account.control import Control
from planproof.emulation.account.model import Entry
from planproof.errors import UndeterminedError
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, leaves
from steps.pipeline import Pipeline

Item = Mapping[str, Value]
Job = Mapping[str, Any]
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class Deployed(Protocol):
    """What is needed of a deployment."""

    @property
    def control(self) -> Control:
        """What can be done to the account, and what happened in it."""

    def check(self) -> None:
        """Nothing, while the account is alive."""

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client of the account's owner."""

    def stack(self, variant: str = ...) -> Stack:
        """What stands there, deployed with a set of variables."""

    def terraform(self, variant: str = ...) -> Any:
        """What Terraform can be asked to do with that deployment."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was uploaded."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """As a job names it."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(slots=True)
class Traffic:
    """One scenario's uploads to one deployed stack; what was there before is left out.

    Attributes:
        sent: messages that were put into a queue by hand, by the queue's address.
    """

    deployment: Deployed
    pipeline: Pipeline
    uploads: list[Upload] = field(default_factory=list)
    sent: dict[str, list[str]] = field(default_factory=dict)
    _jobs_before: frozenset[str] = frozenset()
    _items_before: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Look at what there is already."""
        self.forget()

    def forget(self) -> None:
        """Leave out whatever there is by now."""
        self._jobs_before = frozenset(job["Id"] for job in self._all_jobs())
        self._items_before = frozenset(self._identity(item) for item in self._all_items())

    @property
    def stack(self) -> Stack:
        """The deployed stack."""
        return self.pipeline.stack

    @property
    def place(self) -> ProviderLocation:
        """Where the stack is deployed."""
        place = self.stack.provider_location(self.pipeline.function)
        if place is None:
            raise UndeterminedError(f"the region of {self.pipeline.function} is unknown")
        return place

    def client(self, service: str) -> Any:
        """A client of the stack's region."""
        return self.deployment.client(service, self.place.region)

    # In --------------------------------------------------------------------------------------

    def upload(self, name: str, body: bytes) -> Upload:
        """Put a file where it is noticed."""
        bucket = text_of(self.pipeline.input_bucket, "bucket")
        upload = Upload(bucket, self._noticed(name))
        self.client("s3").put_object(Bucket=bucket, Key=upload.key, Body=body)
        self.uploads.append(upload)
        return upload

    def send(self, queue: Resource, message: Mapping[str, Any] | str) -> None:
        """Put a message into a queue."""
        body = message if isinstance(message, str) else json.dumps(message)
        self.client("sqs").send_message(QueueUrl=text_of(queue, "url"), MessageBody=body)
        self.sent.setdefault(queue.address, []).append(body)

    def _noticed(self, name: str) -> str:
        """The key under which the notification tells of a file of that name."""
        prefix = self.pipeline.notification.get("queue.filter_prefix")
        suffix = self.pipeline.notification.get("queue.filter_suffix")
        key = f"{prefix}{name}" if isinstance(prefix, str) else name
        return key + suffix if isinstance(suffix, str) and not key.endswith(suffix) else key

    # Out -------------------------------------------------------------------------------------

    def jobs(self) -> list[Job]:
        """The jobs made since, those about this stack's uploads."""
        start = f"s3://{text_of(self.pipeline.input_bucket, 'bucket')}/"
        return [
            job
            for job in self._all_jobs()
            if job["Id"] not in self._jobs_before and _input(job).startswith(start)
        ]

    def jobs_of(self, upload: Upload) -> list[Job]:
        """Those that read a file."""
        return [job for job in self.jobs() if _input(job) == upload.uri]

    def records(self) -> list[Item]:
        """The items made since."""
        return [
            item for item in self._all_items() if self._identity(item) not in self._items_before
        ]

    def refusals(self, since: int) -> list[Entry]:
        """What AWS refused to anybody since a number of the trail."""
        return [e for e in self.deployment.control.trail(since) if e.outcome == "denied"]

    def counted(self) -> Iterator[tuple[Resource, int]]:
        """Every queue, and how many messages are in it."""
        sqs = self.client("sqs")
        for queue in self.stack.managed("aws_sqs_queue"):
            told = sqs.get_queue_attributes(
                QueueUrl=text_of(queue, "url"), AttributeNames=list(_COUNTS)
            )["Attributes"]
            yield queue, sum(int(told[name]) for name in _COUNTS)

    def letters(self, queue: Resource) -> list[tuple[str, str]]:
        """Id and body of the messages that can be received from a queue; they are taken out."""
        sqs, url, found = self.client("sqs"), text_of(queue, "url"), []
        while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                found.append((message["MessageId"], message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def clear(self) -> None:
        """Leave no message behind."""
        sqs = self.client("sqs")
        self.deployment.control.advance(61)  # SQS purges a queue once a minute
        for queue in self.stack.managed("aws_sqs_queue"):
            with suppress(sqs.exceptions.QueueDoesNotExist):  # it may be half destroyed
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
        """A record's key, which stays the same while the record changes."""
        table = self.pipeline.assets_table
        keys = [table.get(name) for name in ("hash_key", "range_key")]
        return json.dumps([item.get(key) for key in keys if isinstance(key, str) and key])


def _input(job: Job) -> str:
    inputs = job.get("Settings", {}).get("Inputs", [])
    return str(inputs[0].get("FileInput", "")) if inputs else ""


def names(item: Item, text: str) -> bool:
    """Whether some attribute of a record is a text."""
    return any(leaf == text for _, leaf in leaves(item))


def says(item: Item, status: str) -> bool:
    """Whether a record says a status, whatever it calls it."""
    return any(isinstance(leaf, str) and leaf.upper() == status for _, leaf in leaves(item))


def text_of(resource: Resource, attribute: str) -> str:
    """A text that a deployed resource has.

    Raises:
        UndeterminedError: it has none.
    """
    value = resource.get(attribute)
    if not isinstance(value, str):
        raise UndeterminedError(f"{resource}.{attribute} is not known, though it is deployed")
    return value
