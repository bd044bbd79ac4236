"""The shipped stack with one change, and the evidence of the alarm steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from planproof.evidence import Recorder
from planproof.terraform.stack import Stack
from steps import noticing
from steps.support.failure_points import FailurePoints
from tests.builders.shipped import shipped, with_values
from tests.builders.stacks import resource
from tests.steps.stack_steps import StackSteps

AGE = 'aws_cloudwatch_metric_alarm.queue_age["status"]'
LETTERS = 'aws_cloudwatch_metric_alarm.dead_letters["status"]'
ERRORS = "aws_cloudwatch_metric_alarm.function_errors"
THROTTLES = "aws_cloudwatch_metric_alarm.function_throttles"
JOBS = "aws_cloudwatch_metric_alarm.job_errors"
EVENTS = "aws_cloudwatch_metric_alarm.undelivered_events"

Step = Callable[..., None]
REQUIRED_BY: dict[str, Step] = {
    AGE: noticing.old_messages_raise_alarm,
    LETTERS: noticing.dead_letters_raise_alarm,
    ERRORS: noticing.errors_raise_alarm,
    THROTTLES: noticing.throttles_raise_alarm,
    JOBS: noticing.failed_jobs_raise_alarm,
    EVENTS: noticing.undelivered_events_raise_alarm,
}
"""Alarm of the shipped stack → the step that requires it."""
PARTS = {
    AGE: "aws_sqs_queue.status",
    LETTERS: "aws_sqs_queue.status_dead_letter",
    ERRORS: "aws_lambda_function.processor",
    THROTTLES: "aws_lambda_function.processor",
    JOBS: "arn:aws:mediaconvert:us-east-1:123456789012:queues/Default",
    EVENTS: "aws_cloudwatch_event_rule.job_state",
}
"""Alarm of the shipped stack → the resource of its metric."""


def run(step: Step, stack: Stack) -> Recorder:
    steps = StackSteps(stack)
    step(FailurePoints(steps.pipeline, steps.path), steps.evidence)
    return steps.evidence


def changed(alarm: str, **values: Any) -> Recorder:
    """The evidence for the stack with other values of an alarm."""
    return run(REQUIRED_BY[alarm], with_values(shipped(), alarm, **values))


def failed(evidence: Recorder) -> list[tuple[str, str]]:
    return [(e.address, e.attribute) for e in evidence.evidence if e.holds is False]


def without(stack: Stack, *addresses: str) -> Stack:
    assert set(addresses) <= set(stack.resources)
    kept = {a: r for a, r in stack.resources.items() if a not in addresses}
    return replace(stack, resources=kept)


def with_more(stack: Stack, address: str, like: str, **values: Any) -> Stack:
    """The stack with a copy of a resource that has some other values."""
    old = stack[like]
    return stack.with_resources([resource(address, after=None, **{**old.values, **values})])
