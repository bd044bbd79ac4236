"""MediaConvert in a fake account, with moto's S3 and a clock that tests advance."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any

import boto3

from planproof.emulation.account.model import ACCOUNT_ID, ApiCall, AwsError, Caller, Denial
from steps.mediaconvert import MediaConvert
from steps.mediaconvert.clip import clip
from steps.mediaconvert.rendition_cache import RenditionCache

REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/media"
QUEUE = f"arn:aws:mediaconvert:{REGION}:{ACCOUNT_ID}:queues/Default"
CALLER = Caller(
    f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/function/one",
    f"arn:aws:iam::{ACCOUNT_ID}:role/function",
)
START = 1_700_000_000.5
CACHE = RenditionCache()
"""Shared by all tests: most need the same renditions of the same clip."""


@cache
def client_of(who: str, service: str, region: str) -> Any:
    """A client, cached: creating one takes longer than most tests."""
    return boto3.client(
        service, region_name=region, aws_access_key_id=who, aws_secret_access_key=who
    )


class Clock:
    """A clock that moves only by `advance`, which runs the tasks that become due."""

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

    def record(
        self, kind: str, who: str, what: str, about: str = "", outcome: str = "ok", **detail: Any
    ) -> None:
        entry = SimpleNamespace(
            kind=kind, who=who, what=what, about=about, outcome=outcome, detail=detail
        )
        self.entries.append(entry)


@dataclass
class Decisions:
    """Allows every request except the `denied` ones, by action."""

    denied: dict[str, Denial] = field(default_factory=dict)
    checked: list[tuple[Any, ...]] = field(default_factory=list)

    def check_assume(self, service: str, role: str, source: str) -> Denial | None:
        self.checked.append(("sts:AssumeRole", service, role, source))
        return self.denied.get("sts:AssumeRole")

    def check_pass(self, caller: Caller | None, role: str, service: str) -> Denial | None:
        self.checked.append(("iam:PassRole", caller, role, service))
        return self.denied.get("iam:PassRole")


class FakeAccount:
    """An emulated account. `s3_errors` are status, code and message by S3 operation."""

    account_id = ACCOUNT_ID
    endpoint = "http://127.0.0.1:4566"

    def __init__(self) -> None:
        self.clock, self.trail, self.decisions = Clock(), Trail(), Decisions()
        self.faults = None
        self.events: list[Mapping[str, Any]] = []
        self.sessions: list[tuple[str, str]] = []
        self.s3_errors: dict[str, tuple[int, str, str]] = {}
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
            return client_of("owner", service, region)
        client = client_of(caller["AWS_ACCESS_KEY_ID"], service, region)
        client.meta.events.unregister(f"before-call.{service}", unique_id="account")  # another's
        client.meta.events.register_first(
            f"before-call.{service}", self._before_call, unique_id="account"
        )
        return client

    def emit(self, event: Mapping[str, Any], region: str) -> None:
        self.events.append({**event, "region": region})

    def kill(self, instance: str) -> None:
        raise AssertionError("MediaConvert kills no functions")

    def _before_call(self, event_name: str, **_: Any) -> tuple[Any, dict[str, Any]] | None:
        """The error response of a client's call; None to perform the call."""
        if not self.busy_now:
            self.idle_clients += 1
        response = self.s3_errors.get(event_name.rpartition(".")[2])
        if response is None:
            return None
        status, code, message = response
        error = {"Code": code, "Message": message}
        metadata = {"HTTPStatusCode": status}
        return SimpleNamespace(status_code=status), {"Error": error, "ResponseMetadata": metadata}


class Harness:
    """MediaConvert with an input bucket and an output bucket, and calls of its API."""

    def __init__(self, cache: RenditionCache = CACHE, **times: float) -> None:
        self.account = FakeAccount()
        self.service = MediaConvert(self.account, cache=cache, **times)

    @cached_property
    def s3(self) -> Any:
        """S3 with both buckets, created on first use: refused requests need none."""
        client = client_of("owner", "s3", REGION)
        for bucket in ("uploads", "renditions"):
            client.create_bucket(Bucket=bucket)
        return client

    def upload(self, key: str = "film.mp4", content: bytes | None = None) -> None:
        self.s3.put_object(Bucket="uploads", Key=key, Body=clip() if content is None else content)

    def call(self, operation: str, region: str = REGION, **parameters: Any) -> dict[str, Any]:
        call = ApiCall("mediaconvert", operation, parameters, region, CALLER)
        return dict(self.service.answer(call))

    def create_job(self, **changes: Any) -> dict[str, Any]:
        return dict(self.call("CreateJob", **{**request(), **changes})["Job"])

    def get_job(self, job_id: str) -> dict[str, Any]:
        return dict(self.call("GetJob", Id=job_id)["Job"])

    def advance(self, seconds: float = 10) -> None:
        self.account.clock.advance(seconds)

    def run_job(self, **changes: Any) -> dict[str, Any]:
        """Create a job and return it when it is final."""
        assert self.s3
        job_id = self.create_job(**changes)["Id"]
        self.advance()
        return self.get_job(job_id)

    def statuses(self) -> list[str]:
        return [event["detail"]["status"] for event in self.account.events]

    def event_detail(self, status: str) -> dict[str, Any]:
        (event,) = (e for e in self.account.events if e["detail"]["status"] == status)
        return dict(event["detail"])

    def output_objects(self) -> dict[str, Any]:
        objects = self.s3.list_objects_v2(Bucket="renditions").get("Contents", [])
        return {o["Key"]: self.s3.get_object(Bucket="renditions", Key=o["Key"]) for o in objects}


def error_of(call: Callable[[], Any]) -> AwsError:
    """The error of a call."""
    try:
        call()
    except AwsError as problem:
        return problem
    raise AssertionError("the call succeeded")


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
