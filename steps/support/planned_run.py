"""Run the function of a planned stack: from an upload to the record, in emulated services."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from planproof.aws.lambda_package import Package
from planproof.emulation.function.configuration import (
    FunctionConfiguration,
    function_configuration,
)
from planproof.emulation.function.host import (
    FunctionHost,
    Invocation,
    RecordedCall,
    RunningFunction,
    Stub,
)
from planproof.emulation.function.seed import seed_account
from planproof.errors import UndeterminedError
from planproof.terraform.identities import ProviderLocation
from planproof.terraform.links import links
from planproof.terraform.stack import Resource, Stack
from planproof.values import Truth, Value, leaves
from steps.support.access import arn_of
from steps.support.messages import Event, in_queue, job_state, storage_test, upload
from steps.support.pipeline import Pipeline

Record = Mapping[str, Value]

_CONTENT: Final = "a film of a few bytes"


class PlannedPipelineRun:
    """The function of one scenario, in an account with the stack's tables, buckets and queues.

    Attributes:
        environment: variables that override those of the stack.
        uploaded: ``s3://`` URI of the last upload; "" before the first.
        invocations: the result of every event so far.
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

    # Events ----------------------------------------------------------------------------------

    def upload(self, name: str) -> Invocation:
        """Upload a file under a key that the notification announces."""
        bucket = str(self._pipeline.input_bucket.get("bucket"))
        key = self._announced_key(name)
        stored = self._function.aws("s3", "put_object", Bucket=bucket, Key=key, Body=_CONTENT)
        self.uploaded = f"s3://{bucket}/{key}"
        body = upload(bucket, key, len(_CONTENT), stored, self._pipeline.location)
        self._last = in_queue(body, arn_of(self._pipeline.processing_queue), message="upload-1")
        return self._invoke(self._last)

    def deliver_again(self) -> Invocation:
        """Deliver the message of the upload again, to a new instance of the function."""
        self._function.restart()
        record = self._last["Records"][0]
        again = {**record, "attributes": {**record["attributes"], "ApproximateReceiveCount": "2"}}
        return self._invoke({"Records": [again]})

    def test_storage(self) -> Invocation:
        """Deliver the test event of S3."""
        _ = self._function  # raises first if there is no function to deliver to
        body = storage_test(str(self._pipeline.input_bucket.get("bucket")))
        arn = arn_of(self._pipeline.processing_queue)
        return self._invoke(in_queue(body, arn, message="test-1"))

    def report(self, status: str) -> Invocation | None:
        """Deliver a state change of the last job; None where the rule does not match it.

        Raises:
            UndeterminedError: there is no job, or no function receives its state changes.
        """
        if not self.jobs:
            raise UndeterminedError(f"no job was made, so none can be reported as {status}")
        if not lets_through(self._pipeline.status_rule.get("event_pattern"), status):
            return None
        event = job_state(self.jobs[-1], status, self._pipeline.location)
        function, queue = self._report_receiver()
        if queue is not None:
            event = in_queue(event, arn_of(queue), message=f"report-{status}")
        if function.address == self._pipeline.function.address:
            return self._invoke(event)
        self._function.switch_to(self._configuration(function))
        try:
            return self._invoke(event)
        finally:
            self._function.switch_to(self._configuration(self._pipeline.function))

    # Results ---------------------------------------------------------------------------------

    @property
    def requests(self) -> list[RecordedCall]:
        """Every call of CreateJob."""
        return [c for i in self.invocations for c in i.calls_of("mediaconvert", "CreateJob")]

    @property
    def jobs(self) -> list[Record]:
        """The jobs of the CreateJob responses, each once."""
        answers = [call.response["Job"] for call in self.requests if call.response is not None]
        return list({str(job["Id"]): job for job in answers}.values())

    def record(self) -> tuple[str, Record] | None:
        """The table and the item that names the last job; None without such an item."""
        if not self.jobs:
            return None
        identifier = str(self.jobs[-1]["Id"])
        for table in self._pipeline.tables:
            name = str(table.get("name"))
            for item in self._function.items(name):
                if any(leaf == identifier for _, leaf in leaves(item)):
                    return table.address, item
        return None

    # Helpers ---------------------------------------------------------------------------------

    @cached_property
    def _function(self) -> RunningFunction:
        configuration = self._configuration(self._pipeline.function)
        running = self._host.start(configuration, _mediaconvert(self._pipeline.location))
        seed_account(running, self._stack)
        return running

    def _configuration(self, function: Resource) -> FunctionConfiguration:
        return function_configuration(
            self._stack, function, self._package_of(function), self.environment
        )

    def _invoke(self, event: Event) -> Invocation:
        invocation = self._function.invoke(event)
        self.invocations.append(invocation)
        return invocation

    def _announced_key(self, name: str) -> str:
        """A key with the prefix and suffix that the notification asks for."""
        prefix = self._pipeline.notification.get("queue.filter_prefix")
        suffix = self._pipeline.notification.get("queue.filter_suffix")
        key = f"{prefix}{name}" if isinstance(prefix, str) else name
        if isinstance(suffix, str) and not key.endswith(suffix):
            key = key.rpartition(".")[0] + suffix
        return key

    def _report_receiver(self) -> tuple[Resource, Resource | None]:
        """The function that receives job state changes, and the queue in between, if any."""
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


def _mediaconvert(location: ProviderLocation) -> Iterator[Stub]:
    """The responses of MediaConvert: a job for every new token, and an empty list of jobs."""
    own = f"arn:{location.partition}:mediaconvert:{location.region}:{location.account}"
    job = {
        "Id": "1772366400000-job{number}",
        "Arn": f"{own}:jobs/1772366400000-job{{number}}",
        "Status": "SUBMITTED",
        "CreatedAt": "{now}",
    }
    yield Stub("mediaconvert", "CreateJob", {"Job": job}, echo="Job", repeat="ClientRequestToken")
    yield Stub("mediaconvert", "ListJobs", {"Jobs": []})
    # Deprecated, and still called by many functions.
    url = f"https://mediaconvert.{location.region}.amazonaws.com"
    yield Stub("mediaconvert", "DescribeEndpoints", {"Endpoints": [{"Url": url}]})


def lets_through(pattern: Value, status: str) -> bool:
    """Whether a rule on job state changes matches a status; True where that is undecided."""
    try:
        detail = json.loads(str(pattern)).get("detail") or {}
        wanted: Any = detail.get("status")
    except (ValueError, AttributeError):
        return True
    plain = isinstance(wanted, list) and all(isinstance(item, str) for item in wanted)
    return status in wanted if plain else True


def outcome(invocation: Invocation) -> tuple[Truth, str]:
    """Whether the function processed its message, and a description of what happened."""
    for call in invocation.calls:
        if call.failure is not None and call.failure.type == "NotEmulatedError":
            return None, call.failure.message
    failure = invocation.failure
    if failure is not None:
        unclear = failure.phase == "import" or failure.type == "ProcessEnded"
        return None if unclear else False, f"{failure}{_last_log_line(invocation.log)}"
    answer = invocation.returned
    refused = answer.get("batchItemFailures") if isinstance(answer, Mapping) else None
    if refused:
        errors = [text for call in invocation.calls for text in call.validation_errors]
        why = f": {errors[0]}" if errors else _last_log_line(invocation.log)
        return False, f"the function returned the message as failed{why}"
    return True, "the message was processed" + _calls_made(invocation)


def _calls_made(invocation: Invocation) -> str:
    calls = ", ".join(dict.fromkeys(str(call) for call in invocation.calls))
    return f", after calls of {calls}" if calls else ", without any call to AWS"


def _last_log_line(log: str) -> str:
    lines = [line for line in log.splitlines() if line.strip()]
    return f"; last log line: {lines[-1][:600]}" if lines else ""


def texts(value: Value, *names: str) -> Iterator[str]:
    """Every string in a value under one of these names, at any depth."""
    for path, leaf in leaves(value):
        if isinstance(leaf, str) and path and path[-1] in names:
            yield leaf
