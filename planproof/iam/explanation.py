"""Why was nothing allowed, and what would have to be known to decide?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planproof.iam.context import Missing
from planproof.iam.decision import Reason
from planproof.iam.policies import Layer, PolicySets
from planproof.iam.principals import CallerKind
from planproof.iam.request import Request
from planproof.iam.statement import Statement, StatementEffect

if TYPE_CHECKING:
    from planproof.iam.evaluation import Grants


def shortfalls(request: Request, sets: PolicySets, grants: Grants) -> tuple[Reason, ...]:
    """The layers that would have had to allow the request, and did not."""
    reasons: list[Reason] = []
    what = f"{request.action} on {request.resource}"

    def missing(layer: Layer, note: str) -> None:
        reasons.append(Reason(layer, None, note))

    if grants.service_control is False:
        missing(Layer.SERVICE_CONTROL, f"no service control policy of some level allows {what}")
    if grants.boundary is False:
        missing(Layer.BOUNDARY, f"the permissions boundary does not allow {what}")
    if grants.session is False:
        missing(Layer.SESSION, f"no session policy allows {what}")
    if grants.identity is False and request.caller.account is not None:
        missing(Layer.IDENTITY, f"no statement of an identity-based policy allows {what}")
    if grants.resource.at_all is False:
        some = "no statement of the resource-based policy allows"
        text = some if sets.resource is not None else "there is no resource-based policy to allow"
        missing(Layer.RESOURCE, f"{text} {what} to {request.principal or 'anonymous users'}")
    elif grants.resource.directly is False and grants.resource.by_role is False:
        missing(Layer.RESOURCE, "the resource-based policy leaves the decision to the account")
    if not reasons:
        root = request.caller.kind is CallerKind.ROOT
        note = "the account root user cannot assume a role" if root else "nothing allows it"
        reasons.append(Reason(None, None, note))
    return tuple(reasons)


def unknowns(statement: Statement, request: Request) -> str:
    """What is not known about a statement, as a clause."""
    if statement.effect is StatementEffect.UNKNOWN and not statement.conditions_known:
        return "what it says is not known"
    parts: list[str] = []
    if statement.effect is StatementEffect.UNKNOWN:
        parts.append("its Effect")
    if statement.covers_action(request.action_key) is None:
        parts.append("its Action")
    if statement.covers_resource(request.resource, request.keys) is None:
        known = isinstance(request.resource, str)
        parts.append("its Resource" if known else "the request's resource")
    for condition in statement.conditions:
        if condition.holds(request.keys) is None:
            missing = isinstance(request.keys.get(condition.context_key), Missing)
            key = condition.key
            parts.append(f"the request's {key}" if missing else f"the value {key} is compared with")
    if not statement.conditions_known:
        parts.append("its Condition")
    named = statement.principal
    if named is not None and named.names(request.caller, request.facts).at_all is None:
        parts.append("whom its Principal means")
    if not parts:
        parts.append("whether it means the caller")
    parts = list(dict.fromkeys(parts))
    return f"{' and '.join(parts)} {'is' if len(parts) == 1 else 'are'} not known"
