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

# How long after the claim CreateJob may still be called with the same token. The calls themselves
# take at most another half minute (clients.py and PAUSES), then MediaConvert forgets the token.
TOKEN_LASTS = timedelta(seconds=25)

# Seconds to wait before the second and the third attempt.
PAUSES = (0.5, 1.5)

# The clocks of Lambda and MediaConvert differ by less than this.
CLOCK_SKEW = timedelta(minutes=2)

# Pages of 20 jobs that one search reads at most.
MOST_PAGES = 50

_THROTTLED = {"TooManyRequestsException", "ThrottlingException", "Throttling"}


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
        for pause in (*PAUSES, None):
            try:
                return str(self._client.create_job(**request)["Job"]["Id"])
            except ClientError as problem:
                code, message = _code_and_message(problem)
                if code == "BadRequestException":
                    raise UploadError(code, message) from problem
                in_doubt = _is_service_fault(problem)
                if not in_doubt and code not in _THROTTLED:
                    raise _not_confirmed(problem, may_exist) from problem
                failure: Exception = problem
            except (ConnectTimeoutError, EndpointConnectionError) as problem:
                failure, in_doubt = problem, False
            except (HTTPClientError, ConnectionError) as problem:
                failure, in_doubt = problem, True
            except BotoCoreError as problem:
                raise _not_confirmed(problem, may_exist) from problem
            may_exist = may_exist or in_doubt
            if pause is not None:
                self._sleep(pause)
        raise _not_confirmed(failure, may_exist) from failure

    def find(self, upload: Upload, since: datetime) -> str | None:
        """The id of the asset's job if MediaConvert has made one since that time, else None.

        Raises:
            TransientError: the list was too long to be read to its end, so the answer is unknown.
        """
        arguments: dict[str, Any] = {"Order": "DESCENDING", "MaxResults": 20}
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
        raise TransientError(f"the job was not found among the latest {MOST_PAGES * 20} jobs")

    def request(self, upload: Upload) -> dict[str, Any]:
        """The parameters of CreateJob: the same for the same upload, to the byte."""
        return {
            "Role": self._environment.mediaconvert_role,
            "ClientRequestToken": upload.asset_id,
            "UserMetadata": self._metadata(upload),
            "Settings": renditions.settings(upload, self._environment.output_bucket),
        }

    def _metadata(self, upload: Upload) -> dict[str, str]:
        # Every environment in the account hears of every job; the table's name says whose it is.
        return {"AssetId": upload.asset_id, "AssetsTable": self._environment.assets_table}


def _code_and_message(problem: ClientError) -> tuple[str, str]:
    described = problem.response.get("Error", {})
    return described.get("Code", "Unknown"), described.get("Message", str(problem))


def _is_service_fault(problem: ClientError) -> bool:
    """Whether a job may exist in spite of the error.

    A conflict is counted in: another delivery may be using the token at this moment.
    """
    code, _ = _code_and_message(problem)
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or code in {"InternalServerErrorException", "ConflictException"}


def _not_confirmed(problem: Exception, may_exist: bool) -> JobNotConfirmedError:
    return JobNotConfirmedError(f"CreateJob did not return a job: {problem}", may_exist=may_exist)
