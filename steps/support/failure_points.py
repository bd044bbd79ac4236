"""Where an upload can fail on the data path, and the CloudWatch metric of each failure.

Only resources reachable from the input bucket count: others, such as an unrelated function, need
no alarms.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

from planproof.aws.datapath import DataPath, Edge
from planproof.aws.datapath.deliveries import DELIVERS, UNDELIVERED
from planproof.aws.datapath.functions import READ, RUNS
from planproof.aws.datapath.queues import REDRIVES
from planproof.errors import UndeterminedError
from planproof.terraform.stack import Resource
from planproof.values import is_unknown
from steps.support.alarms import FailureMetric
from steps.support.jobs import job_queue
from steps.support.pipeline import Pipeline, retention_of

_GIVES_UP: Final = (REDRIVES, UNDELIVERED)
_DEFAULT_BUS: Final = "default"


class FailurePoints:
    """The failures that an upload can meet on its data path."""

    def __init__(self, pipeline: Pipeline, data_path: DataPath) -> None:
        self._pipeline, self.stack, self._path = pipeline, pipeline.stack, data_path

    def dead_letters(self) -> Iterator[FailureMetric]:
        """A message in a dead-letter queue, for each such queue.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
        """
        for queue in self._ends("target", *_GIVES_UP, type_="aws_sqs_queue"):
            yield self._of_queue(queue, "ApproximateNumberOfMessagesVisible")

    def external_dead_letter_edges(self) -> Iterator[Edge]:
        """The edges to dead-letter queues that are outside the stack or unknown."""
        for edge in self._edges:
            if edge.kind in _GIVES_UP and not isinstance(edge.target, Resource):
                yield edge

    def waiting_messages(self) -> Iterator[FailureMetric]:
        """A message that waits too long, for each queue that a function reads."""
        for queue in self._ends("source", READ, type_="aws_sqs_queue"):
            yield self._of_queue(queue, "ApproximateAgeOfOldestMessage", unit="Seconds", grows=True)

    def for_dashboards(self) -> Iterator[FailureMetric]:
        """All failures, and the number of messages in each queue that a function reads."""
        yield from self.waiting_messages()
        for queue in self._ends("source", READ, type_="aws_sqs_queue"):
            yield self._of_queue(queue, "ApproximateNumberOfMessagesVisible")
        yield from self.dead_letters()
        yield from self.invocations("Errors")
        yield from self.invocations("Throttles")
        yield from self.failed_jobs()
        yield from self.failed_deliveries()

    def invocations(self, metric: str) -> Iterator[FailureMetric]:
        """A failed or throttled invocation, for each function.

        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
        """
        for function in self._ends("source", RUNS, type_="aws_lambda_function"):
            yield FailureMetric("AWS/Lambda", metric, function, "FunctionName")

    def failed_jobs(self) -> Iterator[FailureMetric]:
        """A failed job in the MediaConvert queue of the pipeline.

        https://docs.aws.amazon.com/mediaconvert/latest/ug/cloudwatch_metrics.html
        """
        queue, arn = job_queue(self._pipeline)
        if queue is None and is_unknown(arn):
            raise UndeterminedError(
                "the MediaConvert queue of the jobs is unknown before it is built"
            )
        part = queue if queue is not None else str(arn)
        yield FailureMetric("AWS/MediaConvert", "JobsErroredCount", part, "Queue")

    def failed_deliveries(self) -> Iterator[FailureMetric]:
        """An event that could not be delivered, for each rule, even one without targets.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
        """
        type_ = "aws_cloudwatch_event_rule"
        targets = self._ends("target", *{edge.kind for edge in self._edges}, type_=type_)
        rules = (*targets, *self._ends("source", DELIVERS, type_=type_))
        for rule in {rule.address: rule for rule in rules}.values():
            bus = str(rule.get("event_bus_name") or _DEFAULT_BUS).split("event-bus/")[-1]
            others = {} if bus == _DEFAULT_BUS else {"EventBusName": bus}
            yield FailureMetric("AWS/Events", "FailedInvocations", rule, "RuleName", others=others)

    def _of_queue(
        self, queue: Resource, metric: str, unit: str = "Count", *, grows: bool = False
    ) -> FailureMetric:
        kept = retention_of(queue)
        lasts = None if is_unknown(kept) else int(kept)
        return FailureMetric("AWS/SQS", metric, queue, "QueueName", unit, lasts, grows)

    def _ends(self, end: str, *kinds: str, type_: str) -> tuple[Resource, ...]:
        """The resources of a type at one end of the edges of some kinds, without duplicates."""
        found = (getattr(edge, end) for edge in self._edges if edge.kind in kinds)
        own = [part for part in found if isinstance(part, Resource) and part.type == type_]
        return tuple({part.address: part for part in own}.values())

    @cached_property
    def _edges(self) -> tuple[Edge, ...]:
        """The edges reachable from the input bucket; all edges where that bucket is unknown."""
        try:
            start = str(self._pipeline.input_bucket)
        except UndeterminedError:
            return self._path.edges
        leaving: dict[str, list[Edge]] = {}
        for edge in self._path:
            leaving.setdefault(str(edge.source), []).append(edge)
        reached, todo = {start}, [start]
        while todo:
            for edge in leaving.get(todo.pop(), ()):
                if str(edge.target) not in reached:
                    reached.add(str(edge.target))
                    todo.append(str(edge.target))
        return tuple(edge for edge in self._path if str(edge.source) in reached)
