"""Decides requests by the policies that are in the account at that moment.

Every decision reads moto's backends anew; only parsed policies are cached, by their text. A request
that the policies do not allow for certain is denied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from planproof.aws.service_facts import SERVICES_WITH_POLICIES
from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.decisions.call_checks import checks_of
from planproof.emulation.account.decisions.checks import CheckedCall, ContextKeys, PermissionCheck
from planproof.emulation.account.decisions.delivery_checks import delivery_checks
from planproof.emulation.account.decisions.denials import denial
from planproof.emulation.account.decisions.passed_roles import passed_roles
from planproof.emulation.account.decisions.resource_policies import policies_of, tags_of
from planproof.emulation.account.decisions.stored_policies import StoredPolicy, compiled
from planproof.emulation.account.model import Account, ApiCall, Caller, Denial
from planproof.iam import Decision, Effect, PolicyKind, Reason, Request, evaluate
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.values import UNKNOWN, Unknown

# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_WITHOUT_PERMISSION: Final = frozenset((("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")))
_OF_SERVICES: Final[ContextKeys] = {
    "aws:SourceAccount": None,
    "aws:SourceArn": None,
    "aws:SourceOwner": None,
}
"""Condition keys that are present only if a service principal makes the request."""


class LiveDecisions:
    """Decides API calls, deliveries and role assumptions in an account as AWS does.

    Threads may share an instance: it has no state but a cache of parsed policies.

    Args:
        account: only its id and its clock are used.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._state = AccountState(account.account_id)

    def check_call(self, call: ApiCall) -> Denial | None:
        """The first denial of a role's call, the use of KMS keys included; None if allowed."""
        return next(self.denials(call), None)

    def denials(self, call: ApiCall) -> Iterator[Denial]:
        """Every denial of a role's call, in the order in which AWS checks permissions."""
        if call.caller is None or (call.service, call.operation) in _WITHOUT_PERMISSION:
            return
        checked = CheckedCall(call, self._state)
        session = _Session(self._account, self._state, call.caller, call.service, call.region)
        passes = (_passing(role, service) for role, service in passed_roles(checked))
        for check in chain(checks_of(checked), passes):
            service = check.principal
            denied = self._decide(service, check) if service else session.check(check)
            if denied is not None:
                yield denied

    def check_delivery(self, service: str, action: str, source: str, target: str) -> Denial | None:
        """The denial of a delivery to a queue, topic, function or log group; None if allowed.

        Args:
            service: the principal: ``s3.amazonaws.com``.
            source: ARN of the bucket or rule that sends the event, for aws:SourceArn.
        """
        return next(self.delivery_denials(service, action, source, target), None)

    def delivery_denials(
        self, service: str, action: str, source: str, target: str
    ) -> Iterator[Denial]:
        """Every denial of a delivery: of the delivery itself and of the use of the target's key."""
        for check, closed in delivery_checks(self._state, service, action, source, target):
            denied = self._decide(service, check, closed)
            if denied is not None:
                yield denied

    def check_assume(self, service: str, role: str, source: str) -> Denial | None:
        """The denial of sts:AssumeRole to a service, for a source ARN or ""; None if allowed."""
        missing = "" if self._state.role(role) is not None else f"there is no role {role}"
        context: dict[str, ContextValue | None] = {}
        if source:
            parts = parse_arn(source)
            account = (parts.account if parts is not None else "") or self._state.account_id
            context = {"aws:SourceArn": source, "aws:SourceAccount": account}
        check = PermissionCheck("sts:AssumeRole", role, context, missing)
        return self._decide(service, check)

    def check_pass(self, caller: Caller | None, role: str, service: str) -> Denial | None:
        """The denial of iam:PassRole to a service; the account's owner may pass any role."""
        if caller is None:
            if self._state.role(role) is not None:
                return None
            decision = _implicit_deny(f"there is no role {role}")
            owner = f"arn:aws:iam::{self._state.account_id}:root"
            return denial("iam", _passing(role, service), owner, decision)
        name = service.partition(".")[0]
        session = _Session(self._account, self._state, caller, name, "")
        return session.check(_passing(role, service))

    def _decide(self, service: str, check: PermissionCheck, closed: str = "") -> Denial | None:
        """The denial of a request that a service principal makes.

        Args:
            closed: why no policy can allow it; "" if policies decide.
        """
        check = _with_valid_arn(check)
        answering = check.via or check.action.partition(":")[0]
        if closed:
            check = replace(check, reason="")
            return denial(answering, check, service, _implicit_deny(closed))
        context = {**_now(self._account), "aws:SecureTransport": True, **check.context}
        request = Request(
            check.action,
            check.resource,
            service,
            resource_account=_owner(self._state, check.resource),
            context=context,
            resource_tags=_tags(self._state, check),
        )
        decision = evaluate(request, compiled((), (), _resource_policies(self._state, check)))
        if decision.effect is Effect.ALLOWED:
            return None
        return denial(answering, check, service, decision)


class _Session:
    """A role session that makes a call: its policies and condition keys.

    Args:
        service: botocore's name of the called service.
        region: the called region; "" if unknown.
    """

    def __init__(
        self, account: Account, state: AccountState, caller: Caller, service: str, region: str
    ) -> None:
        self._state = state
        self._caller = caller
        self._service = service
        self._role = state.role(caller.role)
        if self._role is None:
            return
        session = caller.arn.rpartition("/")[2]
        self._identity = state.identity(self._role)
        self._boundaries = state.boundaries(self._role)
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
        """lambda:SourceFunctionArn; Lambda names the session of a function's role after it.

        https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
        """
        if not self._caller.instance:
            return None
        arn = self._state.function_of(session, region)
        return UNKNOWN if arn is None else arn

    def check(self, check: PermissionCheck) -> Denial | None:
        """The denial of a permission to the session; None if allowed."""
        check = _with_valid_arn(check)
        if self._role is None:
            missing = f"the role {self._caller.role} does not exist"
            return self._denial(check, _implicit_deny(missing))
        request = Request(
            check.action,
            check.resource,
            self._caller.arn,
            resource_account=_owner(self._state, check.resource),
            context={**self._keys, **check.context},
            principal_tags=self._tags,
            resource_tags=_tags(self._state, check),
        )
        resource = _resource_policies(self._state, check)
        decision = evaluate(request, compiled(self._identity, self._boundaries, resource))
        return None if decision.effect is Effect.ALLOWED else self._denial(check, decision)

    def _denial(self, check: PermissionCheck, decision: Decision) -> Denial:
        return denial(self._service, check, self._caller.arn, decision, via=check.via)


def _implicit_deny(reason: str) -> Decision:
    return Decision(Effect.IMPLICITLY_DENIED, (Reason(None, None, reason),))


def _with_valid_arn(check: PermissionCheck) -> PermissionCheck:
    """The check, on an unknown resource if its ARN is malformed."""
    if isinstance(check.resource, Unknown) or check.resource == "*" or parse_arn(check.resource):
        return check
    return replace(check, resource=UNKNOWN, reason=f"{check.resource!r} is not an ARN")


def _passing(role: str, service: str) -> PermissionCheck:
    """iam:PassRole; iam:AssociatedResourceArn is not always in the request."""
    context: ContextKeys = {"iam:PassedToService": service, "iam:AssociatedResourceArn": UNKNOWN}
    return PermissionCheck("iam:PassRole", role, context)


def _resource_policies(
    state: AccountState, check: PermissionCheck
) -> tuple[StoredPolicy, ...] | None:
    """The resource-based policies of the resource; an unknown policy if it is unknown."""
    service = check.action.partition(":")[0].lower()
    if service not in SERVICES_WITH_POLICIES or check.resource == "*":
        return None
    if isinstance(check.resource, Unknown):
        return (StoredPolicy("the policy of an unknown resource", None, PolicyKind.ANY),)
    return policies_of(state, service, check.resource)


def _owner(state: AccountState, resource: str | Unknown) -> str | None:
    """The account of a resource whose ARN names none: always this account."""
    parts = parse_arn(resource) if isinstance(resource, str) else None
    if parts is None or not parts.account.isdigit():
        return state.account_id if resource != "*" else None
    return None


def _tags(state: AccountState, check: PermissionCheck) -> Mapping[str, str] | None:
    if not isinstance(check.resource, str) or check.resource == "*":
        return None
    return tags_of(state, check.action.partition(":")[0].lower(), check.resource)


def _tag_map(tags: Any) -> dict[str, str]:
    """The tags of a role, which moto stores as a mapping or as a list."""
    if isinstance(tags, Mapping):
        tags = [tag if isinstance(tag, Mapping) else {} for tag in tags.values()]
    return {str(tag.get("Key", "")): str(tag.get("Value", "")) for tag in tags or ()}


def _now(account: Account) -> dict[str, ContextValue | None]:
    now = account.clock.now()
    return {"aws:CurrentTime": datetime.fromtimestamp(now, UTC), "aws:EpochTime": int(now)}
