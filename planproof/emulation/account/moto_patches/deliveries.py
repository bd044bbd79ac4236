"""What one service hands to another: only what it may, noted, and at times twice or late."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from moto.backends import get_backend
from moto.core.exceptions import JsonRESTError, ServiceException

from planproof.emulation.account.model import Account, Denial

ACTIONS: Final = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
}
"""Service of a target → the action that a delivery to it takes."""

_PROBLEMS = (BotoCoreError, ClientError, JsonRESTError, LookupError, ServiceException, ValueError)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something to be delivered.

    Attributes:
        service: the principal that delivers: ``s3.amazonaws.com``.
        source: ARN in whose name: of a bucket, a rule.
        target: ARN of a queue, topic or function.
        body: the text that arrives.
        content: the event that faults are chosen by.
        group: of a FIFO queue's message.
        refused: told the error's name and message if it cannot be delivered.
    """

    service: str
    source: str
    target: str
    body: str
    content: Mapping[str, Any]
    group: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    refused: Callable[[str, str], None] | None = None

    @property
    def kind(self) -> str:
        """Service of the target."""
        return self.target.split(":")[2]

    @property
    def action(self) -> str:
        """What the service does to the target."""
        return ACTIONS[self.kind]


class Deliveries:
    """Delivers in one account."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def send(self, delivery: Delivery) -> None:
        """Deliver, once or as often and as late as the account's faults have it."""
        name = delivery.service.partition(".")[0]
        faults = self.account.faults
        again = faults.due("repeat event", name, "", delivery.content)
        for _ in range(2 if again else 1):
            late = faults.due("delay", name, "", delivery.content)
            if late is not None and late.seconds > 0:
                self.account.clock.later(late.seconds, lambda: self._deliver(delivery))
            else:
                self._deliver(delivery)

    def check(self, delivery: Delivery) -> Denial | str | None:
        """What keeps it from being delivered: a refusal, a sentence, or nothing."""
        if not self._exists(delivery):
            return "the target does not exist"
        return self.account.decisions.check_delivery(
            delivery.service, delivery.action, delivery.source, delivery.target
        )

    def refuses(self, delivery: Delivery) -> bool:
        """Whether it could not be delivered; then that is noted."""
        problem = self.check(delivery)
        if problem is not None:
            self._note(delivery, problem)
        return problem is not None

    def _deliver(self, delivery: Delivery) -> None:
        with self.account.busy():
            problem = self.check(delivery)
            if problem is None:
                try:
                    self._hand_over(delivery)
                except _PROBLEMS as failure:
                    problem = str(failure)
            self._note(delivery, problem)
            if delivery.refused is not None and problem is not None:
                if isinstance(problem, Denial):
                    delivery.refused("NO_PERMISSIONS", problem.message)
                else:
                    delivery.refused("NO_RESOURCE", problem)

    def _note(self, delivery: Delivery, problem: Denial | str | None) -> None:
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

    def _hand_over(self, delivery: Delivery) -> None:
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
