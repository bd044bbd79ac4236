"""Why a request is not allowed, and which unknown facts leave it undetermined."""

from __future__ import annotations

from planproof.iam.context import Missing
from planproof.iam.decision import LayerGrants, Reason
from planproof.iam.policies import Layer, PolicySets
from planproof.iam.principals import CallerKind
from planproof.iam.request import Request
from planproof.iam.statement import Statement, StatementEffect


def shortfalls(request: Request, sets: PolicySets, grants: LayerGrants) -> tuple[Reason, ...]:
    """The layers that must allow the request, and do not."""
    reasons: list[Reason] = []
    permission = f"{request.action} on {request.resource}"

    def missing(layer: Layer, note: str) -> None:
        reasons.append(Reason(layer, None, note))

    if grants.service_control is False:
        missing(
            Layer.SERVICE_CONTROL,
            f"at a level of the organization, no service control policy allows {permission}",
        )
    if grants.boundary is False:
        missing(Layer.BOUNDARY, f"the permissions boundary does not allow {permission}")
    if grants.session is False:
        missing(Layer.SESSION, f"no session policy allows {permission}")
    if grants.identity is False and request.caller.account is not None:
        missing(Layer.IDENTITY, f"no statement of an identity-based policy allows {permission}")
    if grants.resource.overall is False:
        note = "no statement of the resource-based policy allows"
        if sets.resource is None:
            note = "there is no resource-based policy to allow"
        missing(Layer.RESOURCE, f"{note} {permission} to {request.principal or 'anonymous users'}")
    elif grants.resource.direct is False and grants.resource.through_role is False:
        missing(Layer.RESOURCE, "the resource-based policy leaves the decision to the account")
    if not reasons:
        root = request.caller.kind is CallerKind.ROOT
        note = "the account root user cannot assume a role" if root else "no policy allows it"
        reasons.append(Reason(None, None, note))
    return tuple(reasons)


def unknowns(statement: Statement, request: Request) -> str:
    """The unknown facts about a statement, as a clause."""
    if statement.effect is StatementEffect.UNKNOWN and not statement.conditions_known:
        return "its content is not known"
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
            parts.append(f"the request's {key}" if missing else f"the value compared with {key}")
    if not statement.conditions_known:
        parts.append("its Condition")
    principal = statement.principal
    if principal is not None and principal.match(request.caller, request.facts).overall is None:
        parts.append("whether its Principal matches the caller")
    if not parts:
        parts.append("whether it applies to the caller")
    parts = list(dict.fromkeys(parts))
    return f"{' and '.join(parts)} {'is' if len(parts) == 1 else 'are'} not known"
