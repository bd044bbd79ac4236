"""What becomes of an upload, from the bucket to the record, when the function really runs?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from planproof.aws.lambda_package import Package
from planproof.emulation.function.configuration import Deployment, deployment_of
from planproof.emulation.function.host import (
    Call,
    FunctionHost,
    Invocation,
    RunningFunction,
    Stub,
)
from planproof.emulation.function.seed import furnish
from planproof.errors import UndeterminedError
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import Value, leaves
from steps.pipeline import Pipeline
from steps.support.messages import Event, in_queue, job_state, storage_test, upload

Record = Mapping[str, Value]

_FILM: Final = "a film of a few bytes"


class Conveyor:
    """One scenario's function, in an account that holds the stack's tables, buckets and queues.

    Attributes:
        environment: variables set instead of those of the stack.
        uploaded: ``s3://`` URI of what was uploaded last, "" before.
        invocations: what became of every event so far.
    """

    def __init__(
        self,
        stack: Stack,
        pipeline: Pipeline,
        host: FunctionHost,
        package_of: Callable[[Resource], Package],
    ) -> None:
        self._stack = stack
        self._pipeline = pipeline
        self._host = host
        self._package_of = package_of
        self._last: Event = {}
        self.environment: dict[str, str] = {}
        self.uploaded = ""
        self.invocations: list[Invocation] = []

    # What happens ----------------------------------------------------------------------------

    def upload(self, name: str) -> Invocation:
        """A file is uploaded, with the prefix and the ending that the notification asks for."""
        bucket = str(self._pipeline.input_bucket.get("bucket"))
        key = self._notified(name)
        stored = self._running.aws("s3", "put_object", Bucket=bucket, Key=key, Body=_FILM)
        self.uploaded = f"s3://{bucket}/{key}"
        body = upload(bucket, key, len(_FILM), stored, self._place)
        self._last = in_queue(body, self._arn(self._pipeline.processing_queue), message="upload-1")
        return self._invoke(self._last)

    def deliver_again(self) -> Invocation:
        """SQS delivers the upload once more, and a cold instance of the function takes it."""
        self._running.restart()
        record = self._last["Records"][0]
        again = {**record, "attributes": {**record["attributes"], "ApproximateReceiveCount": "2"}}
        return self._invoke({"Records": [again]})

    def test_storage(self) -> Invocation:
        """S3 tries its notification out."""
        _ = self._running  # first of all: without the function there is nothing to tell
        body = storage_test(str(self._pipeline.input_bucket.get("bucket")))
        arn = self._arn(self._pipeline.processing_queue)
        return self._invoke(in_queue(body, arn, message="test-1"))

    def report(self, status: str) -> Invocation | None:
        """MediaConvert reports the job; None where the rule keeps the report from the function.

        Raises:
            UndeterminedError: there is no job to report, or no way for the report to come.
        """
        if not self.jobs:
            raise UndeterminedError(f"no job was made, so none can be reported as {status}")
        if not lets_through(self._pipeline.status_rule.get("event_pattern"), status):
            return None
        event = job_state(self.jobs[-1], status, self._place)
        function, queue = self._taker_of_reports()
        if queue is not None:
            event = in_queue(event, self._arn(queue), message=f"report-{status}")
        if function.address == self._pipeline.function.address:
            return self._invoke(event)
        self._running.become(self._deployment(function))
        try:
            return self._invoke(event)
        finally:
            self._running.become(self._deployment(self._pipeline.function))

    # What is seen of it ----------------------------------------------------------------------

    @property
    def requests(self) -> list[Call]:
        """Every call of CreateJob."""
        return [c for i in self.invocations for c in i.calls_of("mediaconvert", "CreateJob")]

    @property
    def jobs(self) -> list[Record]:
        """The jobs, each once, as MediaConvert answered."""
        answers = [call.response["Job"] for call in self.requests if call.response is not None]
        return list({str(job["Id"]): job for job in answers}.values())

    def record(self) -> tuple[str, Record] | None:
        """The table, and the item in it that names the last job; None where there is none."""
        if not self.jobs:
            return None
        identifier = str(self.jobs[-1]["Id"])
        for table in self._pipeline.tables:
            name = str(table.get("name"))
            for item in self._running.items(name):
                if any(leaf == identifier for _, leaf in leaves(item)):
                    return table.address, item
        return None

    # How it is done --------------------------------------------------------------------------

    @cached_property
    def _running(self) -> RunningFunction:
        deployment = self._deployment(self._pipeline.function)
        running = self._host.start(deployment, _mediaconvert(self._place))
        furnish(running, self._stack)
        return running

    def _deployment(self, function: Resource) -> Deployment:
        return deployment_of(self._stack, function, self._package_of(function), self.environment)

    def _invoke(self, event: Event) -> Invocation:
        invocation = self._running.invoke(event)
        self.invocations.append(invocation)
        return invocation

    @property
    def _place(self) -> ProviderLocation:
        place = self._stack.place(self._pipeline.function)
        if place is None:
            raise UndeterminedError(f"the region of {self._pipeline.function} is unknown")
        return place

    def _arn(self, resource: Resource) -> str:
        arn = resource.get("arn")
        if not isinstance(arn, str):
            raise UndeterminedError(f"{resource}.arn is unknown before it is built")
        return arn

    def _notified(self, name: str) -> str:
        """The key under which the notification would tell of a file called ``name``."""
        prefix = self._pipeline.notification.get("queue.filter_prefix")
        suffix = self._pipeline.notification.get("queue.filter_suffix")
        key = f"{prefix}{name}" if isinstance(prefix, str) else name
        if isinstance(suffix, str) and not key.endswith(suffix):
            key = key.rpartition(".")[0] + suffix
        return key

    def _taker_of_reports(self) -> tuple[Resource, Resource | None]:
        """The function that is told of job states, and the queue between, if any."""
        for target in self._pipeline.status_targets:
            for function in self._pipeline.functions:
                if links(self._stack, target, "arn", function, ("arn", "qualified_arn")):
                    return function, None
        queue = self._pipeline.status_queue
        for mapping in self._pipeline.status_mappings:
            for function in self._pipeline.functions:
                names = ("arn", "function_name", "id", "qualified_arn")
                if links(self._stack, mapping, "function_name", function, names):
                    return function, queue
        raise UndeterminedError(f"no function takes messages from {queue}")


def _mediaconvert(place: ProviderLocation) -> Iterator[Stub]:
    """How MediaConvert answers: a job for every new token, and a list without any."""
    own = f"arn:{place.partition}:mediaconvert:{place.region}:{place.account}"
    job = {
        "Id": "1772366400000-job{number}",
        "Arn": f"{own}:jobs/1772366400000-job{{number}}",
        "Status": "SUBMITTED",
        "CreatedAt": "{now}",
    }
    yield Stub("mediaconvert", "CreateJob", {"Job": job}, echo="Job", repeat="ClientRequestToken")
    yield Stub("mediaconvert", "ListJobs", {"Jobs": []})
    # Superfluous for years, and still in many functions.
    url = f"https://mediaconvert.{place.region}.amazonaws.com"
    yield Stub("mediaconvert", "DescribeEndpoints", {"Endpoints": [{"Url": url}]})


def lets_through(pattern: Value, status: str) -> bool:
    """Whether a rule that is about job states lets this one through; in doubt it does."""
    try:
        detail = json.loads(str(pattern)).get("detail") or {}
        wanted: Any = detail.get("status")
    except (ValueError, AttributeError):
        return True
    plain = isinstance(wanted, list) and all(isinstance(item, str) for item in wanted)
    return status in wanted if plain else True


def outcome(invocation: Invocation) -> tuple[bool | None, str]:
    """Whether the function took its message, and how it went, for a reader."""
    for call in invocation.calls:
        if call.failure is not None and call.failure.type == "NotEmulatedError":
            return None, call.failure.message
    failure = invocation.failure
    if failure is not None:
        unclear = failure.phase == "import" or failure.type == "ProcessEnded"
        return None if unclear else False, f"{failure}{_end_of(invocation.log)}"
    answer = invocation.returned
    refused = answer.get("batchItemFailures") if isinstance(answer, Mapping) else None
    if refused:
        objections = [text for call in invocation.calls for text in call.objections]
        why = f": {objections[0]}" if objections else _end_of(invocation.log)
        return False, f"the message failed{why}"
    return True, "the message was taken" + _called(invocation)


def _called(invocation: Invocation) -> str:
    calls = ", ".join(dict.fromkeys(str(call) for call in invocation.calls))
    return f", after calls of {calls}" if calls else ", without any call of AWS"


def _end_of(log: str) -> str:
    lines = [line for line in log.splitlines() if line.strip()]
    return f"; it last said: {lines[-1][:600]}" if lines else ""


def texts(value: Value, *names: str) -> Iterator[str]:
    """Every text in a value that stands under one of these names, at any depth."""
    for path, leaf in leaves(value):
        if isinstance(leaf, str) and path and path[-1] in names:
            yield leaf
