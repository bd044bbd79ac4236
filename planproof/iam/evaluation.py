"""Would AWS allow the request, and which statements decide?

Sources: IAM User Guide, "Policy evaluation logic" (order; which principals in a resource-based
policy outrank the implicit denials of other policies), "Cross-account policy evaluation logic",
"Permissions boundaries for IAM entities", "AWS JSON policy elements: Principal" and
"... NotPrincipal"; AWS KMS Developer Guide, "Key policies in AWS KMS" (no access but through the
key policy); AWS Organizations User Guide, "SCP evaluation" and "RCP evaluation".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from planproof.iam.decision import Decision, Effect, Reason
from planproof.iam.explanation import shortfalls, unknowns
from planproof.iam.policies import Layer, Policies, PolicySet, PolicySets
from planproof.iam.principals import Caller, CallerKind, Named
from planproof.iam.request import Request
from planproof.iam.statement import Statement, StatementEffect
from planproof.iam.unknown_keys import worlds
from planproof.values import Unknown
from planproof.verdicts import Truth, all_of, any_of, negate

RCP_SERVICES: Final = frozenset({"s3", "sts", "kms", "sqs", "secretsmanager"})
"""Services whose resources resource control policies surely apply to; AWS keeps adding more.

Source: AWS Organizations User Guide, "Resource control policies (RCPs)".
"""

_ANYONE: Final = Named(True, False, False)


class Grants(NamedTuple):
    """What each layer allows, as far as it has a say."""

    identity: Truth
    boundary: Truth
    session: Truth
    service_control: Truth
    resource: Named

    @property
    def limits(self) -> Truth:
        """Boundary and session policy together."""
        return all_of((self.boundary, self.session))


_NO_GRANTS: Final = Grants(False, False, False, False, Named(False, False, False))


class _Found:
    """The statements that apply, surely or maybe, gathered layer by layer."""

    __slots__ = ("allowing", "denying", "maybe_allowing", "maybe_denying")

    def __init__(self) -> None:
        self.allowing: list[Reason] = []
        self.denying: list[Reason] = []
        self.maybe_allowing: list[tuple[Layer, Statement]] = []
        self.maybe_denying: list[tuple[Layer, Statement]] = []


def evaluate(request: Request, policies: Policies) -> Decision:
    """Decide a request as AWS would.

    Args:
        request: who wants to do what to which resource, and in which context.
        policies: every policy that has a say.

    Returns:
        the decision. Its reasons are the denying statements for EXPLICITLY_DENIED, the allowing
        ones for ALLOWED, the layers in which no statement allows for IMPLICITLY_DENIED, and what
        is not known for UNDETERMINED. A request that nothing allows is IMPLICITLY_DENIED even
        where it is not known whether a statement denies it as well: the answer is the same.
    """
    sets = policies.sets
    found = _Found()
    denied, grants, allowed = _weighed(request, sets, found)
    if denied is True:
        return Decision(Effect.EXPLICITLY_DENIED, tuple(found.denying))
    if allowed is False:
        return Decision(Effect.IMPLICITLY_DENIED, lambda: shortfalls(request, sets, grants))
    if allowed is True and denied is False:
        return Decision(Effect.ALLOWED, tuple(found.allowing))
    effect = _in_every_world(request, sets, found)
    if effect is Effect.ALLOWED:
        return Decision(effect, (*found.allowing, *_reasons(found.maybe_allowing, request)))
    if effect is not Effect.UNDETERMINED:
        return Decision(effect, tuple(_reasons(found.maybe_denying, request)))
    return Decision(Effect.UNDETERMINED, lambda: tuple(_doubts(request, found, allowed)))


def _weighed(request: Request, sets: PolicySets, found: _Found) -> tuple[Truth, Grants, Truth]:
    """Whether the request is explicitly denied, what each layer allows, and the sum of that."""
    denied = any_of([_denied(one, request, sets, found) for one in _denying_sets(request, sets)])
    grants = _NO_GRANTS if denied is True else _grants(request, sets, found)
    return denied, grants, _allowed(request, grants)


def _in_every_world(request: Request, sets: PolicySets, found: _Found) -> Effect:
    """The effect, if it is the same whatever the unknown context keys turn out to be."""
    conditions = [
        condition
        for _, statement in (*found.maybe_denying, *found.maybe_allowing)
        for condition in statement.conditions
        if condition.holds(request.keys) is None
    ]
    effects: set[Effect] = set()
    for world in worlds(conditions, request.keys):
        denied, _, allowed = _weighed(request.assuming(world), sets, _Found())
        if denied is True:
            effects.add(Effect.EXPLICITLY_DENIED)
        elif allowed is False:
            effects.add(Effect.IMPLICITLY_DENIED)
        elif allowed is True and denied is False:
            effects.add(Effect.ALLOWED)
        else:
            return Effect.UNDETERMINED
        if len(effects) > 1 and Effect.ALLOWED in effects:
            return Effect.UNDETERMINED
    if not effects:
        return Effect.UNDETERMINED
    return effects.pop() if len(effects) == 1 else Effect.IMPLICITLY_DENIED


def _reasons(maybe: Iterable[tuple[Layer, Statement]], request: Request) -> Iterator[Reason]:
    for layer, statement in dict.fromkeys(maybe):
        yield Reason(layer, statement, unknowns(statement, request))


def _doubts(request: Request, found: _Found, allowed: Truth) -> Iterator[Reason]:
    maybe = found.maybe_denying + (found.maybe_allowing if allowed is None else [])
    yield from _reasons(maybe, request)
    if allowed is None and request.owner is None and request.caller.account is not None:
        note = "whose account the resource is in is not known (its ARN and the request do not say)"
        yield Reason(None, None, note)


def _denying_sets(request: Request, sets: PolicySets) -> Iterator[PolicySet]:
    """The layers whose explicit denials count for this caller."""
    caller = request.caller
    if caller.account is not None:
        if not caller.is_service_linked:
            yield from sets.service_control
        if caller.kind is not CallerKind.ROOT:
            yield sets.identity
            yield from sets.boundaries
            if sets.session is not None:
                yield sets.session
    if not caller.is_service_linked:
        yield from sets.resource_control
    if sets.resource is not None:
        yield sets.resource


def _denied(policy_set: PolicySet, request: Request, sets: PolicySets, found: _Found) -> Truth:
    """Whether a statement of the set denies the request."""
    layer = policy_set.layer
    result: Truth = False
    for statement, verdict in policy_set.denying(request.action_key, request.resource):
        applies = statement.applies(request.resource, request.keys)
        if applies is False:
            continue
        if layer in (Layer.RESOURCE, Layer.RESOURCE_CONTROL):
            applies = all_of((applies, _denies_caller(statement, request, sets)))
        applies = all_of((applies, verdict))
        if layer is Layer.RESOURCE_CONTROL and request.service not in RCP_SERVICES:
            applies = all_of((applies, None))
        if statement.effect is StatementEffect.UNKNOWN:
            applies = all_of((applies, None))
        if applies is True:
            found.denying.append(Reason(layer, statement))
            result = True
        elif applies is None:
            found.maybe_denying.append((layer, statement))
            result = True if result is True else None
    return result


def _denies_caller(statement: Statement, request: Request, sets: PolicySets) -> Truth:
    """Whether ``Principal`` or ``NotPrincipal`` of a denial means the caller."""
    caller = request.caller
    if statement.principal is not None:
        return statement.principal.names(caller, request.facts).at_all
    if statement.not_principal is None:
        return True
    if sets.boundaries and caller.kind in (CallerKind.USER, CallerKind.ROLE, CallerKind.SESSION):
        return True  # NotPrincipal with Deny spares nobody who has a permissions boundary
    return negate(statement.not_principal.excepts(caller, request.facts))


def _grants(request: Request, sets: PolicySets, found: _Found) -> Grants:
    """What each layer allows; True for a layer that does not restrict this caller."""
    caller = request.caller
    resource = _resource_grant(sets.resource, request, found)
    if caller.account is None:
        return Grants(False, True, True, True, resource)
    scp: Truth = True
    if not caller.is_service_linked:
        scp = all_of([_allows(level, request, found) for level in sets.service_control])
    if caller.kind is CallerKind.ROOT:
        return Grants(True, True, True, scp, resource)
    session: Truth = caller.kind is not CallerKind.FEDERATED_USER
    if sets.session is not None:
        session = _allows(sets.session, request, found)
    return Grants(
        identity=_allows(sets.identity, request, found),
        boundary=all_of([_allows(one, request, found) for one in sets.boundaries]),
        session=session,
        service_control=scp,
        resource=resource,
    )


def _allows(policy_set: PolicySet, request: Request, found: _Found) -> Truth:
    """Whether a statement of a set of policies attached to the caller allows the request."""
    result: Truth = False
    for statement, verdict in policy_set.allowing(request.action_key, request.resource):
        applies = statement.applies(request.resource, request.keys)
        if verdict is None or statement.effect is StatementEffect.UNKNOWN:
            applies = all_of((applies, None))
        if applies is True:
            found.allowing.append(Reason(policy_set.layer, statement))
            result = True
        elif applies is None:
            found.maybe_allowing.append((policy_set.layer, statement))
            result = True if result is True else None
    return result


def _resource_grant(policy_set: PolicySet | None, request: Request, found: _Found) -> Named:
    """How the resource-based policies allow the caller."""
    if policy_set is None:
        return Named(False, False, False)
    directly: Truth = False
    by_role: Truth = False
    by_account: Truth = False
    for statement, verdict in policy_set.allowing(request.action_key, request.resource):
        named = _allowed_caller(statement, request)
        if named.at_all is False:
            continue
        applies = all_of((verdict, statement.applies(request.resource, request.keys)))
        if statement.effect is StatementEffect.UNKNOWN:
            applies = all_of((applies, None))
        if applies is False:
            continue
        if applies is True and named.at_all is True:
            found.allowing.append(Reason(Layer.RESOURCE, statement))
        else:
            found.maybe_allowing.append((Layer.RESOURCE, statement))
        directly = any_of((directly, all_of((named.directly, applies))))
        by_role = any_of((by_role, all_of((named.by_role, applies))))
        by_account = any_of((by_account, all_of((named.by_account, applies))))
    return Named(directly, by_role, by_account)


def _allowed_caller(statement: Statement, request: Request) -> Named:
    """How ``Principal`` or ``NotPrincipal`` of an allowing statement means the caller."""
    if statement.principal is not None:
        return statement.principal.names(request.caller, request.facts)
    if statement.not_principal is None:
        return _ANYONE
    named = statement.not_principal.names(request.caller, request.facts)
    return Named(negate(named.at_all), False, False)


def _allowed(request: Request, grants: Grants) -> Truth:
    """Whether the grants of all layers together allow the request."""
    caller = request.caller
    if caller.account is None:
        return grants.resource.directly
    owner = request.owner
    same = None if owner is None else owner == caller.account
    if same is None:
        inside, outside = _same_account(request, grants), _cross_account(grants)
        verdict = inside if inside is outside else None
    else:
        verdict = _same_account(request, grants) if same else _cross_account(grants)
    return all_of((grants.service_control, verdict))


def _same_account(request: Request, grants: Grants) -> Truth:
    """Either side can allow; but a key or a role is closed to all whom its policy leaves out."""
    resource = grants.resource
    by_identity = all_of((grants.identity, grants.limits))
    named = any_of((resource.directly, all_of((resource.by_role, grants.limits))))
    open_to_account = any_of((named, by_identity))
    closed = _is_closed(request)
    if closed is False:
        return open_to_account
    if _is_role_assumed_by_root(request.caller, request):
        return False
    by_account = any_of((named, all_of((resource.by_account, by_identity))))
    if closed is True or by_account is open_to_account:
        return by_account
    return None


def _cross_account(grants: Grants) -> Truth:
    """Both accounts have to allow: the caller's by identity, the owner's by resource policy."""
    return all_of((grants.identity, grants.limits, grants.resource.at_all))


def _is_closed(request: Request) -> Truth:
    """Whether nobody, account included, may act on the resource unless its policy says so.

    So it is for KMS keys and for IAM roles that are assumed.
    """
    if request.service not in ("kms", "sts"):
        return False
    if isinstance(request.resource, Unknown):
        return None
    marker = ":key/" if request.service == "kms" else ":role/"
    return marker in request.resource


def _is_role_assumed_by_root(caller: Caller, request: Request) -> bool:
    return caller.kind is CallerKind.ROOT and request.service == "sts"
