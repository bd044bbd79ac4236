"""The jobs of one region, and which of them a token or a list means."""

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
_MOVES: Final[Mapping[str, frozenset[str]]] = {
    PROGRESSING: frozenset((SUBMITTED,)),
    COMPLETE: frozenset((PROGRESSING,)),
    ERROR: frozenset((SUBMITTED, PROGRESSING)),
    CANCELED: frozenset((SUBMITTED, PROGRESSING)),
}

TOKEN_LASTS: Final = 60.0
"""Seconds that a ClientRequestToken is remembered for:
https://docs.aws.amazon.com/mediaconvert/latest/apireference/idempotency.html"""
JOB_LASTS: Final = 90 * 24 * 3600.0
"""Seconds that a job can be looked up for: as its history is not kept for ever, memory is bounded.
"""


@dataclass(slots=True, eq=False)
class Job:
    """One job.

    Attributes:
        number: counts the jobs of a region.
        asked: parameters of CreateJob without the settings, by the names of the service model.
        created, started, finished: seconds since the epoch; 0 for not yet.
        code, message: of an ERROR.
        details: OutputGroupDetails of a job that is COMPLETE.
        made: what is to be written, while it is under way.
    """

    id: str
    arn: str
    queue: str
    role: str
    region: str
    number: int
    created: float
    asked: Mapping[str, Any]
    packed: bytes
    status: str = SUBMITTED
    started: float = 0.0
    finished: float = 0.0
    code: int = 0
    message: str = ""
    phase: str = ""
    details: list[dict[str, Any]] = field(default_factory=list)
    made: Any = None

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of CreateJob. They are kept packed: unpacked they are most of a job."""
        settings: dict[str, Any] = json.loads(zlib.decompress(self.packed))
        return settings

    @property
    def metadata(self) -> dict[str, str]:
        """UserMetadata of CreateJob."""
        return dict(self.asked.get("UserMetadata") or {})


class Jobs:
    """All jobs of one region, in the order in which they were made.

    Args:
        region: ``us-east-1``.
        prefix: ``arn:aws:mediaconvert:REGION:ACCOUNT``.
    """

    def __init__(self, region: str, prefix: str) -> None:
        self._region = region
        self._prefix = prefix
        self._lock = threading.RLock()
        self._by_id: dict[str, Job] = {}
        self._all: list[Job] = []
        self._of_queue: dict[str, list[Job]] = {}
        self._tokens: OrderedDict[str, tuple[float, str, str]] = OrderedDict()
        self._count = 0
        self._open: dict[str, int] = {}

    def create(self, parameters: Mapping[str, Any], queue: str, now: float) -> tuple[Job, bool]:
        """A new job, or the one that its ClientRequestToken made less than a minute ago.

        Returns:
            The job, and whether it is new.

        Raises:
            AwsError: ConflictException, as the token stands for another request.
        """
        digest = _digest(parameters)
        token = str(parameters.get("ClientRequestToken") or "")
        with self._lock:
            self._forget(now)
            if token in self._tokens:
                _, known, job_id = self._tokens[token]
                if known == digest:
                    return self._by_id[job_id], False
                raise AwsError(
                    "ConflictException",
                    f"The client request token {token} was used for a different request "
                    f"less than {TOKEN_LASTS:.0f} seconds ago.",
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

    def move(self, job: Job, to: str, now: float, code: int = 0, message: str = "") -> bool:
        """Bring a job into a status, if it may go there from where it is."""
        with self._lock:
            if job.status not in _MOVES[to]:
                return False
            job.status = to
            if to == PROGRESSING:
                job.started, job.phase = now, "PROBING"
            if to in FINAL:
                job.finished, job.made, job.phase = now, None, ""
                job.code, job.message = code, message
                self._open[job.queue] -= 1
            return True

    def listed(
        self, queue: str | None, status: str | None, ascending: bool, after: int | None
    ) -> Iterator[Job]:
        """Jobs in the order of their making.

        Args:
            queue: ARN; None for all.
            after: number of the job that comes before the first one wanted.
        """
        with self._lock:
            jobs = list(self._all if queue is None else self._of_queue.get(queue, ()))
        if not ascending:
            jobs.reverse()
        if after is not None:
            # Numbers only rise, so the place is found without reading what comes before it.
            def order(job: Job) -> int:
                return job.number if ascending else -job.number

            jobs = jobs[bisect_right(jobs, after if ascending else -after, key=order) :]
        return (job for job in jobs if status is None or job.status == status)

    def unfinished(self, queue: str) -> int:
        """How many jobs of a queue, by its ARN, are not final."""
        with self._lock:
            return self._open.get(queue, 0)

    def counts(self, queue: str) -> tuple[int, int]:
        """How many jobs of a queue, by its ARN, are submitted, and progressing."""
        with self._lock:
            if not self._open.get(queue):
                return 0, 0
            states = [job.status for job in self._of_queue.get(queue, ())]
        return states.count(SUBMITTED), states.count(PROGRESSING)

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
            asked={k: v for k, v in parameters.items() if k not in ("Settings", "Queue", "Role")},
            packed=zlib.compress(settings.encode()),
        )
        self._by_id[job_id] = job
        self._all.append(job)
        self._of_queue.setdefault(queue, []).append(job)
        self._open[queue] = self._open.get(queue, 0) + 1
        return job

    def _new_id(self, now: float) -> str:
        letters = string.ascii_lowercase + string.digits
        while True:
            tail = "".join(secrets.choice(letters) for _ in range(6))
            job_id = f"{int(now * 1000)}-{tail}"
            if job_id not in self._by_id:
                return job_id

    def _forget(self, now: float) -> None:
        while self._tokens:
            token, (at, _, _) = next(iter(self._tokens.items()))
            if now - at < TOKEN_LASTS:
                break
            del self._tokens[token]
        while self._all and self._all[0].status in FINAL:
            if now - self._all[0].created < JOB_LASTS:
                break
            job = self._all.pop(0)
            del self._by_id[job.id]
            self._of_queue[job.queue].remove(job)


def _digest(parameters: Mapping[str, Any]) -> str:
    text = json.dumps(parameters, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
