"""The operations of MediaConvert's API that a pipeline uses.

https://docs.aws.amazon.com/mediaconvert/latest/apireference/resources.html
"""

from __future__ import annotations

import base64
import binascii
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from planproof.emulation.account.model import PARTITION, Account, ApiCall, AwsError
from steps.mediaconvert.job_runner import PRINCIPAL, JobRunner
from steps.mediaconvert.jobs import SUBMITTED, Job, Jobs
from steps.mediaconvert.queues import ACTIVE, DEFAULT, PAUSED, Queue, Queues
from steps.mediaconvert.rendition_cache import RenditionCache
from steps.mediaconvert.responses import job_shape, queue_shape
from steps.mediaconvert.settings import check_settings
from steps.mediaconvert.validation import bad_request, check_request, not_found

_PAGE_SIZE: Final = 20
_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/.+")
_CLIENT_TOKEN: Final = re.compile(r"[\x20-\x7e]{1,64}")

Response = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Region:
    jobs: Jobs
    queues: Queues


class MediaConvert:
    """MediaConvert in an emulated account: a `Service` of planproof.emulation.account.model.

    Args:
        account: the account of the service.
        queue_seconds: time that a job is SUBMITTED, on the account's clock.
        processing_seconds: time that a job is PROGRESSING, on the account's clock.
        cache: creates and caches the renditions.
    """

    name = "mediaconvert"

    def __init__(
        self,
        account: Account,
        *,
        queue_seconds: float = 1.0,
        processing_seconds: float = 2.0,
        cache: RenditionCache | None = None,
    ) -> None:
        self._account = account
        self._runner = JobRunner(
            account, cache or RenditionCache(), queue_seconds, processing_seconds
        )
        self._regions: dict[str, _Region] = {}
        self._lock = threading.Lock()
        self._operations: Mapping[str, Callable[[ApiCall, _Region], Response]] = {
            "CancelJob": self._cancel_job,
            "CreateJob": self._create_job,
            "CreateQueue": self._create_queue,
            "DeleteQueue": self._delete_queue,
            "DescribeEndpoints": self._describe_endpoints,
            "GetJob": self._get_job,
            "GetQueue": self._get_queue,
            "ListJobs": self._list_jobs,
            "ListQueues": self._list_queues,
            "ListTagsForResource": self._list_tags,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "UpdateQueue": self._update_queue,
        }

    def answer(self, call: ApiCall) -> Response:
        """The response of an operation.

        Raises:
            AwsError: the error of AWS; BadRequestException for an operation that is not emulated.
        """
        operation = self._operations.get(call.operation)
        if operation is None:
            message = f"This emulation of MediaConvert does not support {call.operation}."
            raise AwsError("BadRequestException", message, 400)
        check_request(call.operation, call.parameters)
        return operation(call, self._region(call.region))

    def pending(self) -> int:
        """The number of jobs that are not final, except SUBMITTED jobs of a paused queue."""
        with self._lock:
            regions = list(self._regions.values())
        return sum(
            region.jobs.unfinished(queue.arn)
            - (region.jobs.counts(queue.arn)[0] if queue.status == PAUSED else 0)
            for region in regions
            for queue in region.queues.all()
        )

    def _region(self, name: str) -> _Region:
        with self._lock:
            if name not in self._regions:
                prefix = f"arn:{PARTITION}:mediaconvert:{name}:{self._account.account_id}"
                queues = Queues(prefix, self._account.clock.now())
                self._regions[name] = _Region(Jobs(name, prefix), queues)
            return self._regions[name]

    def _create_job(self, call: ApiCall, region: _Region) -> Response:
        request = call.parameters
        token = request.get("ClientRequestToken")
        if token is not None and not _CLIENT_TOKEN.fullmatch(token):
            raise bad_request("/clientRequestToken", "Should be at most 64 ASCII characters long")
        if request.get("JobTemplate"):
            raise not_found(f"job template {request['JobTemplate']}")
        check_settings(request["Settings"])
        self._check_role(call, str(request["Role"]))
        queue = region.queues.find(str(request.get("Queue") or DEFAULT))
        job, new = region.jobs.create(request, queue.arn, self._account.clock.now())
        if new:
            self._runner.record(job, SUBMITTED)
            self._submit(region, job, queue)
        return {"Job": job_shape(job)}

    def _submit(self, region: _Region, job: Job, queue: Queue) -> None:
        self._runner.schedule(region.jobs, job, lambda: queue.status == PAUSED)

    def _check_role(self, call: ApiCall, role: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html."""
        match = _ROLE.fullmatch(role)
        if not match:
            raise bad_request("/role", f"Should match the pattern {_ROLE.pattern}")
        if match[1] != self._account.account_id:
            raise AwsError("AccessDeniedException", "Cross-account pass role is not allowed.", 403)
        denial = self._account.decisions.check_pass(call.caller, role, PRINCIPAL)
        if denial:
            self._runner.record_denial(call.caller.arn if call.caller else PRINCIPAL, denial)
            raise AwsError("AccessDeniedException", denial.message, 403)

    def _get_job(self, call: ApiCall, region: _Region) -> Response:
        return {"Job": job_shape(_job(call, region))}

    def _list_jobs(self, call: ApiCall, region: _Region) -> Response:
        request = call.parameters
        queue = region.queues.find(request["Queue"]).arn if request.get("Queue") else None
        ascending = request.get("Order") == "ASCENDING"
        after = _number_of(request.get("NextToken"))
        limit = request.get("MaxResults", _PAGE_SIZE)
        page: list[Job] = []
        for job in region.jobs.matching(queue, request.get("Status"), ascending, after):
            if len(page) == limit:
                token = _next_token(page[-1].number)
                return {"Jobs": [job_shape(j) for j in page], "NextToken": token}
            page.append(job)
        return {"Jobs": [job_shape(job) for job in page]}

    def _cancel_job(self, call: ApiCall, region: _Region) -> Response:
        job = _job(call, region)
        if not self._runner.cancel(region.jobs, job):
            message = f"The job {job.id} is {job.status} and cannot be canceled."
            raise AwsError("ConflictException", message, 409)
        return {}

    def _get_queue(self, call: ApiCall, region: _Region) -> Response:
        return {"Queue": self._shape(region, region.queues.find(call.parameters["Name"]))}

    def _list_queues(self, call: ApiCall, region: _Region) -> Response:
        request = call.parameters
        queues = region.queues.all()
        if request.get("ListBy", "CREATION_DATE") == "CREATION_DATE":
            queues.sort(key=lambda queue: queue.created)
        if request.get("Order") == "DESCENDING":
            queues.reverse()
        start = _number_of(request.get("NextToken")) or 0
        end = start + request.get("MaxResults", _PAGE_SIZE)
        response: dict[str, Any] = {"Queues": [self._shape(region, q) for q in queues[start:end]]}
        if end < len(queues):
            response["NextToken"] = _next_token(end)
        return response

    def _create_queue(self, call: ApiCall, region: _Region) -> Response:
        queue = region.queues.create(call.parameters, self._account.clock.now())
        return {"Queue": self._shape(region, queue)}

    def _update_queue(self, call: ApiCall, region: _Region) -> Response:
        queue = region.queues.update(call.parameters, self._account.clock.now())
        if queue.status == ACTIVE:
            for job in region.jobs.matching(queue.arn, SUBMITTED, ascending=True, after=None):
                self._submit(region, job, queue)
        return {"Queue": self._shape(region, queue)}

    def _delete_queue(self, call: ApiCall, region: _Region) -> Response:
        queue = region.queues.find(call.parameters["Name"])
        if region.jobs.unfinished(queue.arn):
            raise AwsError("ConflictException", f"The queue {queue.name} has jobs.", 409)
        region.queues.delete(queue.name)
        return {}

    def _list_tags(self, call: ApiCall, region: _Region) -> Response:
        """Tags of a queue; https://docs.aws.amazon.com/mediaconvert/latest/apireference/tags-arn.html."""
        queue = region.queues.find(call.parameters["Arn"])
        return {"ResourceTags": {"Arn": queue.arn, "Tags": dict(queue.tags)}}

    def _tag(self, call: ApiCall, region: _Region) -> Response:
        region.queues.tag(call.parameters["Arn"], call.parameters["Tags"])
        return {}

    def _untag(self, call: ApiCall, region: _Region) -> Response:
        region.queues.untag(call.parameters["Arn"], call.parameters.get("TagKeys") or ())
        return {}

    def _describe_endpoints(self, call: ApiCall, region: _Region) -> Response:
        """https://docs.aws.amazon.com/mediaconvert/latest/apireference/endpoints.html."""
        return {"Endpoints": [{"Url": self._account.endpoint}]}

    def _shape(self, region: _Region, queue: Queue) -> dict[str, Any]:
        return queue_shape(queue, *region.jobs.counts(queue.arn))


def _job(call: ApiCall, region: _Region) -> Job:
    job = region.jobs.find(str(call.parameters["Id"]))
    if job is None:
        raise not_found(f"job {call.parameters['Id']}")
    return job


def _next_token(number: int) -> str:
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode()


def _number_of(token: str | None) -> int | None:
    if not token:
        return None
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("after:"))
    except (ValueError, binascii.Error) as problem:
        raise bad_request("/nextToken", "Should be a nextToken of an earlier response") from problem
