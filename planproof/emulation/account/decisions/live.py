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

from planproof.aws.authorization import PrincipalFacts, ResourceFacts, authorize, source_keys
from planproof.emulation.account.decisions.account_state import AccountState
from planproof.emulation.account.decisions.call_checks import checks_of
from planproof.emulation.account.decisions.checks import CheckedCall, PermissionCheck
from planproof.emulation.account.decisions.delivery_checks import delivery_checks
from planproof.emulation.account.decisions.denials import denial
from planproof.emulation.account.decisions.passed_roles import passed_roles
from planproof.emulation.account.decisions.resource_policies import policies_of, tags_of
from planproof.emulation.account.decisions.stored_policies import document
from planproof.emulation.account.model import Account, ApiCall, Caller, Denial
from planproof.iam import Decision, Effect, Reason
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.values import UNKNOWN, Unknown

# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_WITHOUT_PERMISSION: Final = frozenset((("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")))


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
        context = source_keys(source, self._state.account_id) if source else {}
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
        answering = check.via or check.action.partition(":")[0]
        if closed:
            check = replace(check, reason="")
            return denial(answering, check, service, _implicit_deny(closed))
        principal = PrincipalFacts(service, context=_now(self._account))
        check, decision = _decision(self._state, principal, check)
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
        keys: dict[str, ContextValue | None] = {
            **_now(account),
            "aws:PrincipalArn": caller.role,
            "aws:SourceOwner": None,
            "aws:userid": f"{self._role.id}:{session}",
            "aws:ViaAWSService": False,
            "lambda:SourceFunctionArn": self._function(session, region),
        }
        if region and service in ("iam", "sts"):
            keys["aws:RequestedRegion"] = region
        self._facts = PrincipalFacts(
            caller.arn,
            tuple(map(document, state.identity(self._role))),
            tuple(map(document, state.boundaries(self._role))),
            _tag_map(self._role.tags),
            region,
            keys,
        )

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
        if self._role is None:
            missing = f"the role {self._caller.role} does not exist"
            return self._denial(_with_valid_arn(check), _implicit_deny(missing))
        check, decision = _decision(self._state, self._facts, check)
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
    return PermissionCheck("iam:PassRole", role, {"iam:PassedToService": service})


def _decision(
    state: AccountState, principal: PrincipalFacts, check: PermissionCheck
) -> tuple[PermissionCheck, Decision]:
    """The check, on an unknown resource if its ARN is malformed, and the decision on it."""
    check = _with_valid_arn(check)
    facts = ResourceFacts(state.account_id)
    if isinstance(check.resource, str) and (arn := parse_arn(check.resource)) is not None:
        service = check.action.partition(":")[0].lower()
        facts = ResourceFacts(
            arn.account if arn.account.isdigit() else state.account_id,
            getattr(state.stored(check.resource), "region_name", "") or principal.region,
            tags_of(state, service, check.resource),
            tuple(map(document, policies_of(state, service, check.resource))),
        )
    return check, authorize(check.action, principal, check.resource, facts, check.context)[1]


def _tag_map(tags: Any) -> dict[str, str]:
    """The tags of a role, which moto stores as a mapping or as a list."""
    if isinstance(tags, Mapping):
        tags = [tag if isinstance(tag, Mapping) else {} for tag in tags.values()]
    return {str(tag.get("Key", "")): str(tag.get("Value", "")) for tag in tags or ()}


def _now(account: Account) -> dict[str, ContextValue | None]:
    now = account.clock.now()
    return {"aws:CurrentTime": datetime.fromtimestamp(now, UTC), "aws:EpochTime": int(now)}
