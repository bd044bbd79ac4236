"""Emulates what the function uses of MediaConvert and Lambda, and failures of DynamoDB."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any


class FunctionDied(BaseException):
    """The function was killed: out of memory, out of time, or its host was lost."""


class Clock:
    """A clock that starts at a fixed time."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class ErrorResponse:
    """An error that the service returns."""

    code: str
    status: int
    message: str = "set by the test"


@dataclass(frozen=True)
class After:
    """The request takes effect, and then this is raised instead of a response."""

    raised: BaseException


Behaviour = ErrorResponse | After | BaseException | None


@dataclass
class MediaConvert:
    """The service behind a real client, which checks every request against AWS's service model.

    As documented, it returns the first job for a repeated ClientRequestToken for one minute.
    Each request of CreateJob uses up one of `behaviours`; without any, requests succeed.
    """

    client: Any
    clock: Clock
    jobs: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    listings: list[dict[str, Any]] = field(default_factory=list)
    behaviours: list[Behaviour] = field(default_factory=list)
    list_behaviours: list[Behaviour] = field(default_factory=list)

    def __post_init__(self) -> None:
        events = self.client.meta.events
        # This event has the parameters as the caller gave them, before they are validated.
        events.register(
            "provide-client-params.mediaconvert.*", lambda params, model, **_: self._seen(params)
        )
        # The returned value replaces the HTTP exchange.
        events.register("before-call.mediaconvert.CreateJob", lambda **_: self._create())
        events.register("before-call.mediaconvert.ListJobs", lambda **_: self._list())

    def _seen(self, params: dict[str, Any]) -> None:
        self._params = params

    def _create(self) -> tuple[Any, dict[str, Any]]:
        self.requests.append(self._params)
        return _behave(self.behaviours, self._create_job)

    def _create_job(self) -> dict[str, Any]:
        token = self._params["ClientRequestToken"]
        for job in self.jobs:
            recent = self.clock.now() - job["CreatedAt"] < timedelta(minutes=1)
            if job["ClientRequestToken"] == token and recent:
                return {"Job": job}
        job = {
            "Id": f"1772366400000-job{len(self.jobs) + 1}",
            "Status": "SUBMITTED",
            "CreatedAt": self.clock.now(),
            **self._params,
        }
        self.jobs.append(job)
        return {"Job": job}

    def _list(self) -> tuple[Any, dict[str, Any]]:
        self.listings.append(self._params)
        return _behave(self.list_behaviours, self._list_jobs)

    def _list_jobs(self) -> dict[str, Any]:
        newest_first = sorted(self.jobs, key=lambda job: job["CreatedAt"], reverse=True)
        start = int(self._params.get("NextToken", 0))
        end = start + self._params["MaxResults"]
        page: dict[str, Any] = {"Jobs": newest_first[start:end]}
        return {**page, "NextToken": str(end)} if end < len(newest_first) else page


def _behave(
    behaviours: list[Behaviour], work: Callable[[], dict[str, Any]]
) -> tuple[Any, dict[str, Any]]:
    match behaviours.pop(0) if behaviours else None:
        case None:
            return SimpleNamespace(status_code=200), work()
        case ErrorResponse(code, status, message):
            error = {"Code": code, "Message": message}
            metadata = {"HTTPStatusCode": status}
            return SimpleNamespace(status_code=status), {
                "Error": error,
                "ResponseMetadata": metadata,
            }
        case After(raised):
            work()
            raise raised
        case raised:
            raise raised


@dataclass
class Function:
    """Delivers messages as Lambda does, reads the table, makes DynamoDB fail."""

    handler: Callable[[dict[str, Any], Any], dict[str, Any]]
    table: Any
    milliseconds_left: int = 120_000

    def deliver(self, *bodies: Any) -> list[int]:
        """Deliver one batch; returns the positions of the failed messages."""
        records = [
            {
                "messageId": f"message-{position}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1"},
                "eventSource": "aws:sqs",
            }
            for position, body in enumerate(bodies)
        ]
        context = SimpleNamespace(
            aws_request_id="request-1",
            get_remaining_time_in_millis=lambda: self.milliseconds_left,
        )
        response = self.handler({"Records": records}, context)
        assert list(response) == ["batchItemFailures"]
        failures = [failure["itemIdentifier"] for failure in response["batchItemFailures"]]
        return [int(message_id.removeprefix("message-")) for message_id in failures]

    def assets(self) -> list[dict[str, Any]]:
        """Every record, oldest first."""
        return sorted(self.table.scan()["Items"], key=lambda item: item["CreatedAt"])

    def asset(self) -> dict[str, Any]:
        """The only record."""
        (only,) = self.assets()
        return dict(only)

    def fail_dynamodb(self, operation: str, behaviour: Behaviour, *, call: int = 1) -> None:
        """Let the n-th next call of an operation fail, before or after its effect."""
        if isinstance(behaviour, After):
            self.intervene("after-call", operation, lambda: _behave([behaviour.raised], dict), call)
        else:
            self.intervene("before-call", operation, lambda: _behave([behaviour], dict), call)

    def intervene(
        self, moment: str, operation: str, action: Callable[[], Any], call: int = 1
    ) -> None:
        """Do something once, right before or after the n-th next call of DynamoDB."""
        event = f"{moment}.dynamodb.{operation}"
        calls = 0

        def intervention(**_: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls != call:
                return None
            self.table.meta.client.meta.events.unregister(event, intervention)
            return action()

        self.table.meta.client.meta.events.register(event, intervention)
