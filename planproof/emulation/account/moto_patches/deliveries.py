"""Deliveries between services: authorized, recorded, and subject to faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from moto.backends import get_backend
from moto.core.exceptions import JsonRESTError, ServiceException

from planproof.emulation.account.model import Account, Denial
from planproof.service_facts import receiving_type

ACTIONS: Final = {
    kind: receiving_type(kind).receives.actions[0] for kind in ("sqs", "sns", "lambda")
}
"""Service of a target → the action that a delivery needs."""

_PROBLEMS = (BotoCoreError, ClientError, JsonRESTError, LookupError, ServiceException, ValueError)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event or message to deliver.

    Attributes:
        service: the principal that delivers: ``s3.amazonaws.com``.
        source: ARN of the bucket or rule.
        target: ARN of a queue, topic or function.
        body: the delivered text.
        content: the event that faults match.
        group: message group of a FIFO queue.
        on_failure: called with the error code and message if it fails.
    """

    service: str
    source: str
    target: str
    body: str
    content: Mapping[str, Any]
    group: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    on_failure: Callable[[str, str], None] | None = None

    @property
    def kind(self) -> str:
        """Service of the target."""
        return self.target.split(":")[2]

    @property
    def action(self) -> str:
        """IAM action on the target."""
        return ACTIONS[self.kind]


class Deliveries:
    """Delivers in one account."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def send(self, delivery: Delivery) -> None:
        """Deliver, subject to the faults "repeat event" and "delay"."""
        name = delivery.service.partition(".")[0]
        faults = self.account.faults
        repeat = faults.due("repeat event", name, "", delivery.content)
        for _ in range(2 if repeat else 1):
            delay = faults.due("delay", name, "", delivery.content)
            if delay is not None and delay.seconds > 0:
                self.account.clock.later(delay.seconds, lambda: self._deliver(delivery))
            else:
                self._deliver(delivery)

    def check(self, delivery: Delivery) -> Denial | str | None:
        """Why it cannot be delivered: a denial or an error message; None if it can."""
        if not self._exists(delivery):
            return "the target does not exist"
        return self.account.decisions.check_delivery(
            delivery.service, delivery.action, delivery.source, delivery.target
        )

    def is_denied(self, delivery: Delivery) -> bool:
        """Whether it cannot be delivered; if so, records it."""
        problem = self.check(delivery)
        if problem is not None:
            self._record(delivery, problem)
        return problem is not None

    def _deliver(self, delivery: Delivery) -> None:
        with self.account.busy():
            problem = self.check(delivery)
            if problem is None:
                try:
                    self._send_to_target(delivery)
                except _PROBLEMS as failure:
                    problem = str(failure)
            self._record(delivery, problem)
            if delivery.on_failure is not None and problem is not None:
                if isinstance(problem, Denial):
                    delivery.on_failure("NO_PERMISSIONS", problem.message)
                else:
                    delivery.on_failure("NO_RESOURCE", problem)

    def _record(self, delivery: Delivery, problem: Denial | str | None) -> None:
        detail: dict[str, Any] = {"source": delivery.source}
        outcome = "ok"
        if isinstance(problem, Denial):
            outcome = "denied"
            detail |= {**problem.detail, "principal": problem.principal}
        elif problem is not None:
            outcome = "failed"
            detail["message"] = problem
        self.account.trail.record(
            "delivery", delivery.service, delivery.action, delivery.target, outcome, **detail
        )

    def _backend(self, delivery: Delivery) -> Any:
        _, _, service, region, owner, _ = delivery.target.split(":", 5)
        return get_backend(service)[owner][region]  # type: ignore[call-overload]

    def _exists(self, delivery: Delivery) -> bool:
        backend = self._backend(delivery)
        if delivery.kind == "sqs":
            return delivery.target.rpartition(":")[2] in backend.queues
        if delivery.kind == "sns":
            return delivery.target in backend.topics
        try:
            backend.get_function(delivery.target)
        except _PROBLEMS:
            return False
        return True

    def _send_to_target(self, delivery: Delivery) -> None:
        if delivery.kind == "sqs":
            self._backend(delivery).send_message(
                delivery.target.rpartition(":")[2],
                delivery.body,
                message_attributes=dict(delivery.attributes) or None,
                group_id=delivery.group,
            )
        elif delivery.kind == "sns":
            self._backend(delivery).publish(delivery.body, arn=delivery.target)
        else:
            region = delivery.target.split(":")[3]
            self.account.client("lambda", region).invoke(
                FunctionName=delivery.target, InvocationType="Event", Payload=delivery.body.encode()
            )
