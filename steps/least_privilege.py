"""Is anything granted that the pipeline does not need?"""

from __future__ import annotations

from pytest_bdd import then

from planproof.aws.datapath import Authority, DataPath
from planproof.aws.datapath.direct_key_use import past_services
from planproof.aws.datapath.keys import KEY_TYPES
from planproof.aws.datapath.places import arn_of
from planproof.aws.datapath.surplus import Grant, grants
from planproof.aws.escalation import Escalation, escalations, permissions_management, ways
from planproof.aws.policies.held import boundaries
from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from planproof.terraform.stack import Resource, Stack
from steps.support.places import place_of


def _principals(stack: Stack) -> tuple[Resource, ...]:
    return stack.managed("aws_iam_role", "aws_iam_user")


@then("every grant of every role is needed by the data path")
def every_grant_is_needed(
    stack: Stack,
    data_path: DataPath,
    authority: Authority,
    resolved_stacks: ResolvedStacks,
    evidence: Recorder,
) -> None:
    """Each action of each statement is used by an edge, on no wider resource than it needs."""
    for principal in _principals(stack):
        for grant in grants(authority, data_path, principal):
            record_grant(grant, authority, resolved_stacks, evidence)


def record_grant(
    grant: Grant, authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Write down whether a grant is needed, at the statement that makes it."""
    policy, statement = grant.policy, grant.statement
    path, at = policy.attribute, None
    if statement is not None:
        path = policy.path(statement)
        at = place_of(authority.stack, resolved_stacks, [policy], statement)
    evidence.check(
        grant.holds,
        policy.source,
        path,
        expected=f"needed by the data path: {grant.granted} for {grant.principal}",
        found=grant.surplus or "an edge of it needs it",
        at=at,
    )


@then("every role uses the keys of this stack through services alone")
def keys_through_services(
    stack: Stack,
    data_path: DataPath,
    authority: Authority,
    resolved_stacks: ResolvedStacks,
    evidence: Recorder,
) -> None:
    """What a role may do with a key is refused to it directly, and through services that it does
    not use the key through."""
    for principal in _principals(stack):
        held = authority.identity(principal)
        for key in stack.managed(*KEY_TYPES):
            for use in past_services(authority, data_path, principal, key):
                said = use.ruling.decision.because if use.ruling is not None else ()
                by = [reason.statement for reason in said if reason.statement is not None]
                places = [place_of(stack, resolved_stacks, held, statement) for statement in by]
                evidence.check(
                    use.holds,
                    principal,
                    expected=f"{', '.join(use.actions) or 'all'} on {key} refused {use.how}",
                    found=use.found,
                    at=next((place for place in places if place is not None), None),
                )


@then("no role has a way to raise its own permissions")
def no_way_up(
    stack: Stack, authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """None of the ways that cloudsplaining collects, by what the policies really grant."""
    for principal in _principals(stack):
        held = authority.identity(principal), boundaries(stack, principal)
        found = list(escalations(*held, arn_of(principal)))
        _none_open(
            principal,
            found,
            f"none of {len(ways())} known ways",
            authority,
            resolved_stacks,
            evidence,
        )


@then("no role may manage permissions")
def no_management(
    stack: Stack, authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """No action of AWS's access level "Permissions management"."""
    for principal in _principals(stack):
        found = list(
            permissions_management(authority.identity(principal), boundaries(stack, principal))
        )
        what = "no action that changes permissions"
        _none_open(principal, found, what, authority, resolved_stacks, evidence)


def _none_open(
    principal: Resource,
    found: list[Escalation],
    expected: str,
    authority: Authority,
    resolved_stacks: ResolvedStacks,
    evidence: Recorder,
) -> None:
    """Write down each way that is open to a principal, and as one those that may be."""
    is_open = [way for way in found if way.open is True]
    doubtful = [way for way in found if way.open is None]
    if not is_open and not doubtful:
        evidence.check(True, principal, expected=expected, found="none")
    for way in is_open[:_AT_MOST]:
        at, granted = _granted(principal, way, authority, resolved_stacks)
        actions = ", ".join(way.actions)
        shown = f"{way.name if way.name == actions else f'{way.name}: {actions}'} ({granted})"
        evidence.check(False, principal, expected=expected, found=shown, at=at)
    if len(is_open) > _AT_MOST:
        more = f"{len(is_open) - _AT_MOST} more"
        evidence.check(False, principal, expected=expected, found=more)
    if doubtful:
        at, granted = _granted(principal, doubtful[0], authority, resolved_stacks)
        names = ", ".join(way.name for way in doubtful[:_NAMED])
        more = f" and {len(doubtful) - _NAMED} more" if len(doubtful) > _NAMED else ""
        shown = f"cannot be told of {names}{more} ({granted} is not known well enough)"
        evidence.check(None, principal, expected=expected, found=shown, at=at)


def _granted(
    principal: Resource, way: Escalation, authority: Authority, resolved_stacks: ResolvedStacks
) -> tuple[tuple[str, int] | None, str]:
    """Where a way is granted: file and line of one of its statements, and all of them in words."""
    held = authority.identity(principal)
    places = [place_of(authority.stack, resolved_stacks, held, ref.statement) for ref in way.by]
    at = next((place for place in reversed(places) if place is not None), None)
    return at, "; ".join(dict.fromkeys(str(ref) for ref in way.by))


_AT_MOST = 20
_NAMED = 3
