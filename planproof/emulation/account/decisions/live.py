"""Would AWS allow it, by the policies that stand in the account at this moment?

Everything is read from moto's backends at each question; only what a policy says is kept, by its
text. What the policies do not decide for certain is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from planproof.aws.service_facts import SERVICES_WITH_POLICIES
from planproof.emulation.account.decisions.asks import Ask, Asking, Keys
from planproof.emulation.account.decisions.called import asks
from planproof.emulation.account.decisions.delivered import delivery_asks
from planproof.emulation.account.decisions.guarded import guards, tags
from planproof.emulation.account.decisions.passes import passed
from planproof.emulation.account.decisions.standing import Standing
from planproof.emulation.account.decisions.wording import denial
from planproof.emulation.account.decisions.written import Written, compiled
from planproof.emulation.account.model import Account, Call, Caller, Denial
from planproof.iam import Decision, Effect, Policies, PolicyKind, Reason, Request, evaluate
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.values import UNKNOWN, Unknown

# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_WITHOUT_PERMISSION: Final = frozenset((("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")))
_OF_SERVICES: Final[Keys] = {
    "aws:SourceAccount": None,
    "aws:SourceArn": None,
    "aws:SourceOwner": None,
}
"""Keys that only a service that acts by itself brings."""


class LiveDecisions:
    """Decides requests, deliveries and the use of roles in an account, as AWS would.

    Args:
        account: of which the id and the clock are used.

    It has no state of its own but what policies say by their text, so threads may share it.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._standing = Standing(account.account_id)

    def check_call(self, call: Call) -> Denial | None:
        """Whether a role's request is refused, for any action it takes, use of keys included."""
        return next(self.refusals(call), None)

    def refusals(self, call: Call) -> Iterator[Denial]:
        """All that is refused of a role's request, in the order in which AWS asks for it."""
        if call.caller is None or (call.service, call.operation) in _WITHOUT_PERMISSION:
            return
        asking = Asking(call, self._standing)
        session = _Session(self._account, self._standing, call.caller, call.service, call.region)
        passes = (_passing(role, service) for role, service in passed(asking))
        for ask in chain(asks(asking), passes):
            own = self._refused(ask.principal, ask) if ask.principal else session.refused(ask)
            if own is not None:
                yield own

    def check_delivery(self, service: str, action: str, source: str, target: str) -> Denial | None:
        """Whether a service is refused to hand an event to a queue, topic, function or log group.

        Args:
            service: the principal: ``s3.amazonaws.com``.
            source: ARN of the bucket or rule in whose name it comes, for aws:SourceArn.
        """
        return next(self.refusals_of_delivery(service, action, source, target), None)

    def refusals_of_delivery(
        self, service: str, action: str, source: str, target: str
    ) -> Iterator[Denial]:
        """All that is refused of a delivery: the delivery itself, the use of the target's key."""
        for ask, closed in delivery_asks(self._standing, service, action, source, target):
            refused = self._refused(service, ask, closed)
            if refused is not None:
                yield refused

    def check_assume(self, service: str, role: str, source: str) -> Denial | None:
        """Whether a service is refused to assume a role, for a source (aws:SourceArn) or ""."""
        missing = "" if self._standing.role(role) is not None else f"there is no role {role}"
        context: dict[str, ContextValue | None] = {}
        if source:
            parts = parse_arn(source)
            own = parts.account if parts is not None else ""
            account = own or self._standing.account_id
            context = {"aws:SourceArn": source, "aws:SourceAccount": account}
        return self._refused(service, Ask("sts:AssumeRole", role, context, missing))

    def check_pass(self, caller: Caller | None, role: str, service: str) -> Denial | None:
        """Whether a caller is refused to pass a role to a service; the owner may pass any."""
        if caller is None:
            if self._standing.role(role) is not None:
                return None
            why = f"there is no role {role}"
            decision = Decision(Effect.IMPLICITLY_DENIED, (Reason(None, None, why),))
            owner = f"arn:aws:iam::{self._standing.account_id}:root"
            return denial("iam", "iam:PassRole", role, owner, decision)
        name = service.partition(".")[0]
        session = _Session(self._account, self._standing, caller, name, "")
        return session.refused(_passing(role, service))

    def _refused(self, service: str, ask: Ask, closed: str = "") -> Denial | None:
        """What is refused to a service that comes as itself.

        Args:
            closed: why nothing can allow it; "" if its policies decide.
        """
        ask = _sound(ask)
        answering = ask.via or ask.action.partition(":")[0]
        resource = ask.resource if isinstance(ask.resource, str) else "*"
        if closed:
            decision = Decision(Effect.IMPLICITLY_DENIED, (Reason(None, None, closed),))
            return denial(answering, ask.action, resource, service, decision)
        context = {**_now(self._account), "aws:SecureTransport": True, **ask.context}
        request = Request(
            ask.action,
            ask.resource,
            service,
            resource_account=_owner(self._standing, ask.resource),
            context=context,
            resource_tags=_tags(self._standing, ask),
        )
        decision = evaluate(request, compiled((), (), _resource_side(self._standing, ask)))
        if decision.effect is Effect.ALLOWED:
            return None
        return denial(answering, ask.action, resource, service, decision, because=ask.why)


class _Session:
    """A session of a role that makes a request: what every decision on it shares.

    Args:
        service: botocore's name of the service that is called.
        region: that is called; "" where that is not known.
    """

    def __init__(
        self, account: Account, standing: Standing, caller: Caller, service: str, region: str
    ) -> None:
        self._standing = standing
        self._caller = caller
        self._service = service
        self._role = standing.role(caller.role)
        if self._role is None:
            return
        session = caller.arn.rpartition("/")[2]
        self._identity = standing.identity(self._role)
        self._boundaries = standing.boundaries(self._role)
        self._tags = _tag_map(self._role.tags)
        self._keys: dict[str, ContextValue | None] = {
            **_OF_SERVICES,
            **_now(account),
            "aws:SecureTransport": True,
            "aws:PrincipalArn": caller.role,
            "aws:userid": f"{self._role.id}:{session}",
            "aws:ViaAWSService": False,
            "kms:ViaService": None,
            "lambda:SourceFunctionArn": self._function(session, region),
        }
        if region:
            self._keys["aws:RequestedRegion"] = region

    def _function(self, session: str, region: str) -> ContextValue | None:
        """What a request from within a function says of it.

        Lambda names the sessions of a function's role after the function.
        https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
        """
        if not self._caller.instance:
            return None
        found = self._standing.function_of(session, region)
        return UNKNOWN if found is None else found

    def refused(self, ask: Ask) -> Denial | None:
        """What is refused to the session."""
        ask = _sound(ask)
        if self._role is None:
            why = f"the role {self._caller.role} does not exist, or no longer"
            return self._denial(ask, Decision(Effect.IMPLICITLY_DENIED, (Reason(None, None, why),)))
        request = Request(
            ask.action,
            ask.resource,
            self._caller.arn,
            resource_account=_owner(self._standing, ask.resource),
            context={**self._keys, **ask.context},
            principal_tags=self._tags,
            resource_tags=_tags(self._standing, ask),
        )
        decision = evaluate(request, self._policies(ask))
        return None if decision.effect is Effect.ALLOWED else self._denial(ask, decision)

    def _policies(self, ask: Ask) -> Policies:
        side = _resource_side(self._standing, ask)
        return compiled(self._identity, self._boundaries, side)

    def _denial(self, ask: Ask, decision: Decision) -> Denial:
        resource = ask.resource if isinstance(ask.resource, str) else "*"
        return denial(
            self._service,
            ask.action,
            resource,
            self._caller.arn,
            decision,
            via=ask.via,
            because=ask.why,
        )


def _sound(ask: Ask) -> Ask:
    """What a request calls an ARN that is none may be about anything."""
    if isinstance(ask.resource, Unknown) or ask.resource == "*" or parse_arn(ask.resource):
        return ask
    return replace(ask, resource=UNKNOWN, why=f"{ask.resource!r} is no ARN")


def _passing(role: str, service: str) -> Ask:
    """That a role is handed to a service; for which of its resources, IAM is not always told."""
    context: Keys = {"iam:PassedToService": service, "iam:AssociatedResourceArn": UNKNOWN}
    return Ask("iam:PassRole", role, context)


def _resource_side(standing: Standing, ask: Ask) -> tuple[Written, ...] | None:
    """The policies of what is asked about; any, where that is not known."""
    service = ask.action.partition(":")[0].lower()
    if service not in SERVICES_WITH_POLICIES or ask.resource == "*":
        return None
    if isinstance(ask.resource, Unknown):
        return (Written("the policy of an unknown resource", None, PolicyKind.ANY),)
    return guards(standing, service, ask.resource)


def _owner(standing: Standing, resource: str | Unknown) -> str | None:
    """The account that a resource is in, where its ARN does not say: nobody else's is there."""
    parts = parse_arn(resource) if isinstance(resource, str) else None
    if parts is None or not parts.account.isdigit():
        return standing.account_id if resource != "*" else None
    return None


def _tags(standing: Standing, ask: Ask) -> Mapping[str, str] | None:
    if not isinstance(ask.resource, str) or ask.resource == "*":
        return None
    return tags(standing, ask.action.partition(":")[0].lower(), ask.resource)


def _tag_map(found: Any) -> dict[str, str]:
    """The tags of a role, which moto keeps in one way or another."""
    if isinstance(found, Mapping):
        values = (one if isinstance(one, Mapping) else {} for one in found.values())
        return {str(one.get("Key", "")): str(one.get("Value", "")) for one in values}
    return {str(one["Key"]): str(one["Value"]) for one in found or ()}


def _now(account: Account) -> dict[str, ContextValue | None]:
    now = account.clock.now()
    return {"aws:CurrentTime": datetime.fromtimestamp(now, UTC), "aws:EpochTime": int(now)}
