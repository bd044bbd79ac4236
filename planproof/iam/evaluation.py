"""Decides whether AWS would allow a request, and by which statements.

Sources: IAM User Guide, "Policy evaluation logic" (order; which principals in a resource-based
policy override the implicit denials of other policies), "Cross-account policy evaluation logic",
"Permissions boundaries for IAM entities", "AWS JSON policy elements: Principal" and
"... NotPrincipal"; AWS KMS Developer Guide, "Key policies in AWS KMS" (all access
requires the key policy); AWS Organizations User Guide, "SCP evaluation" and "RCP evaluation".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from planproof.iam.decision import Decision, Effect, LayerGrants, Reason
from planproof.iam.explanation import shortfalls, unknowns
from planproof.iam.policies import Layer, Policies, PolicySet, PolicySets
from planproof.iam.principals import NO_MATCH, CallerKind, PrincipalMatch
from planproof.iam.request import Request
from planproof.iam.statement import Statement, StatementEffect
from planproof.iam.unknown_keys import value_combinations
from planproof.service_facts import service
from planproof.values import Truth, Unknown, all_of, any_of, negate

_NO_GRANTS: Final = LayerGrants(False, False, False, False, NO_MATCH)


class _Applicable:
    """The statements that apply, and those that possibly apply, layer by layer."""

    __slots__ = ("allowing", "denying", "possibly_allowing", "possibly_denying")

    def __init__(self) -> None:
        self.allowing: list[Reason] = []
        self.denying: list[Reason] = []
        self.possibly_allowing: list[tuple[Layer, Statement]] = []
        self.possibly_denying: list[tuple[Layer, Statement]] = []


def evaluate(request: Request, policies: Policies) -> Decision:
    """Decide a request as AWS would.

    Args:
        request: the principal, action, resource and context.
        policies: every policy that applies to the request.

    Returns:
        the decision. Its reasons are the denying statements for EXPLICITLY_DENIED, the allowing
        ones for ALLOWED, the layers in which no statement allows for IMPLICITLY_DENIED, and the
        unknown facts for UNDETERMINED. A request that no statement allows is IMPLICITLY_DENIED
        even if a statement possibly denies it: the decision is the same.
    """
    sets = policies.sets
    found = _Applicable()
    denied, grants, allowed = _apply_policies(request, sets, found)
    if denied is True:
        return Decision(Effect.EXPLICITLY_DENIED, tuple(found.denying))
    if allowed is False:
        return Decision(Effect.IMPLICITLY_DENIED, lambda: shortfalls(request, sets, grants))
    if allowed is True and denied is False:
        return Decision(Effect.ALLOWED, tuple(found.allowing))
    effect = _decide_for_all_values(request, sets, found)
    if effect is Effect.ALLOWED:
        return Decision(effect, (*found.allowing, *_reasons(found.possibly_allowing, request)))
    if effect is not Effect.UNDETERMINED:
        return Decision(effect, tuple(_reasons(found.possibly_denying, request)))
    return Decision(Effect.UNDETERMINED, lambda: tuple(_open_reasons(request, found, allowed)))


def _apply_policies(
    request: Request, sets: PolicySets, found: _Applicable
) -> tuple[Truth, LayerGrants, Truth]:
    """Whether the request is explicitly denied, what each layer allows, and if all do together."""
    denied = any_of(
        [_denied(layer, request, sets, found) for layer in _denying_sets(request, sets)]
    )
    grants = _NO_GRANTS if denied is True else _grants(request, sets, found)
    return denied, grants, _allowed(request, grants)


def _decide_for_all_values(request: Request, sets: PolicySets, found: _Applicable) -> Effect:
    """The effect, if it is the same for all values of the unknown context keys."""
    conditions = [
        condition
        for _, statement in (*found.possibly_denying, *found.possibly_allowing)
        for condition in statement.conditions
        if condition.holds(request.keys) is None
    ]
    effects: set[Effect] = set()
    for values in value_combinations(conditions, request.keys):
        denied, _, allowed = _apply_policies(request.replacing(values), sets, _Applicable())
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


def _reasons(possible: Iterable[tuple[Layer, Statement]], request: Request) -> Iterator[Reason]:
    for layer, statement in dict.fromkeys(possible):
        yield Reason(layer, statement, unknowns(statement, request))


def _open_reasons(request: Request, found: _Applicable, allowed: Truth) -> Iterator[Reason]:
    allowing = found.possibly_allowing if allowed is None else []
    yield from _reasons(found.possibly_denying + allowing, request)
    if allowed is None and request.owner is None and request.caller.account is not None:
        note = "the account that owns the resource is not known (its ARN and the request name none)"
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


def _denied(policy_set: PolicySet, request: Request, sets: PolicySets, found: _Applicable) -> Truth:
    """Whether a statement of the set denies the request."""
    layer = policy_set.layer
    result: Truth = False
    for statement, covered in policy_set.denying(request.action_key, request.resource):
        applies = statement.applies(request.resource, request.keys)
        if applies is False:
            continue
        if layer in (Layer.RESOURCE, Layer.RESOURCE_CONTROL):
            applies = all_of((applies, _denies_caller(statement, request, sets)))
        applies = all_of((applies, covered))
        if layer is Layer.RESOURCE_CONTROL and not service(request.service).resource_control:
            applies = all_of((applies, None))
        if statement.effect is StatementEffect.UNKNOWN:
            applies = all_of((applies, None))
        if applies is True:
            found.denying.append(Reason(layer, statement))
            result = True
        elif applies is None:
            found.possibly_denying.append((layer, statement))
            result = True if result is True else None
    return result


def _denies_caller(statement: Statement, request: Request, sets: PolicySets) -> Truth:
    """Whether ``Principal`` or ``NotPrincipal`` of a Deny statement matches the caller."""
    caller = request.caller
    if statement.principal is not None:
        return statement.principal.match(caller, request.facts).overall
    if statement.not_principal is None:
        return True
    if sets.boundaries and caller.kind in (CallerKind.USER, CallerKind.ROLE, CallerKind.SESSION):
        return True  # NotPrincipal with Deny exempts no principal that has a permissions boundary
    return negate(statement.not_principal.exempts(caller, request.facts))


def _grants(request: Request, sets: PolicySets, found: _Applicable) -> LayerGrants:
    """What each layer allows; True for a layer that does not restrict this caller."""
    caller = request.caller
    resource = _resource_grant(sets.resource, request, found)
    if caller.account is None:
        return LayerGrants(False, True, True, True, resource)
    scp: Truth = True
    if not caller.is_service_linked:
        scp = all_of([_allows(level, request, found) for level in sets.service_control])
    if caller.kind is CallerKind.ROOT:
        return LayerGrants(True, True, True, scp, resource)
    session: Truth = caller.kind is not CallerKind.FEDERATED_USER
    if sets.session is not None:
        session = _allows(sets.session, request, found)
    return LayerGrants(
        identity=_allows(sets.identity, request, found),
        boundary=all_of([_allows(one, request, found) for one in sets.boundaries]),
        session=session,
        service_control=scp,
        resource=resource,
    )


def _allows(policy_set: PolicySet, request: Request, found: _Applicable) -> Truth:
    """Whether a statement of the caller's policies in this layer allows the request."""
    result: Truth = False
    for statement, covered in policy_set.allowing(request.action_key, request.resource):
        applies = statement.applies(request.resource, request.keys)
        if covered is None or statement.effect is StatementEffect.UNKNOWN:
            applies = all_of((applies, None))
        if applies is True:
            found.allowing.append(Reason(policy_set.layer, statement))
            result = True
        elif applies is None:
            found.possibly_allowing.append((policy_set.layer, statement))
            result = True if result is True else None
    return result


def _resource_grant(
    policy_set: PolicySet | None, request: Request, found: _Applicable
) -> PrincipalMatch:
    """How the resource-based policies match and allow the caller."""
    if policy_set is None:
        return NO_MATCH
    direct: Truth = False
    through_role: Truth = False
    through_account: Truth = False
    for statement, covered in policy_set.allowing(request.action_key, request.resource):
        match = _allowed_caller(statement, request)
        if match.overall is False:
            continue
        applies = all_of((covered, statement.applies(request.resource, request.keys)))
        if statement.effect is StatementEffect.UNKNOWN:
            applies = all_of((applies, None))
        if applies is False:
            continue
        if applies is True and match.overall is True:
            found.allowing.append(Reason(Layer.RESOURCE, statement))
        else:
            found.possibly_allowing.append((Layer.RESOURCE, statement))
        direct = any_of((direct, all_of((match.direct, applies))))
        through_role = any_of((through_role, all_of((match.through_role, applies))))
        through_account = any_of((through_account, all_of((match.through_account, applies))))
    return PrincipalMatch(direct, through_role, through_account)


def _allowed_caller(statement: Statement, request: Request) -> PrincipalMatch:
    """How ``Principal`` or ``NotPrincipal`` of an Allow statement matches the caller."""
    if statement.principal is not None:
        return statement.principal.match(request.caller, request.facts)
    if statement.not_principal is None:
        return PrincipalMatch(True, False, False)
    match = statement.not_principal.match(request.caller, request.facts)
    return PrincipalMatch(negate(match.overall), False, False)


def _allowed(request: Request, grants: LayerGrants) -> Truth:
    """Whether the grants of all layers together allow the request."""
    caller = request.caller
    if caller.account is None:
        return grants.resource.direct
    same, cross = _same_account(request, grants), _cross_account(grants)
    if request.owner is None:
        allowed = same if same is cross else None
    else:
        allowed = same if request.owner == caller.account else cross
    return all_of((grants.service_control, allowed))


def _same_account(request: Request, grants: LayerGrants) -> Truth:
    """Either policy can allow; but a KMS key or a role requires its own policy to allow."""
    resource = grants.resource
    by_identity = all_of((grants.identity, grants.limits))
    directly = any_of((resource.direct, all_of((resource.through_role, grants.limits))))
    open_to_account = any_of((directly, by_identity))
    required = _requires_resource_policy(request)
    if required is False:
        return open_to_account
    if request.caller.kind is CallerKind.ROOT and request.service == "sts":
        return False  # the account root user cannot assume a role
    through_account = any_of((directly, all_of((resource.through_account, by_identity))))
    if required is True or through_account is open_to_account:
        return through_account
    return None


def _cross_account(grants: LayerGrants) -> Truth:
    """Both accounts must allow: the caller's by identity, the owner's by resource policy."""
    return all_of((grants.identity, grants.limits, grants.resource.overall))


def _requires_resource_policy(request: Request) -> Truth:
    """Whether no principal may act on the resource unless the resource's policy allows it.

    True for KMS keys and for IAM roles that are assumed.
    """
    if request.service not in ("kms", "sts"):
        return False
    if isinstance(request.resource, Unknown):
        return None
    marker = ":key/" if request.service == "kms" else ":role/"
    return marker in request.resource
