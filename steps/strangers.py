"""Can anybody use the stack's resources who has no business with them?"""

from __future__ import annotations

from pytest_bdd import then

from planproof.aws.datapath import Authority, DataPath, Ruling
from planproof.aws.datapath.strangers import (
    NOBODY,
    Attempt,
    deputies,
    guarded,
    needless,
    outsiders,
    overreach,
)
from planproof.evidence import Recorder
from planproof.session.stacks import ResolvedStacks
from steps.least_privilege import record_grant
from steps.support.places import place_of, place_of_ruling


@then("no other account can use a resource of this stack")
def no_other_account(
    authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Principals of other accounts, whatever their own account allows them."""
    for part in guarded(authority):
        for attempt in outsiders(authority, part):
            if attempt.who != NOBODY:
                _record(attempt, authority, resolved_stacks, evidence)


@then("no unauthenticated caller can use a resource of this stack")
def nobody(authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder) -> None:
    """Callers without credentials."""
    for part in guarded(authority):
        for attempt in outsiders(authority, part):
            if attempt.who == NOBODY:
                _record(attempt, authority, resolved_stacks, evidence)


@then("no service is let in that the data path does not need")
def no_needless_service(
    authority: Authority, data_path: DataPath, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Every service that a resource-based policy names has an edge that it serves."""
    for part in guarded(authority):
        for attempt in needless(authority, data_path, part):
            _record(attempt, authority, resolved_stacks, evidence)


@then("no service may do more than the data path needs of it")
def no_overreach(
    authority: Authority, data_path: DataPath, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """Every action that a resource policy, key policy or trust policy allows a service serves an
    edge of that service."""
    for part in guarded(authority):
        for grant in overreach(authority, data_path, part):
            record_grant(grant, authority, resolved_stacks, evidence)


@then("no service is let in on behalf of anybody else")
def no_confused_deputy(
    authority: Authority, data_path: DataPath, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    """What a service needs is refused in the name of another account, bucket, rule or log group,
    and to other services."""
    tried: dict[tuple[str, str], list[Ruling]] = {}
    for who, ruling in deputies(authority, data_path):
        tried.setdefault((who, ruling.need.subject), []).append(ruling)
    for (who, _), rulings in tried.items():
        worst = min(rulings, key=lambda r: (r.allowed is not True, r.allowed is not None))
        actions = ", ".join(dict.fromkeys(r.need.action for r in rulings))
        evidence.check(
            None if worst.allowed is None else not worst.allowed,
            worst.need.on or worst.need.subject,
            expected=f"{actions} refused to {who}",
            found=str(worst.decision),
            at=place_of_ruling(authority, resolved_stacks, worst),
        )


def _record(
    attempt: Attempt, authority: Authority, resolved_stacks: ResolvedStacks, evidence: Recorder
) -> None:
    at = None
    if attempt.statement is not None:
        at = place_of(authority.stack, resolved_stacks, attempt.policies, attempt.statement)
    tried = ", ".join(attempt.actions[:5]) if attempt.holds is not True else ""
    named = f": {tried}" if tried else ""
    expected = f"{attempt.who} is refused{named}"
    if attempt.holds is True and attempt.who.endswith(".com"):
        expected = f"{attempt.who} is let in only where the data path needs it"
    evidence.check(attempt.holds, attempt.part, expected=expected, found=attempt.found, at=at)
