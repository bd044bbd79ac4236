"""moto in this process, patched for a fake account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from planproof.emulation.account import moto_patches
from tests.emulation.account.moto_patches.fake_account import FakeAccount


@pytest.fixture
def account() -> Iterator[FakeAccount]:
    made = FakeAccount()
    with mock_aws():
        moto_patches.apply(made)  # type: ignore[arg-type]
        try:
            yield made
        finally:
            moto_patches.unpatch()


class Clients:
    """boto3 clients of us-east-1."""

    def __getattr__(self, service: str) -> Any:
        """The client of a service; lambda_ for Lambda, whose name is a Python keyword."""
        return boto3.client(
            service.rstrip("_"),  # type: ignore[call-overload]
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(s3={"addressing_style": "path"}),
        )

    def queue(self, name: str, **attributes: str) -> tuple[str, str]:
        """URL and ARN of a new queue."""
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    def attributes(self, url: str) -> dict[str, str]:
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return dict(found["Attributes"])

    def take(self, url: str, **options: Any) -> list[dict[str, Any]]:
        """Receive messages from a queue."""
        options = {"MaxNumberOfMessages": 10, "AttributeNames": ["All"], **options}
        options.setdefault("MessageAttributeNames", ["All"])
        return list(self.sqs.receive_message(QueueUrl=url, **options).get("Messages", ()))


@pytest.fixture
def aws(account: FakeAccount) -> Clients:
    return Clients()
