"""Whether the pipeline needs every permission that is granted."""

from __future__ import annotations

from pytest_bdd import then

from planproof.aws.datapath import Authority, DataPath
from planproof.aws.datapath.direct_key_use import direct_key_uses
from planproof.aws.datapath.keys import KEY_TYPES
from planproof.aws.datapath.locations import arn_of
from planproof.aws.datapath.surplus import Grant, role_grants
from planproof.aws.escalation import (
    Escalation,
    escalation_methods,
    escalations,
    permissions_management,
)
from planproof.aws.policies.principal import permissions_boundaries
from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Resource, Stack
from steps.support.source_locations import statement_location


def _principals(stack: Stack) -> tuple[Resource, ...]:
    return stack.managed("aws_iam_role", "aws_iam_user")


@then("every grant of every role is needed by the data path")
def every_grant_is_needed(
    stack: Stack,
    data_path: DataPath,
    authority: Authority,
    stacks: ResolvedStacks,
    evidence: Recorder,
) -> None:
    """An edge needs each action of each statement, on all resources that it is granted on."""
    for principal in _principals(stack):
        for grant in role_grants(authority, data_path, principal):
            record_grant(grant, authority, stacks, evidence)


def record_grant(
    grant: Grant, authority: Authority, stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Record whether a grant is needed, at the line of its statement."""
    policy, statement = grant.policy, grant.statement
    path = policy.attribute if statement is None else policy.path(statement)
    at = statement_location(authority.stack, stacks, [policy], statement)
    evidence.check(
        grant.holds,
        policy.source,
        path,
        expected=f"needed by the data path: {grant.granted} for {grant.principal}",
        found=grant.excess or "an edge of it needs it",
        at=at,
    )


@then("every role uses the keys of this stack through services alone")
def keys_through_services(
    stack: Stack,
    data_path: DataPath,
    authority: Authority,
    stacks: ResolvedStacks,
    evidence: Recorder,
) -> None:
    """The key actions of a role are denied directly, and through services that the data path does
    not use the key through."""
    for principal in _principals(stack):
        held = authority.identity_policies(principal)
        for key in stack.managed(*KEY_TYPES):
            for use in direct_key_uses(authority, data_path, principal, key):
                reasons = use.decided.decision.because if use.decided is not None else ()
                statements = [reason.statement for reason in reasons]
                evidence.check(
                    use.holds,
                    principal,
                    expected=f"{', '.join(use.actions) or 'all'} on {key} refused {use.how}",
                    found=use.found,
                    at=statement_location(stack, stacks, held, *statements),
                )


@then("no role has a way to raise its own permissions")
def no_escalation(
    stack: Stack, authority: Authority, stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """None of the escalation methods that cloudsplaining lists is open."""
    for principal in _principals(stack):
        held = authority.identity_policies(principal), permissions_boundaries(stack, principal)
        found = list(escalations(*held, arn_of(principal)))
        expected = f"none of {len(escalation_methods())} known escalation methods"
        _record_methods(principal, found, expected, authority, stacks, evidence)


@then("no role may manage permissions")
def no_management(
    stack: Stack, authority: Authority, stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """No action of the AWS access level "Permissions management"."""
    for principal in _principals(stack):
        held = authority.identity_policies(principal), permissions_boundaries(stack, principal)
        found = list(permissions_management(*held))
        expected = "no action that changes permissions"
        _record_methods(principal, found, expected, authority, stacks, evidence)


def _record_methods(
    principal: Resource,
    found: list[Escalation],
    expected: str,
    authority: Authority,
    stacks: ResolvedStacks,
    evidence: Recorder,
) -> None:
    """Record each available method, and the undecided ones in one piece of evidence."""
    available = [method for method in found if method.available is True]
    undecided = [method for method in found if method.available is None]
    if not available and not undecided:
        evidence.check(True, principal, expected=expected, found="none")
    for method in available[:_AT_MOST]:
        at, granted = _granted(principal, method, authority, stacks)
        actions = ", ".join(method.actions)
        name = actions if method.name == actions else f"{method.name}: {actions}"
        evidence.check(False, principal, expected=expected, found=f"{name} ({granted})", at=at)
    if len(available) > _AT_MOST:
        more = f"{len(available) - _AT_MOST} more"
        evidence.check(False, principal, expected=expected, found=more)
    if undecided:
        at, granted = _granted(principal, undecided[0], authority, stacks)
        names = ", ".join(method.name for method in undecided[:_NAMED])
        more = f" and {len(undecided) - _NAMED} more" if len(undecided) > _NAMED else ""
        shown = f"undecided for {names}{more} ({granted} is not fully known)"
        evidence.check(None, principal, expected=expected, found=shown, at=at)


def _granted(
    principal: Resource, method: Escalation, authority: Authority, stacks: ResolvedStacks
) -> tuple[tuple[str, int] | None, str]:
    """File and line of one statement that grants a method, and a list of all of them."""
    held = authority.identity_policies(principal)
    statements = [ref.statement for ref in reversed(method.statements)]
    at = statement_location(authority.stack, stacks, held, *statements)
    return at, "; ".join(dict.fromkeys(str(ref) for ref in method.statements))


_AT_MOST = 20
_NAMED = 3
