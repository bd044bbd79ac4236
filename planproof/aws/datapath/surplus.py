"""Which permissions of a role does no edge of the data path need?

A grant is used if its statement allows a need of an edge, even if another statement allows or
denies it, too. All actions of a group, optional needs, and every resource that a call may address
count as needed. The rest is excess: actions that no edge needs, resources that no need covers, and
resource patterns wider than the scope of every need.

Source: IAM User Guide, "Security best practices in IAM: Apply least-privilege permissions".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.calls import CALLS
from planproof.aws.datapath.guarded import allowing_statements
from planproof.aws.datapath.model import DataPath, End, Need
from planproof.aws.escalation import allowed_by, denied_by
from planproof.aws.policies.attached import AttachedPolicy
from planproof.aws.policies.principal import permissions_boundaries
from planproof.iam import Statement, pattern_covers
from planproof.iam.actions import expand_action, expand_statement
from planproof.iam.statement import StatementEffect
from planproof.terraform.links import links
from planproof.terraform.stack import Resource
from planproof.values import Truth, Unknown

_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """One action pattern of one statement, and its excess over the data path's needs.

    Attributes:
        principal: the role or user that it is granted to, or a service.
        statement: None where the policy's text is not known.
        excess: what of it is unused, as a sentence; "" where all of it is needed.
        holds: whether all of it is needed.
    """

    principal: End
    policy: AttachedPolicy
    statement: Statement | None
    granted: str
    excess: str
    holds: Truth


def role_grants(authority: Authority, path: DataPath, principal: Resource) -> Iterator[Grant]:
    """Every grant of a role or user, compared with the data path's needs.

    Actions that a permissions boundary, or an unconditional denial, takes back are left out.
    """
    policies = authority.identity_policies(principal)
    limits = permissions_boundaries(authority.stack, principal)
    statements = [s for policy in policies for s in policy.document.statements if s.may_allow]
    used = UsedStatements()
    for need in path.needs:
        if need.principal is principal:
            used.add(authority, need, statements)
    reservation = undetermined_needs(authority, path, principal)
    for policy, statement in allowing_statements(policies):
        if statement is None:
            yield Grant(principal, policy, None, "an unknown policy", policy.problem, None)
            continue
        for granted, actions in action_patterns(statement):
            effective = [a for a in actions if not _taken_back(a, policies, limits)]
            excess, certain = _excess(statement, granted, effective, used)
            if not actions and isinstance(granted, str):
                excess, certain = f"nothing needs {granted}: AWS has no such action", True
            excess += reservation if excess else ""
            certain = certain and not reservation
            yield grant_of(principal, policy, statement, granted, excess, certain)


def grant_of(
    principal: End,
    policy: AttachedPolicy,
    statement: Statement,
    granted: str | Unknown,
    excess: str,
    certain: bool,
) -> Grant:
    """The grant of an action pattern; it is only certain where the statement certainly allows."""
    certain = certain and statement.effect is StatementEffect.ALLOW
    holds = (False if certain else None) if excess else True
    shown = granted if isinstance(granted, str) else "an unknown action"
    return Grant(principal, policy, statement, shown, excess, holds)


def action_patterns(statement: Statement) -> Iterator[tuple[str | Unknown, tuple[str, ...]]]:
    """Each pattern of ``Action`` with the actions it covers; ``NotAction`` as one pattern."""
    if statement.actions is None:
        actions = tuple(action for action, covered in expand_statement(statement) if covered)
        yield f"all but {', '.join(map(str, statement.not_actions or ()))}", actions
        return
    for text in statement.actions:
        if isinstance(text, Unknown):
            yield text, ()
        elif "*" in text or "?" in text:
            yield text, expand_action(text)
        else:
            yield text, (text,)


class UsedStatements:
    """The needs that each statement allows, or may allow, by the statement's id and the action."""

    def __init__(self) -> None:
        self.certain: dict[tuple[int, str], list[Need]] = {}
        self.possible: set[tuple[int, str]] = set()

    def add(self, authority: Authority, need: Need, statements: Iterable[Statement]) -> None:
        """Record the statements that a need uses."""
        action = need.action.lower()
        decided = authority.decide(need)
        request = decided.request
        deciding = {id(r.statement) for r in decided.decision.because} if decided.allowed else set()
        for statement in statements:
            covered = statement.covers_action(action)
            if covered is False:
                continue
            key = (id(statement), action)
            applies: Truth = None
            if request is not None:
                applies = statement.applies(request.resource, request.keys)
                applies = True if id(statement) in deciding else applies
            if applies is True and covered is True:
                self.certain.setdefault(key, []).append(need)
            elif applies is not False:
                self.possible.add(key)


def _excess(
    statement: Statement, granted: str | Unknown, actions: list[str], used: UsedStatements
) -> tuple[str, bool]:
    """The excess as a sentence or "", and whether it is certain."""
    excess, certain = unused_actions(statement, granted, actions, used)
    if excess:
        return excess, certain
    for action in actions:
        key = (id(statement), action.lower())
        wide = list(_too_wide(statement, used.certain[key]))
        if wide:
            return f"nothing needs {action} on {listed(wide)}", key not in used.possible
    return "", True


def unused_actions(
    statement: Statement, granted: str | Unknown, actions: Iterable[str], used: UsedStatements
) -> tuple[str, bool]:
    """The actions of a pattern that no edge needs, as a sentence or "", and whether that is
    certain."""
    if isinstance(granted, Unknown):
        return "the action that it allows is not known", False
    keys = {a: (id(statement), a.lower()) for a in actions}
    undecided = [a for a, key in keys.items() if key not in used.certain]
    unneeded = [a for a in undecided if keys[a] not in used.possible]
    if unneeded:
        return f"nothing needs {listed(unneeded)}", True
    if undecided:
        return f"whether anything needs {listed(undecided)} is not known", False
    return "", True


def _too_wide(statement: Statement, needs: list[Need]) -> Iterator[str]:
    """The resource patterns of a statement that no scope of a need covers."""
    if statement.resources is None:
        excluded = ", ".join(map(str, statement.not_resources or ()))
        yield f"everything but {excluded}" if excluded else "everything"
        return
    scopes = [scope for need in needs for scope in need.scopes]
    for pattern in statement.resources:
        if isinstance(pattern, Unknown):
            if not scopes:
                yield "an unknown resource"
        # Only a wildcard of a scope can match a wildcard of the pattern, so matching the pattern's
        # text is enough.
        elif pattern not in scopes and not any(pattern_covers(s, pattern) is True for s in scopes):
            yield pattern


def _taken_back(
    action: str, policies: Iterable[AttachedPolicy], limits: list[AttachedPolicy]
) -> bool:
    """Whether a boundary does not allow an action, or an unconditional statement denies it."""
    return any(allowed_by(limit.document, action) is False for limit in limits) or any(
        denied_by(policy.document, action) is True for policy in (*policies, *limits)
    )


def undetermined_needs(authority: Authority, path: DataPath, principal: Resource) -> str:
    """Why a role may need more than the path shows, as the end of a sentence; "" if it may not."""
    for edge in path:
        if edge.needs or all(fact.holds is not None for fact in edge.facts):
            continue
        for function in (edge.declared_by, edge.source, edge.target):
            if not isinstance(function, Resource) or function.type != "aws_lambda_function":
                continue
            if links(authority.stack, function, "role", principal, ("arn",)) is False:
                continue
            if edge.kind == CALLS:
                return f", unless code of {function} that could not be analyzed needs it"
            return f", unless an undetermined edge needs it: {edge}"
    return ""


def listed(names: list[str]) -> str:
    """The names, or the first of them and the number of the others."""
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
