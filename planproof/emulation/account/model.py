"""What the parts of the emulated account tell one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

ACCOUNT_ID = "123456789012"
PARTITION = "aws"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request, where it is not the owner of the account.

    Attributes:
        arn: ``arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION``.
        role: ARN of the role behind the session.
        instance: the instance of a function that it comes from, or "".
    """

    arn: str
    role: str
    instance: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to AWS.

    Attributes:
        service: botocore's name of the service: ``dynamodb``.
        operation: as AWS spells it: ``UpdateItem``.
        parameters: by the names of the service model, decoded.
        caller: None for the owner of the account: Terraform, a test, a step.
        number: counts the requests of the account.
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
    """What AWS refuses.

    Attributes:
        action: the IAM action that was refused: ``kms:Decrypt``.
        resource: ARN it was refused on, or ``*``.
        principal: ARN of the session, or the service principal.
        message: AWS's wording, as the refused caller gets it.
        code: AWS's name of the error, as the service spells it.
        undetermined: whether the policies do not decide; what is not allowed for certain is
            refused, and a reader is told why.
        because: what decided, for a reader: the statement that denies, or that nothing allows.
    """

    action: str
    resource: str
    principal: str
    message: str
    code: str = "AccessDeniedException"
    undetermined: bool = False
    because: str = ""

    @property
    def told(self) -> dict[str, Any]:
        """What the trail says of it."""
        return {
            "action": self.action,
            "resource": self.resource,
            "message": self.message,
            "because": self.because,
            "undetermined": self.undetermined,
        }


class AwsError(Exception):
    """An answer of AWS that is an error.

    Args:
        code: AWS's name of it: ``BadRequestException``.
        message: for whoever called.
        status: of HTTP.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened in the account.

    Attributes:
        at: seconds since the epoch by the account's clock.
        kind: "call" (of AWS, by a role), "delivery" (of an event by a service), "invocation" (of a
            function), or a word of a further service for what it does ("job").
        who: ARN of a session, a service principal, or the name of a function.
        what: ``service:Operation``, ``service:Action``, or what happened in a word.
        about: ARN of what it was done to, or "".
        outcome: "ok", "denied", "failed", "killed", "timed out" or "throttled".
        detail: the rest, as JSON can hold it; of a denial its action, resource, message, because.
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
    """The account's time. It runs as fast as any, and can be set forward."""

    def now(self) -> float:
        """Seconds since the epoch."""

    @property
    def ahead(self) -> float:
        """Seconds by which it is ahead of the machine's clock."""

    def advance(self, seconds: float) -> None:
        """Set it forward, for the whole process and for functions that are invoked from now on."""

    def later(self, seconds: float, do: Callable[[], None]) -> None:
        """Do something when so many seconds of the account's time have passed."""


class Trail(Protocol):
    """Everything that happened, in order."""

    def note(
        self,
        kind: str,
        who: str,
        what: str,
        about: str = "",
        outcome: str = "ok",
        **detail: Any,
    ) -> None:
        """Write one thing down."""


class Decisions(Protocol):
    """What AWS allows, by the policies that stand in the account at this moment."""

    def check_call(self, call: Call) -> Denial | None:
        """Whether a role's request is refused: for any action it takes, use of keys included."""

    def check_delivery(self, service: str, action: str, source: str, target: str) -> Denial | None:
        """Whether a service is refused to hand an event to a resource.

        Args:
            service: the principal: ``s3.amazonaws.com``.
            action: ``sqs:SendMessage``.
            source: ARN in whose name it acts (aws:SourceArn): a bucket, a rule.
            target: ARN of the queue, topic or function.
        """

    def check_assume(self, service: str, role: str, source: str) -> Denial | None:
        """Whether a service is refused to assume a role, for a source (aws:SourceArn) or ""."""

    def check_pass(self, caller: Caller | None, role: str, service: str) -> Denial | None:
        """Whether a caller is refused to pass a role to a service principal."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that shall go wrong.

    Attributes:
        what: "error" (answered instead of the operation), "kill before", "kill after" (the
            instance that called is ended before, or after, the operation is carried out, and gets
            no answer), "lost answer" (the operation is carried out, and the connection closed),
            "unreachable" (the connection is closed without an answer),
            "repeat event" (a service delivers an event twice), "repeat message" (a queue delivers
            a message to its function again although it was deleted), "delay" (an event arrives
            ``seconds`` later, so that others overtake it).
        service, operation: of the calls it meets; "" for any. Of events the service that
            delivers them (``events``, ``s3``), of messages ``sqs``.
        containing: a text that the call's parameters, or the event, must hold as JSON; "" for any.
        times: how often it happens; None for ever, until it is withdrawn.
        skip: how often it is spared before.
        code, message, status: of an "error".
        seconds: of a "delay".
        name: what it is withdrawn by.
    """

    what: str
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
    """What shall go wrong, and when it is its turn."""

    def due(self, what: str, service: str, operation: str, content: Any) -> Fault | None:
        """The fault of a kind that is to happen now; it is counted as having happened."""


class Account(Protocol):
    """What a part may use of the account it is in."""

    @property
    def account_id(self) -> str:
        """Twelve digits."""

    @property
    def endpoint(self) -> str:
        """URL on loopback."""

    @property
    def clock(self) -> Clock:
        """Its time."""

    @property
    def trail(self) -> Trail:
        """What happened in it."""

    @property
    def decisions(self) -> Decisions:
        """What is allowed in it."""

    @property
    def faults(self) -> Faults:
        """What shall go wrong in it."""

    def busy(self) -> AbstractContextManager[None]:
        """Around work that is under way: an account is at rest when nobody is busy."""

    def credentials(self, role: str, session: str, instance: str = "") -> Mapping[str, str]:
        """New keys of a session of a role, as the environment of an SDK: AWS_ACCESS_KEY_ID,
        AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Nothing is checked."""

    def client(self, service: str, region: str, caller: Mapping[str, str] | None = None) -> Any:
        """A boto3 client of this account; of its owner where no credentials are given."""

    def emit(self, event: Mapping[str, Any], region: str) -> None:
        """An event of an AWS service goes to EventBridge: id, time and account are added."""

    def kill(self, instance: str) -> None:
        """End an instance of a function at once."""


class Service(Protocol):
    """An AWS service that moto lacks, answered behind the same endpoint.

    A class of this shape is named to the account as ``module:Class``, and made once with the
    account as its one argument.
    """

    name: str
    """Botocore's name of it."""

    def answer(self, call: Call) -> Mapping[str, Any]:
        """The response of an operation, by the names of the service model.

        Its permissions were checked before, those of passing a role excepted.

        Raises:
            AwsError: the service answers with an error.
        """

    def pending(self) -> int:
        """How much it still has to do in times to come, so that an account knows it is at rest."""
