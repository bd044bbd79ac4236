"""MediaConvert: at most one job for an asset.

MediaConvert answers a repeated ClientRequestToken with the job of the first request, but only for
one minute after it (https://docs.aws.amazon.com/mediaconvert/latest/apireference/idempotency.html),
which is less than an SQS message stays invisible. So the token covers repeated attempts and
quick redeliveries; for a later one, `find` asks MediaConvert whether the job exists.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import renditions
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)
from environment import Environment
from errors import JobNotConfirmedError, TransientError, UploadError
from uploads import Upload

# Every account has this queue. It is named so that `create` and `find` mean the same one.
QUEUE = "Default"

# How long after the claim CreateJob may still be called with the same token. The calls themselves
# take at most another half minute (clients.py and PAUSES), then MediaConvert forgets the token.
TOKEN_LASTS = timedelta(seconds=25)

# Seconds to wait before each attempt.
PAUSES = (0.0, 0.5, 1.5)

# The clocks of Lambda and MediaConvert differ by less than this.
CLOCK_SKEW = timedelta(minutes=2)

# MediaConvert gives no more at once, and one search reads at most so many pages.
JOBS_ON_A_PAGE = 20
MOST_PAGES = 50

_THROTTLED = {"TooManyRequestsException", "ThrottlingException", "Throttling"}
_NETWORK = (ConnectionError, HTTPClientError)
# No connection came about, so MediaConvert cannot have heard of the request.
_UNREACHED = (ConnectTimeoutError, EndpointConnectionError)


class Jobs:
    """The jobs that this deployment makes.

    Args:
        client: a MediaConvert client that does not retry by itself.
        environment: names of the deployment.
        sleep: waits a number of seconds.
    """

    def __init__(
        self, client: Any, environment: Environment, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._environment = environment
        self._sleep = sleep

    def create(self, upload: Upload) -> str:
        """Make the job for an upload, or get the one made less than a minute ago.

        Returns:
            The job's id.

        Raises:
            UploadError: MediaConvert says that the request itself is wrong; it always will.
            JobNotConfirmedError: anything else. A missing permission is among it: that is an
                error of the deployment, and the upload shall survive it in the queue.
        """
        request = self.request(upload)
        may_exist = False
        for pause in PAUSES:
            self._sleep(pause)
            try:
                return str(self._client.create_job(**request)["Job"]["Id"])
            except (ClientError, BotoCoreError) as problem:
                failure = problem
            if _code(failure) == "BadRequestException":
                raise UploadError("BadRequestException", str(failure)) from failure
            may_exist = may_exist or _may_have_made_a_job(failure)
            if not _may_pass(failure):
                break
        raise JobNotConfirmedError(
            f"CreateJob did not return a job: {failure}", may_exist=may_exist
        ) from failure

    def find(self, upload: Upload, since: datetime) -> str | None:
        """The id of the asset's job if MediaConvert has made one since that time, else None.

        Raises:
            TransientError: the list was too long to be read to its end, so the answer is unknown.
        """
        arguments: dict[str, Any] = {
            "Queue": QUEUE,
            "Order": "DESCENDING",
            "MaxResults": JOBS_ON_A_PAGE,
        }
        for _ in range(MOST_PAGES):
            page = self._client.list_jobs(**arguments)
            for job in page.get("Jobs", []):
                if job["CreatedAt"] < since - CLOCK_SKEW:
                    return None
                if job.get("UserMetadata", {}) == self._metadata(upload):
                    return str(job["Id"])
            if not page.get("NextToken"):
                return None
            arguments["NextToken"] = page["NextToken"]
        raise TransientError(f"the job is not among the latest {MOST_PAGES * JOBS_ON_A_PAGE} jobs")

    def request(self, upload: Upload) -> dict[str, Any]:
        """The parameters of CreateJob: the same for the same upload, to the byte."""
        return {
            "Queue": QUEUE,
            "Role": self._environment.mediaconvert_role,
            "ClientRequestToken": upload.asset_id,
            "UserMetadata": self._metadata(upload),
            "Settings": renditions.settings(upload, self._environment.output_bucket),
        }

    def _metadata(self, upload: Upload) -> dict[str, str]:
        # Every environment in the account hears of every job; the table's name says whose it is.
        return {"AssetId": upload.asset_id, "AssetsTable": self._environment.assets_table}


def _code(problem: Exception) -> str:
    """AWS's name for the error, or nothing if there was no answer from AWS."""
    response = problem.response if isinstance(problem, ClientError) else {}
    return str(response.get("Error", {}).get("Code", ""))


def _is_service_fault(problem: ClientError) -> bool:
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    # A conflict may mean that another delivery is using the token at this moment.
    return status >= 500 or _code(problem) in {"InternalServerErrorException", "ConflictException"}


def _may_have_made_a_job(problem: Exception) -> bool:
    if isinstance(problem, ClientError):
        return _is_service_fault(problem)
    return isinstance(problem, _NETWORK) and not isinstance(problem, _UNREACHED)


def _may_pass(problem: Exception) -> bool:
    """Whether a second attempt may succeed where this one failed."""
    if isinstance(problem, ClientError):
        return _code(problem) in _THROTTLED or _is_service_fault(problem)
    return isinstance(problem, _NETWORK)
