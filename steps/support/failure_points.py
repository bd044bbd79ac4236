"""What can go wrong on the way of an upload, and which metric of AWS's tells of it?

The way is what the data path leads to from the input bucket on: a part that no upload comes
through, such as another function beside it, may have other alarms or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

from planproof.aws.datapath import DataPath, Edge
from planproof.aws.datapath.deliveries import DELIVERS
from planproof.aws.datapath.deliveries import GIVES_UP as LEAVES_EVENTS
from planproof.aws.datapath.functions import READ, RUNS
from planproof.aws.datapath.places import place_of
from planproof.aws.datapath.queues import GIVES_UP as LEAVES_MESSAGES
from planproof.errors import UndeterminedError
from planproof.terraform.stack import Resource
from planproof.values import is_unknown
from steps.pipeline import Pipeline
from steps.support.alarms import Failure
from steps.support.jobs import job_queue

_KEPT_BY_DEFAULT: Final = 345_600
"""Seconds; https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
_GIVES_UP: Final = (LEAVES_MESSAGES, LEAVES_EVENTS)
_DEFAULT_BUS: Final = "default"


class Way:
    """The way of an upload through a stack."""

    def __init__(self, pipeline: Pipeline, data_path: DataPath) -> None:
        self._pipeline, self._stack, self._path = pipeline, pipeline.stack, data_path

    def dead_letters(self) -> Iterator[Failure]:
        """A message in each dead-letter queue.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
        """
        for queue in self._ends("target", *_GIVES_UP, type_="aws_sqs_queue"):
            metric = "ApproximateNumberOfMessagesVisible"
            yield self._of_queue(queue, metric, "Count")

    def other_dead_letters(self) -> Iterator[Edge]:
        """The edges to dead-letter queues that are none of the stack's, or nobody knows which."""
        for edge in self._edges:
            if edge.kind in _GIVES_UP and not isinstance(edge.target, Resource):
                yield edge

    def waiting(self) -> Iterator[Failure]:
        """A message that stays too long in each queue that a function reads."""
        for queue in self._ends("source", READ, type_="aws_sqs_queue"):
            metric = "ApproximateAgeOfOldestMessage"
            yield self._of_queue(queue, metric, "Seconds", grows=True)

    def worth_seeing(self) -> Iterator[Failure]:
        """All of these, and how many messages wait in each queue that a function reads."""
        yield from self.waiting()
        for queue in self._ends("source", READ, type_="aws_sqs_queue"):
            yield self._of_queue(queue, "ApproximateNumberOfMessagesVisible", "Count")
        yield from self.dead_letters()
        yield from self.calls("Errors")
        yield from self.calls("Throttles")
        yield from self.jobs()
        yield from self.undelivered()

    def calls(self, metric: str) -> Iterator[Failure]:
        """A call of each function that shows in a metric.

        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
        """
        for function in self._ends("source", RUNS, type_="aws_lambda_function"):
            place = place_of(self._stack, function)
            yield Failure(
                "AWS/Lambda", metric, function, "FunctionName", ("function_name",), "Count", place
            )

    def jobs(self) -> Iterator[Failure]:
        """A failed job in the queue that jobs go to.

        https://docs.aws.amazon.com/mediaconvert/latest/ug/cloudwatch_metrics.html
        """
        queue, arn = job_queue(self._pipeline)
        if queue is None and is_unknown(arn):
            raise UndeterminedError(
                "which MediaConvert queue jobs go to is unknown before it is built"
            )
        place = place_of(self._stack, queue or self._pipeline.function)
        part = queue if queue is not None else str(arn)
        yield Failure(
            "AWS/MediaConvert", "JobsErroredCount", part, "Queue", ("arn",), "Count", place
        )

    def undelivered(self) -> Iterator[Failure]:
        """An event that each rule cannot deliver, whether it has a target today or not.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
        """
        type_ = "aws_cloudwatch_event_rule"
        told = self._ends("target", *{edge.kind for edge in self._edges}, type_=type_)
        rules = (*told, *self._ends("source", DELIVERS, type_=type_))
        for rule in {rule.address: rule for rule in rules}.values():
            bus = str(rule.get("event_bus_name") or _DEFAULT_BUS).split("event-bus/")[-1]
            yield Failure(
                "AWS/Events",
                "FailedInvocations",
                rule,
                "RuleName",
                ("name",),
                "Count",
                place_of(self._stack, rule),
                others={} if bus == _DEFAULT_BUS else {"EventBusName": bus},
            )

    def _of_queue(self, queue: Resource, metric: str, unit: str, *, grows: bool = False) -> Failure:
        kept = queue.get("message_retention_seconds")
        lasts = None if is_unknown(kept) else int(_KEPT_BY_DEFAULT if kept is None else kept)
        place = place_of(self._stack, queue)
        names = ("name",)
        return Failure("AWS/SQS", metric, queue, "QueueName", names, unit, place, lasts, grows)

    def _ends(self, end: str, *kinds: str, type_: str) -> tuple[Resource, ...]:
        """The resources of a type at that end of the edges of some kinds, each once."""
        found = (getattr(edge, end) for edge in self._edges if edge.kind in kinds)
        own = [part for part in found if isinstance(part, Resource) and part.type == type_]
        return tuple({part.address: part for part in own}.values())

    @cached_property
    def _edges(self) -> tuple[Edge, ...]:
        """The edges an upload comes along; all of them where nobody knows where it begins."""
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
