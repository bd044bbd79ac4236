"""The jobs of one region, by id, queue and ClientRequestToken."""

from __future__ import annotations

import hashlib
import json
import secrets
import string
import threading
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from planproof.emulation.account.model import AwsError

SUBMITTED: Final = "SUBMITTED"
PROGRESSING: Final = "PROGRESSING"
COMPLETE: Final = "COMPLETE"
ERROR: Final = "ERROR"
CANCELED: Final = "CANCELED"
FINAL: Final = frozenset((COMPLETE, ERROR, CANCELED))
_TRANSITIONS: Final[Mapping[str, frozenset[str]]] = {
    PROGRESSING: frozenset((SUBMITTED,)),
    COMPLETE: frozenset((PROGRESSING,)),
    ERROR: frozenset((SUBMITTED, PROGRESSING)),
    CANCELED: frozenset((SUBMITTED, PROGRESSING)),
}

TOKEN_SECONDS: Final = 60.0
"""Seconds that a ClientRequestToken identifies its request:
https://docs.aws.amazon.com/mediaconvert/latest/apireference/idempotency.html"""
JOB_RETENTION_SECONDS: Final = 90 * 24 * 3600.0
"""Seconds that a job can be retrieved, as in MediaConvert, which bounds memory."""


@dataclass(slots=True, eq=False)
class Job:
    """One job.

    Attributes:
        number: counts the jobs of a region.
        created, started, finished: seconds since the epoch; 0 for not yet.
        parameters: those of CreateJob other than Settings, Queue and Role.
        code, message: errorCode and errorMessage of an ERROR.
        phase: currentPhase while PROGRESSING.
        output_group_details: OutputGroupDetails of a COMPLETE job.
        pending_outputs: the renditions to upload, while PROGRESSING.
    """

    id: str
    arn: str
    queue: str
    role: str
    region: str
    number: int
    created: float
    parameters: Mapping[str, Any]
    compressed_settings: bytes
    status: str = SUBMITTED
    started: float = 0.0
    finished: float = 0.0
    code: int = 0
    message: str = ""
    phase: str = ""
    output_group_details: list[dict[str, Any]] = field(default_factory=list)
    pending_outputs: Any = None

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of CreateJob; stored compressed, since they are most of a job's memory."""
        settings: dict[str, Any] = json.loads(zlib.decompress(self.compressed_settings))
        return settings

    @property
    def metadata(self) -> dict[str, str]:
        """UserMetadata of CreateJob."""
        return dict(self.parameters.get("UserMetadata") or {})


class Jobs:
    """All jobs of one region, in the order of their creation.

    Args:
        region: ``us-east-1``.
        prefix: ``arn:aws:mediaconvert:REGION:ACCOUNT``.
    """

    def __init__(self, region: str, prefix: str) -> None:
        self._region = region
        self._prefix = prefix
        self._lock = threading.RLock()
        self._by_id: dict[str, Job] = {}
        self._jobs: list[Job] = []
        self._by_queue: dict[str, list[Job]] = {}
        self._tokens: OrderedDict[str, tuple[float, str, str]] = OrderedDict()
        self._count = 0
        self._unfinished: dict[str, int] = {}

    def create(self, parameters: Mapping[str, Any], queue: str, now: float) -> tuple[Job, bool]:
        """Create a job, or return the one of the same ClientRequestToken in the last minute.

        Returns:
            The job, and whether it is new.

        Raises:
            AwsError: ConflictException, if the token was used for a different request.
        """
        digest = _digest(parameters)
        token = str(parameters.get("ClientRequestToken") or "")
        with self._lock:
            self._expire(now)
            if token in self._tokens:
                _, first_digest, job_id = self._tokens[token]
                if first_digest == digest:
                    return self._by_id[job_id], False
                raise AwsError(
                    "ConflictException",
                    f"The client request token {token} was used for a different request "
                    f"less than {TOKEN_SECONDS:.0f} seconds ago.",
                    409,
                )
            job = self._add(parameters, queue, now)
            if token:
                self._tokens[token] = (now, digest, job.id)
            return job, True

    def find(self, job_id: str) -> Job | None:
        """The job of that id."""
        with self._lock:
            return self._by_id.get(job_id)

    def transition(self, job: Job, to: str, now: float, code: int = 0, message: str = "") -> bool:
        """Change the status of a job; False if its current status does not allow that."""
        with self._lock:
            if job.status not in _TRANSITIONS[to]:
                return False
            job.status = to
            if to == PROGRESSING:
                job.started, job.phase = now, "PROBING"
            if to in FINAL:
                job.finished, job.pending_outputs, job.phase = now, None, ""
                job.code, job.message = code, message
                self._unfinished[job.queue] -= 1
            return True

    def matching(
        self, queue: str | None, status: str | None, ascending: bool, after: int | None
    ) -> Iterator[Job]:
        """Jobs in the order of their creation.

        Args:
            queue: ARN; None for all.
            after: number of the last job of the previous page.
        """
        with self._lock:
            jobs = list(self._jobs if queue is None else self._by_queue.get(queue, ()))
        if not ascending:
            jobs.reverse()
        if after is not None:
            # The jobs are sorted by number, so a binary search finds the start of the page.
            def order(job: Job) -> int:
                return job.number if ascending else -job.number

            jobs = jobs[bisect_right(jobs, after if ascending else -after, key=order) :]
        return (job for job in jobs if status is None or job.status == status)

    def unfinished(self, queue: str) -> int:
        """The number of jobs in a queue, by its ARN, that are not final."""
        with self._lock:
            return self._unfinished.get(queue, 0)

    def counts(self, queue: str) -> tuple[int, int]:
        """The numbers of SUBMITTED and PROGRESSING jobs in a queue, by its ARN."""
        with self._lock:
            if not self._unfinished.get(queue):
                return 0, 0
            statuses = [job.status for job in self._by_queue.get(queue, ())]
        return statuses.count(SUBMITTED), statuses.count(PROGRESSING)

    def _add(self, parameters: Mapping[str, Any], queue: str, now: float) -> Job:
        self._count += 1
        job_id = self._new_id(now)
        settings = json.dumps(parameters["Settings"], separators=(",", ":"))
        job = Job(
            id=job_id,
            arn=f"{self._prefix}:jobs/{job_id}",
            queue=queue,
            role=str(parameters["Role"]),
            region=self._region,
            number=self._count,
            created=now,
            parameters={
                k: v for k, v in parameters.items() if k not in ("Settings", "Queue", "Role")
            },
            compressed_settings=zlib.compress(settings.encode()),
        )
        self._by_id[job_id] = job
        self._jobs.append(job)
        self._by_queue.setdefault(queue, []).append(job)
        self._unfinished[queue] = self._unfinished.get(queue, 0) + 1
        return job

    def _new_id(self, now: float) -> str:
        letters = string.ascii_lowercase + string.digits
        while True:
            suffix = "".join(secrets.choice(letters) for _ in range(6))
            job_id = f"{int(now * 1000)}-{suffix}"
            if job_id not in self._by_id:
                return job_id

    def _expire(self, now: float) -> None:
        while self._tokens:
            token, (used, _, _) = next(iter(self._tokens.items()))
            if now - used < TOKEN_SECONDS:
                break
            del self._tokens[token]
        while self._jobs and self._jobs[0].status in FINAL:
            if now - self._jobs[0].created < JOB_RETENTION_SECONDS:
                break
            job = self._jobs.pop(0)
            del self._by_id[job.id]
            self._by_queue[job.queue].remove(job)


def _digest(parameters: Mapping[str, Any]) -> str:
    text = json.dumps(parameters, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
