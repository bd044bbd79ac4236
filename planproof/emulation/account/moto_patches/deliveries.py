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
class Parcel:
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

    def send(self, parcel: Parcel) -> None:
        """Deliver, once or as often and as late as the account's faults have it."""
        name = parcel.service.partition(".")[0]
        faults = self.account.faults
        again = faults.due("repeat event", name, "", parcel.content)
        for _ in range(2 if again else 1):
            late = faults.due("delay", name, "", parcel.content)
            if late is not None and late.seconds > 0:
                self.account.clock.later(late.seconds, lambda: self._deliver(parcel))
            else:
                self._deliver(parcel)

    def check(self, parcel: Parcel) -> Denial | str | None:
        """What keeps it from being delivered: a refusal, a sentence, or nothing."""
        if not self._exists(parcel):
            return "the target does not exist"
        return self.account.decisions.check_delivery(
            parcel.service, parcel.action, parcel.source, parcel.target
        )

    def refuses(self, parcel: Parcel) -> bool:
        """Whether it could not be delivered; then that is noted."""
        problem = self.check(parcel)
        if problem is not None:
            self._note(parcel, problem)
        return problem is not None

    def _deliver(self, parcel: Parcel) -> None:
        with self.account.busy():
            problem = self.check(parcel)
            if problem is None:
                try:
                    self._hand_over(parcel)
                except _PROBLEMS as failure:
                    problem = str(failure)
            self._note(parcel, problem)
            if parcel.refused is not None and problem is not None:
                if isinstance(problem, Denial):
                    parcel.refused("NO_PERMISSIONS", problem.message)
                else:
                    parcel.refused("NO_RESOURCE", problem)

    def _note(self, parcel: Parcel, problem: Denial | str | None) -> None:
        detail: dict[str, Any] = {"source": parcel.source}
        outcome = "ok"
        if isinstance(problem, Denial):
            outcome = "denied"
            detail |= {**problem.told, "principal": problem.principal}
        elif problem is not None:
            outcome = "failed"
            detail["message"] = problem
        self.account.trail.note(
            "delivery", parcel.service, parcel.action, parcel.target, outcome, **detail
        )

    def _backend(self, parcel: Parcel) -> Any:
        _, _, service, region, owner, _ = parcel.target.split(":", 5)
        return get_backend(service)[owner][region]  # type: ignore[call-overload]

    def _exists(self, parcel: Parcel) -> bool:
        backend = self._backend(parcel)
        if parcel.kind == "sqs":
            return parcel.target.rpartition(":")[2] in backend.queues
        if parcel.kind == "sns":
            return parcel.target in backend.topics
        try:
            backend.get_function(parcel.target)
        except _PROBLEMS:
            return False
        return True

    def _hand_over(self, parcel: Parcel) -> None:
        if parcel.kind == "sqs":
            self._backend(parcel).send_message(
                parcel.target.rpartition(":")[2],
                parcel.body,
                message_attributes=dict(parcel.attributes) or None,
                group_id=parcel.group,
            )
        elif parcel.kind == "sns":
            self._backend(parcel).publish(parcel.body, arn=parcel.target)
        else:
            region = parcel.target.split(":")[3]
            self.account.client("lambda", region).invoke(
                FunctionName=parcel.target, InvocationType="Event", Payload=parcel.body.encode()
            )
