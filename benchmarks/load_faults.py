"""The fault of each upload, chosen by a seeded generator, so that a seed gives the same run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from planproof.emulation.account.model import Fault

WEIGHTS: Final = {
    "nothing": 60,
    "killed before the job is made": 3,
    "killed after the job was made": 5,
    "killed before the record is written": 3,
    "MediaConvert throttles": 5,
    "MediaConvert fails": 3,
    "MediaConvert makes a job and its response is lost": 3,
    "DynamoDB throttles": 4,
    "table unreachable": 2,
    "event of S3 repeated": 4,
    "events of the job repeated": 4,
    "events of the job late": 4,
    "no content": 2,
    "no video": 2,
}
"""The relative frequency of each fault."""

UNRELATED: Final = {"poison message": 0.01, "forged event": 0.01, "unknown job": 0.01}
"""Messages that belong to no upload, as a share of the uploads."""


@dataclass(frozen=True, slots=True)
class PlannedUpload:
    """One upload and its fault.

    Attributes:
        mark: a text that is in its key only.
    """

    key: str
    mark: str
    fate: str

    @property
    def body(self) -> str:
        """The content: "clip", "text" or "nothing"."""
        return {"no content": "nothing", "no video": "text"}.get(self.fate, "clip")

    @property
    def has_job(self) -> bool:
        """Whether a job is expected."""
        return self.fate != "no content"

    @property
    def ends(self) -> str:
        """The expected status of its record."""
        return "ERROR" if self.fate in ("no content", "no video") else "COMPLETE"

    def faults(self) -> Iterator[Fault]:
        """The faults to inject."""
        job = {"service": "mediaconvert", "operation": "CreateJob", "containing": self.mark}
        put = {"service": "dynamodb", "operation": "PutItem", "containing": self.mark}
        events = {"service": "events", "containing": self.mark, "times": None}
        if self.fate == "killed before the job is made":
            yield Fault("kill before", **job)
        elif self.fate == "killed after the job was made":
            yield Fault("kill after", **job)
        elif self.fate == "killed before the record is written":
            yield Fault("kill before", **put)
        elif self.fate == "MediaConvert throttles":
            yield Fault("error", **job, times=4, **_THROTTLED)
        elif self.fate == "MediaConvert fails":
            yield Fault("error", **job, times=4, **_FAILED)
        elif self.fate == "MediaConvert makes a job and its response is lost":
            yield Fault("lost answer", **job)
        elif self.fate == "DynamoDB throttles":
            yield Fault("error", **put, times=5, **_EXCEEDED)
        elif self.fate == "table unreachable":
            yield Fault("unreachable", **put, times=5)
        elif self.fate == "event of S3 repeated":
            yield Fault("repeat event", service="s3", containing=self.mark, times=None)
        elif self.fate == "events of the job repeated":
            yield Fault("repeat event", **events)
        elif self.fate == "events of the job late":
            yield Fault("delay", service="events", containing=self.mark, seconds=1500.0, times=1)


_THROTTLED = {"code": "TooManyRequestsException", "message": "Too Many Requests", "status": 429}
_FAILED = {"code": "InternalServerErrorException", "message": "Internal error", "status": 500}
_EXCEEDED = {
    "code": "ProvisionedThroughputExceededException",
    "message": "The level of configured provisioned throughput for the table was exceeded.",
    "status": 400,
}


def planned_uploads(seed: int, count: int) -> list[PlannedUpload]:
    """The uploads of a seed, in the order in which they are made."""
    chance = random.Random(seed)
    fates, weights = list(WEIGHTS), list(WEIGHTS.values())
    found = []
    for number in range(count):
        mark = f"s{seed}n{number:05d}x"
        name = chance.choice(("opening", "Grüße aus Köln", "a+b (1)", "100% real", "映画"))
        fate = chance.choices(fates, weights)[0]
        found.append(PlannedUpload(f"load/{name} {mark}.mp4", mark, fate))
    return found


def unrelated_messages(seed: int, count: int) -> Iterator[tuple[int, str]]:
    """Messages that belong to no upload: the upload that they follow, and their kind."""
    chance = random.Random(seed + 1)
    for kind, share in UNRELATED.items():
        for _ in range(max(1, round(share * count))):
            yield chance.randrange(count), kind


def late_progress(seed: int, count: int) -> list[Fault]:
    """Faults that deliver progress events after the job's end, for one upload in twenty-five."""
    chance = random.Random(seed + 2)
    late = sorted(chance.sample(range(count), max(1, count // 25)))
    return [
        Fault("delay", service="events", containing='"PROGRESSING"', seconds=1500.0, skip=number)
        for number in late
    ]
