"""Access to the stack's resources by other accounts, unauthenticated callers and services."""

from __future__ import annotations

from pytest_bdd import then

from planproof.aws.datapath import Authority, DataPath, DecidedNeed
from planproof.aws.datapath.deputies import confused_deputies
from planproof.aws.datapath.outsiders import (
    ANONYMOUS,
    Attempt,
    external_access,
    resources_with_policies,
)
from planproof.aws.datapath.overreach import service_grants
from planproof.aws.datapath.unneeded_services import unneeded_services
from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from steps.least_privilege import record_grant
from steps.support.source_locations import decision_location, statement_location


@then("no other account can use a resource of this stack")
def no_other_account(authority: Authority, stacks: ResolvedStacks, evidence: Recorder) -> None:
    """Principals of other accounts, with every permission in their own account."""
    for part in resources_with_policies(authority):
        for attempt in external_access(authority, part):
            if attempt.caller != ANONYMOUS:
                _record(attempt, authority, stacks, evidence)


@then("no unauthenticated caller can use a resource of this stack")
def no_unauthenticated_caller(
    authority: Authority, stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Callers without credentials."""
    for part in resources_with_policies(authority):
        for attempt in external_access(authority, part):
            if attempt.caller == ANONYMOUS:
                _record(attempt, authority, stacks, evidence)


@then("no service is let in that the data path does not need")
def no_needless_service(
    authority: Authority, data_path: DataPath, stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Every service that a resource-based policy names is needed by an edge."""
    for part in resources_with_policies(authority):
        for attempt in unneeded_services(authority, data_path, part):
            _record(attempt, authority, stacks, evidence)


@then("no service may do more than the data path needs of it")
def no_overreach(
    authority: Authority, data_path: DataPath, stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """An edge needs every action that a resource-based policy allows a service."""
    for part in resources_with_policies(authority):
        for grant in service_grants(authority, data_path, part):
            record_grant(grant, authority, stacks, evidence)


@then("no service is let in on behalf of anybody else")
def no_confused_deputy(
    authority: Authority, data_path: DataPath, stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Needs of a service are denied for other source accounts and ARNs, and to other services."""
    tried: dict[tuple[str, str], list[DecidedNeed]] = {}
    for who, decided in confused_deputies(authority, data_path):
        tried.setdefault((who, decided.need.subject), []).append(decided)
    for (who, _), decided_needs in tried.items():
        worst = min(decided_needs, key=lambda r: (r.allowed is not True, r.allowed is not None))
        actions = ", ".join(dict.fromkeys(r.need.action for r in decided_needs))
        evidence.check(
            None if worst.allowed is None else not worst.allowed,
            worst.need.on or worst.need.subject,
            expected=f"{actions} refused to {who}",
            found=str(worst.decision),
            at=decision_location(authority, stacks, worst),
        )


def _record(
    attempt: Attempt, authority: Authority, stacks: ResolvedStacks, evidence: Recorder
) -> None:
    at = statement_location(authority.stack, stacks, attempt.policies, attempt.statement)
    tried = ", ".join(attempt.actions[:5]) if attempt.holds is not True else ""
    named = f": {tried}" if tried else ""
    expected = f"{attempt.caller} is refused{named}"
    if attempt.holds is True and attempt.caller.endswith(".com"):
        expected = f"{attempt.caller} is let in only where the data path needs it"
    evidence.check(attempt.holds, attempt.part, expected=expected, found=attempt.found, at=at)
