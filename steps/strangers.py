"""Access to the stack's resources by other accounts, unauthenticated callers and services."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_bdd import then

from planproof.aws.datapath import DataPath, DecidedNeed
from planproof.aws.datapath.deputies import confused_deputies
from planproof.aws.datapath.guarded import Attempt, resources_with_policies
from planproof.aws.datapath.model import ANONYMOUS
from planproof.aws.datapath.outsiders import external_access
from planproof.aws.datapath.unneeded_services import service_grants, unneeded_services
from planproof.values import negate
from steps.support.policy_evidence import PolicyEvidence


@then("no other account can use a resource of this stack")
def no_other_account(policy_evidence: PolicyEvidence) -> None:
    """Principals of other accounts, with every permission in their own account."""
    for attempt in _external_attempts(policy_evidence):
        if attempt.caller != ANONYMOUS:
            _record(attempt, policy_evidence)


@then("no unauthenticated caller can use a resource of this stack")
def no_unauthenticated_caller(policy_evidence: PolicyEvidence) -> None:
    """Callers without credentials."""
    for attempt in _external_attempts(policy_evidence):
        if attempt.caller == ANONYMOUS:
            _record(attempt, policy_evidence)


@then("no service is let in that the data path does not need")
def no_needless_service(policy_evidence: PolicyEvidence, data_path: DataPath) -> None:
    """Every service that a resource-based policy names is needed by an edge."""
    for part in resources_with_policies(policy_evidence.authority):
        for attempt in unneeded_services(policy_evidence.authority, data_path, part):
            _record(attempt, policy_evidence)


@then("no service may do more than the data path needs of it")
def no_overreach(policy_evidence: PolicyEvidence, data_path: DataPath) -> None:
    """An edge needs every action that a resource-based policy allows a service."""
    for part in resources_with_policies(policy_evidence.authority):
        for grant in service_grants(policy_evidence.authority, data_path, part):
            policy_evidence.record_grant(grant)


@then("no service is let in on behalf of anybody else")
def no_confused_deputy(policy_evidence: PolicyEvidence, data_path: DataPath) -> None:
    """Needs of a service are denied for other source accounts and ARNs, and to other services."""
    tried: dict[tuple[str, str], list[DecidedNeed]] = {}
    for who, decided in confused_deputies(policy_evidence.authority, data_path):
        tried.setdefault((who, decided.need.subject), []).append(decided)
    for (who, _), decided_needs in tried.items():
        worst = min(decided_needs, key=lambda r: (r.allowed is not True, r.allowed is not None))
        actions = ", ".join(dict.fromkeys(r.need.action for r in decided_needs))
        policy_evidence.evidence.check(
            negate(worst.allowed),
            worst.need.on or worst.need.subject,
            expected=f"{actions} refused to {who}",
            found=str(worst.decision),
            at=policy_evidence.decision_location(worst),
        )


def _external_attempts(policy_evidence: PolicyEvidence) -> Iterator[Attempt]:
    for part in resources_with_policies(policy_evidence.authority):
        yield from external_access(policy_evidence.authority, part)


def _record(attempt: Attempt, policy_evidence: PolicyEvidence) -> None:
    at = policy_evidence.statement_location(attempt.policies, attempt.statement)
    tried = ", ".join(attempt.actions[:5]) if attempt.holds is not True else ""
    expected = f"{attempt.caller} is refused{f': {tried}' if tried else ''}"
    if attempt.holds is True and attempt.caller.endswith(".com"):
        expected = f"{attempt.caller} is let in only where the data path needs it"
    policy_evidence.evidence.check(
        attempt.holds, attempt.part, expected=expected, found=attempt.found, at=at
    )
