"""The two services the function talks to, connected on first use and kept while it is warm."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# Every attempt ends well within the minute that MediaConvert remembers a ClientRequestToken,
# and no call can eat the time of the other messages in the batch.
_DYNAMODB = Config(
    connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 4}
)
# jobs.py repeats CreateJob itself: it has to know whether any attempt can have made a job.
_MEDIACONVERT = Config(
    connect_timeout=2, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 1}
)


@cache
def assets_table(name: str) -> Any:
    """The DynamoDB table resource of that name."""
    return boto3.resource("dynamodb", config=_DYNAMODB).Table(name)


@cache
def mediaconvert() -> Any:
    """The MediaConvert client, on the regional endpoint.

    Accounts need no endpoint of their own any more, so DescribeEndpoints is not called:
    https://docs.aws.amazon.com/mediaconvert/latest/apireference/endpoints.html
    """
    return boto3.client("mediaconvert", config=_MEDIACONVERT)
