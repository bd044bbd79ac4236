"""The types and protocols that components of the emulated account share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

ACCOUNT_ID = "123456789012"
PARTITION = "aws"


@dataclass(frozen=True, slots=True)
class Caller:
    """The role session that makes a call.

    Attributes:
        arn: ``arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION``.
        role: ARN of the role behind the session.
        instance: id of the function instance that makes the call, or "".
    """

    arn: str
    role: str
    instance: str = ""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of an AWS API.

    Attributes:
        service: botocore's name of the service: ``dynamodb``.
        operation: AWS's name of it: ``UpdateItem``.
        parameters: decoded, by the names of the service model.
        caller: None for the owner of the account: Terraform, a test or a step.
        number: counts the requests to the account.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str
    caller: Caller | None = None
    number: int = 0

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True)
class Denial:
    """A denied request.

    Attributes:
        action: the denied IAM action: ``kms:Decrypt``.
        resource: ARN, or ``*``.
        principal: ARN of the session, or the service principal.
        message: AWS's message to the caller.
        code: the service's error code.
        undetermined: whether the policies do not decide; only requests that are certainly allowed
            are allowed.
        because: the reason: the statement that denies, or that none allows.
    """

    action: str
    resource: str
    principal: str
    message: str
    code: str = "AccessDeniedException"
    undetermined: bool = False
    because: str = ""

    @property
    def detail(self) -> dict[str, Any]:
        """Detail of its trail entry."""
        return {
            "action": self.action,
            "resource": self.resource,
            "message": self.message,
            "because": self.because,
            "undetermined": self.undetermined,
        }


class AwsError(Exception):
    """An error response of AWS.

    Args:
        code: AWS's error code: ``BadRequestException``.
        message: for the caller.
        status: HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in the account.

    Attributes:
        at: seconds since the epoch by the account's clock.
        kind: "call" (of AWS, by a role), "delivery" (of an event by a service), "invocation" (of a
            function), "redrive" (of a message), or a further service's kind ("job").
        who: ARN of a session, a service principal, or the name of a function.
        what: ``service:Operation``, ``service:Action``, or a short description.
        about: ARN of the affected resource, or "".
        outcome: "ok", "denied", "failed", "killed", "timed out" or "throttled".
        detail: JSON values; for a denial: action, resource, message, because, undetermined.
        number: counts the entries from 1.
    """

    at: float
    kind: str
    who: str
    what: str
    about: str = ""
    outcome: str = "ok"
    detail: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0


class Clock(Protocol):
    """The account's clock. It runs at normal speed, and can be advanced."""

    def now(self) -> float:
        """Seconds since the epoch."""

    @property
    def ahead(self) -> float:
        """Seconds by which it is ahead of the machine's clock."""

    def advance(self, seconds: float) -> None:
        """Advance it, for the whole process and for functions that are invoked later."""

    def later(self, seconds: float, task: Callable[[], None]) -> None:
        """Schedule a task, in seconds of the account's clock."""


class Trail(Protocol):
    """The events of the account, in order."""

    def record(
        self,
        kind: str,
        who: str,
        what: str,
        about: str = "",
        outcome: str = "ok",
        **detail: Any,
    ) -> None:
        """Record an event."""


class Decisions(Protocol):
    """Authorization by the current policies of the account."""

    def check_call(self, call: ApiCall) -> Denial | None:
        """The denial of a role's call, use of KMS keys included; None if allowed."""

    def check_delivery(self, service: str, action: str, source: str, target: str) -> Denial | None:
        """The denial of a service's delivery to a resource; None if allowed.

        Args:
            service: the principal: ``s3.amazonaws.com``.
            action: ``sqs:SendMessage``.
            source: ARN of the bucket or rule that sends the event (aws:SourceArn).
            target: ARN of the queue, topic or function.
        """

    def check_assume(self, service: str, role: str, source: str) -> Denial | None:
        """The denial of sts:AssumeRole to a service, for a source ARN or ""; None if allowed."""

    def check_pass(self, caller: Caller | None, role: str, service: str) -> Denial | None:
        """The denial of passing a role to a service principal; None if allowed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault to inject.

    Attributes:
        kind: "error" (the response instead of the operation), "kill before", "kill after" (the
            calling instance is killed before or after the operation and gets no response),
            "lost answer" (the operation is performed, then the connection is closed),
            "unreachable" (the connection is closed without a response),
            "repeat event" (a service delivers an event twice), "repeat message" (a queue delivers
            a deleted message to its function again), "delay" (an event arrives ``seconds`` later,
            so that others overtake it).
        service, operation: of the affected calls; "" for any. For events, the service that
            delivers them (``events``, ``s3``); for messages, ``sqs``.
        containing: a text in the JSON of the call's parameters or of the event; "" for any.
        times: how often it fires; None for until it is removed.
        skip: how many occurrences to skip first.
        code, message, status: of an "error".
        seconds: of a "delay".
        name: by which it is removed.
    """

    kind: str
    service: str = ""
    operation: str = ""
    containing: str = ""
    times: int | None = 1
    skip: int = 0
    code: str = ""
    message: str = ""
    status: int = 400
    seconds: float = 0.0
    name: str = ""


class Faults(Protocol):
    """The planned faults of the account."""

    def due(self, kind: str, service: str, operation: str, content: Any) -> Fault | None:
        """The first matching fault, which is counted as fired; None if none matches."""


class Account(Protocol):
    """What a component may use of its account."""

    @property
    def account_id(self) -> str:
        """Twelve digits."""

    @property
    def endpoint(self) -> str:
        """URL on loopback."""

    @property
    def clock(self) -> Clock:
        """Its clock."""

    @property
    def trail(self) -> Trail:
        """Its trail."""

    @property
    def decisions(self) -> Decisions:
        """Authorizes calls."""

    @property
    def faults(self) -> Faults:
        """Its planned faults."""

    def busy(self) -> AbstractContextManager[None]:
        """Mark the account as busy while a block runs; a busy account is not settled."""

    def credentials(self, role: str, session: str, instance: str = "") -> Mapping[str, str]:
        """Temporary credentials of a new role session, as environment variables of an SDK. Not
        authorized: check_assume does that."""

    def client(self, service: str, region: str, caller: Mapping[str, str] | None = None) -> Any:
        """A boto3 client of this account; the owner's if no credentials are given."""

    def emit(self, event: Mapping[str, Any], region: str) -> None:
        """Send an event of an AWS service to EventBridge; adds id, time and account."""

    def kill(self, instance: str) -> None:
        """Kill an instance of a function."""


class Service(Protocol):
    """An AWS service that moto lacks, behind the same endpoint.

    An account is given the class as ``module:Class``, and calls it with itself as the argument.
    """

    name: str
    """botocore's name of the service."""

    def answer(self, call: ApiCall) -> Mapping[str, Any]:
        """The result of an operation, by the names of the service model.

        The call is authorized, except for iam:PassRole.

        Raises:
            AwsError: the service responds with an error.
        """

    def pending(self) -> int:
        """How many of its tasks are not finished; an account settles when none are left."""
