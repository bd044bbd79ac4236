"""The function as Lambda calls it, in an emulated account."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

HERE = Path(__file__).parent
LAMBDA = HERE.parents[1] / "lambda"
for folder in (HERE, LAMBDA):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import assets  # noqa: E402
import clients  # noqa: E402
import jobs  # noqa: E402
import lambda_function  # noqa: E402
from emulation import Clock, Function, MediaConvert  # noqa: E402

TABLE = "video-assets-test"


@cache
def session() -> boto3.Session:
    """One session for all tests, since reading the service models takes most of their time."""
    return boto3.Session()


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that Terraform gives the function, with credentials that are not valid."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "INPUT_BUCKET": "video-input-test",
        "OUTPUT_BUCKET": "video-output-test",
        "ASSETS_TABLE": TABLE,
        "MEDIACONVERT_ROLE": "arn:aws:iam::111122223333:role/video-mediaconvert-test",
        "LOG_LEVEL": "DEBUG",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session())


@pytest.fixture
def table(deployment: None) -> Iterator[Any]:
    """The table behind the function's client, with the keys and indexes that Terraform makes."""
    clients.assets_table.cache_clear()
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        made = clients.assets_table(TABLE)
        made.meta.client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "AssetId", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"}
                for name in ("AssetId", "Status", "UpdatedAt")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "StatusIndex",
                    "KeySchema": [
                        {"AttributeName": "Status", "KeyType": "HASH"},
                        {"AttributeName": "UpdatedAt", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        yield made
    clients.assets_table.cache_clear()


@pytest.fixture
def clock() -> Clock:
    """A clock that advances only by tests and pauses."""
    return Clock()


@pytest.fixture
def mediaconvert(deployment: None, clock: Clock) -> Iterator[MediaConvert]:
    """MediaConvert behind the function's client."""
    clients.mediaconvert.cache_clear()
    yield MediaConvert(clients.mediaconvert(), clock)
    clients.mediaconvert.cache_clear()


@pytest.fixture
def function(
    table: Any, mediaconvert: MediaConvert, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Function:
    """The whole function: handler, table client and MediaConvert client."""
    monkeypatch.setattr(lambda_function, "Assets", partial(assets.Assets, clock=clock.now))
    monkeypatch.setattr(lambda_function, "Jobs", partial(jobs.Jobs, sleep=clock.sleep))
    return Function(lambda_function.handler, table)
