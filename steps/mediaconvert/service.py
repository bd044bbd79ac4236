"""The operations of MediaConvert's API that a pipeline meets.

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

from planproof.emulation.account.model import PARTITION, Account, AwsError, Call
from steps.mediaconvert.answers import job_shape, queue_shape
from steps.mediaconvert.jobs import SUBMITTED, Job, Jobs
from steps.mediaconvert.queues import ACTIVE, DEFAULT, PAUSED, Queue, Queues
from steps.mediaconvert.running import PRINCIPAL, Running
from steps.mediaconvert.settings import check_settings
from steps.mediaconvert.transcodes import Transcodes
from steps.mediaconvert.validation import bad_request, check_request

_PAGE: Final = 20
_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/.+")
_TOKEN: Final = re.compile(r"[\x20-\x7e]{1,64}")

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Region:
    jobs: Jobs
    queues: Queues


class MediaConvert:
    """MediaConvert in an emulated account: a `Service` of planproof.emulation.account.model.

    Args:
        account: the account it is in.
        starts_after: seconds of the account's time that a job waits in its queue.
        works_for: seconds of the account's time that a job is PROGRESSING.
        transcodes: makes the renditions, and keeps them.
    """

    name = "mediaconvert"

    def __init__(
        self,
        account: Account,
        *,
        starts_after: float = 1.0,
        works_for: float = 2.0,
        transcodes: Transcodes | None = None,
    ) -> None:
        self._account = account
        self._running = Running(account, transcodes or Transcodes(), starts_after, works_for)
        self._regions: dict[str, _Region] = {}
        self._lock = threading.Lock()
        self._operations: Mapping[str, Callable[[Call, _Region], Answer]] = {
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

    def answer(self, call: Call) -> Answer:
        """The response of an operation.

        Raises:
            AwsError: as AWS answers; BadRequestException for an operation that is not emulated.
        """
        operation = self._operations.get(call.operation)
        if operation is None:
            what = f"This emulation of MediaConvert has no {call.operation}."
            raise AwsError("BadRequestException", what, 400)
        check_request(call.operation, call.parameters)
        return operation(call, self._region(call.region))

    def pending(self) -> int:
        """How many jobs will still change by themselves: those of a paused queue will not."""
        with self._lock:
            regions = list(self._regions.values())
        return sum(
            region.jobs.unfinished(queue.arn) - self._held(region, queue)
            for region in regions
            for queue in region.queues.all()
        )

    def _held(self, region: _Region, queue: Queue) -> int:
        return region.jobs.counts(queue.arn)[0] if queue.status == PAUSED else 0

    def _region(self, name: str) -> _Region:
        with self._lock:
            if name not in self._regions:
                prefix = f"arn:{PARTITION}:mediaconvert:{name}:{self._account.account_id}"
                queues = Queues(prefix, self._account.clock.now())
                self._regions[name] = _Region(Jobs(name, prefix), queues)
            return self._regions[name]

    def _create_job(self, call: Call, region: _Region) -> Answer:
        asked = call.parameters
        token = asked.get("ClientRequestToken")
        if token is not None and not _TOKEN.fullmatch(token):
            raise bad_request("/clientRequestToken", "Should be at most 64 ASCII characters long")
        if asked.get("JobTemplate"):
            raise AwsError(
                "NotFoundException", f"The job template {asked['JobTemplate']} does not exist.", 404
            )
        check_settings(asked["Settings"])
        self._check_role(call, str(asked["Role"]))
        queue = region.queues.find(str(asked.get("Queue") or DEFAULT))
        job, new = region.jobs.create(asked, queue.arn, self._account.clock.now())
        if new:
            self._running.note(job, SUBMITTED)
            self._submit(region, job, queue)
        return {"Job": job_shape(job)}

    def _submit(self, region: _Region, job: Job, queue: Queue) -> None:
        self._running.submitted(region.jobs, job, lambda: queue.status == PAUSED)

    def _check_role(self, call: Call, role: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html."""
        found = _ROLE.fullmatch(role)
        if not found:
            raise bad_request("/role", f"Should match the pattern {_ROLE.pattern}")
        if found[1] != self._account.account_id:
            raise AwsError("AccessDeniedException", "Cross-account pass role is not allowed.", 403)
        denial = self._account.decisions.check_pass(call.caller, role, PRINCIPAL)
        if denial:
            self._running.denied(call.caller.arn if call.caller else PRINCIPAL, denial)
            raise AwsError("AccessDeniedException", denial.message, 403)

    def _get_job(self, call: Call, region: _Region) -> Answer:
        return {"Job": job_shape(_job(call, region))}

    def _list_jobs(self, call: Call, region: _Region) -> Answer:
        asked = call.parameters
        queue = region.queues.find(asked["Queue"]).arn if asked.get("Queue") else None
        ascending = asked.get("Order") == "ASCENDING"
        after = _number(asked.get("NextToken"))
        most = asked.get("MaxResults", _PAGE)
        page: list[Job] = []
        for job in region.jobs.listed(queue, asked.get("Status"), ascending, after):
            if len(page) == most:
                return {"Jobs": [job_shape(j) for j in page], "NextToken": _token(page[-1].number)}
            page.append(job)
        return {"Jobs": [job_shape(job) for job in page]}

    def _cancel_job(self, call: Call, region: _Region) -> Answer:
        job = _job(call, region)
        if not self._running.cancel(region.jobs, job):
            raise AwsError(
                "ConflictException",
                f"The job {job.id} is {job.status}: it cannot be canceled.",
                409,
            )
        return {}

    def _get_queue(self, call: Call, region: _Region) -> Answer:
        return {"Queue": self._shape(region, region.queues.find(call.parameters["Name"]))}

    def _list_queues(self, call: Call, region: _Region) -> Answer:
        asked = call.parameters
        queues = region.queues.all()
        if asked.get("ListBy", "CREATION_DATE") == "CREATION_DATE":
            queues.sort(key=lambda queue: queue.created)
        if asked.get("Order") == "DESCENDING":
            queues.reverse()
        start = _number(asked.get("NextToken")) or 0
        end = start + asked.get("MaxResults", _PAGE)
        answer: dict[str, Any] = {"Queues": [self._shape(region, q) for q in queues[start:end]]}
        if end < len(queues):
            answer["NextToken"] = _token(end)
        return answer

    def _create_queue(self, call: Call, region: _Region) -> Answer:
        queue = region.queues.create(call.parameters, self._account.clock.now())
        return {"Queue": self._shape(region, queue)}

    def _update_queue(self, call: Call, region: _Region) -> Answer:
        queue = region.queues.update(call.parameters, self._account.clock.now())
        if queue.status == ACTIVE:
            for job in region.jobs.listed(queue.arn, SUBMITTED, ascending=True, after=None):
                self._submit(region, job, queue)
        return {"Queue": self._shape(region, queue)}

    def _delete_queue(self, call: Call, region: _Region) -> Answer:
        queue = region.queues.find(call.parameters["Name"])
        if region.jobs.unfinished(queue.arn):
            raise AwsError("ConflictException", f"The queue {queue.name} has jobs.", 409)
        region.queues.delete(queue.name)
        return {}

    def _list_tags(self, call: Call, region: _Region) -> Answer:
        """Of queues; https://docs.aws.amazon.com/mediaconvert/latest/apireference/tags-arn.html."""
        queue = region.queues.find(call.parameters["Arn"])
        return {"ResourceTags": {"Arn": queue.arn, "Tags": dict(queue.tags)}}

    def _tag(self, call: Call, region: _Region) -> Answer:
        region.queues.tag(call.parameters["Arn"], call.parameters["Tags"])
        return {}

    def _untag(self, call: Call, region: _Region) -> Answer:
        region.queues.untag(call.parameters["Arn"], call.parameters.get("TagKeys") or ())
        return {}

    def _describe_endpoints(self, call: Call, region: _Region) -> Answer:
        """https://docs.aws.amazon.com/mediaconvert/latest/apireference/endpoints.html."""
        return {"Endpoints": [{"Url": self._account.endpoint}]}

    def _shape(self, region: _Region, queue: Queue) -> dict[str, Any]:
        return queue_shape(queue, *region.jobs.counts(queue.arn))


def _job(call: Call, region: _Region) -> Job:
    job = region.jobs.find(str(call.parameters["Id"]))
    if job is None:
        raise AwsError("NotFoundException", f"The job {call.parameters['Id']} does not exist.", 404)
    return job


def _token(number: int) -> str:
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode()


def _number(token: str | None) -> int | None:
    if not token:
        return None
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("after:"))
    except (ValueError, binascii.Error) as problem:
        raise bad_request("/nextToken", "Should be a token of an answer before") from problem
