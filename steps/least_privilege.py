"""Whether the pipeline needs every permission that is granted."""

from __future__ import annotations

from pytest_bdd import then

from planproof.aws.datapath import DataPath
from planproof.aws.datapath.direct_key_use import direct_key_uses
from planproof.aws.datapath.locations import arn_of
from planproof.aws.datapath.surplus import role_grants
from planproof.aws.escalation import (
    Escalation,
    escalation_methods,
    escalations,
    permissions_management,
)
from planproof.aws.policies.attached import AttachedPolicy
from planproof.aws.policies.key import key_types
from planproof.aws.policies.principal import permissions_boundaries
from planproof.terraform.stack import Resource, Stack
from steps.support.policy_evidence import PolicyEvidence


def _principals(stack: Stack) -> tuple[Resource, ...]:
    return stack.managed("aws_iam_role", "aws_iam_user")


@then("every grant of every role is needed by the data path")
def every_grant_is_needed(policy_evidence: PolicyEvidence, data_path: DataPath) -> None:
    """An edge needs each action of each statement, on all resources that it is granted on."""
    for principal in _principals(policy_evidence.stack):
        for grant in role_grants(policy_evidence.authority, data_path, principal):
            policy_evidence.record_grant(grant)


@then("every role uses the keys of this stack through services alone")
def keys_through_services(policy_evidence: PolicyEvidence, data_path: DataPath) -> None:
    """The key actions of a role are denied directly, and through services that the data path does
    not use the key through."""
    authority = policy_evidence.authority
    for principal in _principals(policy_evidence.stack):
        held = authority.identity_policies(principal)
        for key in policy_evidence.stack.managed(*key_types()):
            for use in direct_key_uses(authority, data_path, principal, key):
                reasons = use.decided.decision.because if use.decided is not None else ()
                statements = [reason.statement for reason in reasons]
                policy_evidence.evidence.check(
                    use.holds,
                    principal,
                    expected=f"{', '.join(use.actions) or 'all'} on {key} refused {use.how}",
                    found=use.found,
                    at=policy_evidence.statement_location(held, *statements),
                )


@then("no role has a way to raise its own permissions")
def no_escalation(policy_evidence: PolicyEvidence) -> None:
    """None of the escalation methods that cloudsplaining lists is open."""
    expected = f"none of {len(escalation_methods())} known escalation methods"
    for principal in _principals(policy_evidence.stack):
        held = _policies_of(policy_evidence, principal)
        found = list(escalations(*held, arn_of(principal)))
        _record_methods(principal, found, expected, policy_evidence)


@then("no role may manage permissions")
def no_management(policy_evidence: PolicyEvidence) -> None:
    """No action of the AWS access level "Permissions management"."""
    expected = "no action that changes permissions"
    for principal in _principals(policy_evidence.stack):
        found = list(permissions_management(*_policies_of(policy_evidence, principal)))
        _record_methods(principal, found, expected, policy_evidence)


def _policies_of(
    policy_evidence: PolicyEvidence, principal: Resource
) -> tuple[list[AttachedPolicy], list[AttachedPolicy]]:
    """The identity policies and the permissions boundaries of a role or user."""
    identity = policy_evidence.authority.identity_policies(principal)
    return identity, permissions_boundaries(policy_evidence.stack, principal)


def _record_methods(
    principal: Resource, found: list[Escalation], expected: str, policy_evidence: PolicyEvidence
) -> None:
    """Record each available method, and the undecided ones in one piece of evidence."""
    evidence = policy_evidence.evidence
    available = [method for method in found if method.available is True]
    undecided = [method for method in found if method.available is None]
    if not available and not undecided:
        evidence.check(True, principal, expected=expected, found="none")
    for method in available[:_AT_MOST]:
        at, granted = _granted(principal, method, policy_evidence)
        actions = ", ".join(method.actions)
        name = actions if method.name == actions else f"{method.name}: {actions}"
        evidence.check(False, principal, expected=expected, found=f"{name} ({granted})", at=at)
    if len(available) > _AT_MOST:
        more = f"{len(available) - _AT_MOST} more"
        evidence.check(False, principal, expected=expected, found=more)
    if undecided:
        at, granted = _granted(principal, undecided[0], policy_evidence)
        names = ", ".join(method.name for method in undecided[:_NAMED])
        more = f" and {len(undecided) - _NAMED} more" if len(undecided) > _NAMED else ""
        shown = f"undecided for {names}{more} ({granted} is not fully known)"
        evidence.check(None, principal, expected=expected, found=shown, at=at)


def _granted(
    principal: Resource, method: Escalation, policy_evidence: PolicyEvidence
) -> tuple[tuple[str, int] | None, str]:
    """File and line of one statement that grants a method, and a list of all of them."""
    held = policy_evidence.authority.identity_policies(principal)
    statements = [ref.statement for ref in reversed(method.statements)]
    at = policy_evidence.statement_location(held, *statements)
    return at, "; ".join(dict.fromkeys(str(ref) for ref in method.statements))


_AT_MOST = 20
_NAMED = 3
