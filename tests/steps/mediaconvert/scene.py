"""An account that MediaConvert is in: moto's S3, and a clock that is moved by hand."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any

import boto3

from planproof.emulation.account.model import ACCOUNT_ID, AwsError, Call, Caller, Denial
from steps.mediaconvert import MediaConvert
from steps.mediaconvert.clip import clip
from steps.mediaconvert.transcodes import Transcodes

REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/media"
QUEUE = f"arn:aws:mediaconvert:{REGION}:{ACCOUNT_ID}:queues/Default"
CALLER = Caller(
    f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/function/one",
    f"arn:aws:iam::{ACCOUNT_ID}:role/function",
)
START = 1_700_000_000.5
TRANSCODES = Transcodes()
"""One for all tests: most want the same renditions of the same clip."""


@cache
def owners_client(service: str, region: str) -> Any:
    """A client of the owner of the account; making one takes longer than most tests."""
    return boto3.client(
        service, region_name=region, aws_access_key_id="owner", aws_secret_access_key="owner"
    )


class Clock:
    """Time stands until it is advanced; what is due is done on the way."""

    def __init__(self) -> None:
        self._now = START
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    @property
    def ahead(self) -> float:
        return self._now - START

    def now(self) -> float:
        return self._now

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._due, (self._now + seconds, self._count, do))

    def advance(self, seconds: float) -> None:
        until = self._now + seconds
        while self._due and self._due[0][0] <= until:
            self._now, _, do = heapq.heappop(self._due)
            do()
        self._now = until


@dataclass
class Trail:
    entries: list[SimpleNamespace] = field(default_factory=list)

    def note(
        self, kind: str, who: str, what: str, about: str = "", outcome: str = "ok", **detail: Any
    ) -> None:
        entry = SimpleNamespace(
            kind=kind, who=who, what=what, about=about, outcome=outcome, detail=detail
        )
        self.entries.append(entry)


@dataclass
class Decisions:
    """Allows everything but what is named in `refused`, by action."""

    refused: dict[str, Denial] = field(default_factory=dict)
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def check_assume(self, service: str, role: str, source: str) -> Denial | None:
        self.asked.append(("sts:AssumeRole", service, role, source))
        return self.refused.get("sts:AssumeRole")

    def check_pass(self, caller: Caller | None, role: str, service: str) -> Denial | None:
        self.asked.append(("iam:PassRole", caller, role, service))
        return self.refused.get("iam:PassRole")


class Account:
    """Stands for the whole account. `refused` holds what S3 answers, by its operation."""

    account_id = ACCOUNT_ID
    endpoint = "http://127.0.0.1:4566"

    def __init__(self) -> None:
        self.clock, self.trail, self.decisions = Clock(), Trail(), Decisions()
        self.faults = None
        self.events: list[Mapping[str, Any]] = []
        self.sessions: list[tuple[str, str]] = []
        self.refused: dict[str, tuple[int, str, str]] = {}
        self.busy_now = 0
        self.idle_clients = 0

    @contextmanager
    def busy(self) -> Iterator[None]:
        self.busy_now += 1
        try:
            yield
        finally:
            self.busy_now -= 1

    def credentials(self, role: str, session: str, instance: str = "") -> Mapping[str, str]:
        self.sessions.append((role, session))
        return {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": session,
        }

    def client(self, service: str, region: str, caller: Mapping[str, str] | None = None) -> Any:
        if caller is None:
            return owners_client(service, region)
        names = {name.lower(): value for name, value in caller.items()}
        client = boto3.client(service, region_name=region, **names)
        client.meta.events.register_first(f"before-call.{service}", self._answered)
        return client

    def emit(self, event: Mapping[str, Any], region: str) -> None:
        self.events.append({**event, "region": region})

    def kill(self, instance: str) -> None:
        raise AssertionError("MediaConvert ends no functions")

    def _answered(self, event_name: str, **_: Any) -> tuple[Any, dict[str, Any]] | None:
        """What a client gets instead of an answer: response of HTTP, and what it says."""
        if not self.busy_now:
            self.idle_clients += 1
        refusal = self.refused.get(event_name.rpartition(".")[2])
        if refusal is None:
            return None
        status, code, message = refusal
        error = {"Code": code, "Message": message}
        metadata = {"HTTPStatusCode": status}
        return SimpleNamespace(status_code=status), {"Error": error, "ResponseMetadata": metadata}


class Scene:
    """MediaConvert with an input bucket and an output bucket, and what it is asked."""

    def __init__(self, transcodes: Transcodes = TRANSCODES, **times: float) -> None:
        self.account = Account()
        self.service = MediaConvert(self.account, transcodes=transcodes, **times)

    @cached_property
    def s3(self) -> Any:
        """S3, with both buckets; most requests that are refused need none."""
        client = owners_client("s3", REGION)
        for bucket in ("uploads", "renditions"):
            client.create_bucket(Bucket=bucket)
        return client

    def upload(self, key: str = "film.mp4", content: bytes | None = None) -> None:
        self.s3.put_object(Bucket="uploads", Key=key, Body=clip() if content is None else content)

    def ask(self, operation: str, region: str = REGION, **parameters: Any) -> dict[str, Any]:
        call = Call("mediaconvert", operation, parameters, region, CALLER)
        return dict(self.service.answer(call))

    def create(self, **changes: Any) -> dict[str, Any]:
        return dict(self.ask("CreateJob", **{**request(), **changes})["Job"])

    def job(self, job_id: str) -> dict[str, Any]:
        return dict(self.ask("GetJob", Id=job_id)["Job"])

    def run(self, seconds: float = 10) -> None:
        self.account.clock.advance(seconds)

    def done(self, **changes: Any) -> dict[str, Any]:
        """A job, after all that becomes of it."""
        assert self.s3
        job_id = self.create(**changes)["Id"]
        self.run()
        return self.job(job_id)

    def statuses(self) -> list[str]:
        return [event["detail"]["status"] for event in self.account.events]

    def detail(self, status: str) -> dict[str, Any]:
        (found,) = (e for e in self.account.events if e["detail"]["status"] == status)
        return dict(found["detail"])

    def written(self) -> dict[str, Any]:
        listed = self.s3.list_objects_v2(Bucket="renditions").get("Contents", [])
        return {o["Key"]: self.s3.get_object(Bucket="renditions", Key=o["Key"]) for o in listed}


def error(ask: Callable[[], Any]) -> AwsError:
    """The error that a request ends with."""
    try:
        ask()
    except AwsError as problem:
        return problem
    raise AssertionError("it was answered")


def request(key: str = "film.mp4") -> dict[str, Any]:
    """Parameters of CreateJob: two renditions and a poster."""
    return {"Role": ROLE, "UserMetadata": {"AssetId": "one"}, "Settings": settings(key)}


def settings(key: str = "film.mp4") -> dict[str, Any]:
    return {
        "TimecodeConfig": {"Source": "ZEROBASED"},
        "Inputs": [
            {
                "FileInput": f"s3://uploads/{key}",
                "AudioSelectors": {"Audio Selector 1": {"DefaultSelection": "DEFAULT"}},
            }
        ],
        "OutputGroups": [
            group(mp4("_360p", 640, 360), mp4("_180p", 320, 180)),
            group(poster("_poster", 320, 180)),
        ],
    }


def group(*outputs: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": "File Group",
        "OutputGroupSettings": {
            "Type": "FILE_GROUP_SETTINGS",
            "FileGroupSettings": {"Destination": "s3://renditions/assets/one/film"},
        },
        "Outputs": list(outputs),
    }


def mp4(modifier: str, width: int, height: int) -> dict[str, Any]:
    return {
        "NameModifier": modifier,
        "ContainerSettings": {"Container": "MP4"},
        "VideoDescription": {
            "Width": width,
            "Height": height,
            "CodecSettings": {
                "Codec": "H_264",
                "H264Settings": {
                    "RateControlMode": "QVBR",
                    "QvbrSettings": {"QvbrQualityLevel": 7},
                    "MaxBitrate": 5_000_000,
                },
            },
        },
        "AudioDescriptions": [
            {
                "AudioSourceName": "Audio Selector 1",
                "CodecSettings": {
                    "Codec": "AAC",
                    "AacSettings": {
                        "Bitrate": 96_000,
                        "CodingMode": "CODING_MODE_2_0",
                        "SampleRate": 48_000,
                    },
                },
            }
        ],
    }


def poster(modifier: str, width: int, height: int) -> dict[str, Any]:
    return {
        "NameModifier": modifier,
        "ContainerSettings": {"Container": "RAW"},
        "VideoDescription": {
            "Width": width,
            "Height": height,
            "CodecSettings": {
                "Codec": "FRAME_CAPTURE",
                "FrameCaptureSettings": {
                    "FramerateNumerator": 1,
                    "FramerateDenominator": 1,
                    "MaxCaptures": 1,
                },
            },
        },
    }
