"""What is a role granted that no edge of the data path needs?

A grant is used if a statement allows, or is one of those that allow, something an edge needs.
What is left over is named: actions that nobody needs, resources that no need reaches, and
patterns that reach further than the widest scope of a need.

Source: IAM User Guide, "Security best practices in IAM: Apply least-privilege permissions".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from planproof.datapath.authority import Authority
from planproof.datapath.calls import CALLS
from planproof.datapath.model import DataPath, Need
from planproof.iam import Statement, pattern_covers
from planproof.iam.actions import all_actions, expand_action
from planproof.iam.statement import StatementEffect
from planproof.links import links
from planproof.policies import AttachedPolicy, boundaries
from planproof.stack import Resource
from planproof.values import Unknown

_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """One action pattern of one statement of a role, and what of it nobody needs.

    Attributes:
        surplus: a sentence on what is too much; "" where all of it is needed.
        holds: whether all is needed; None where that cannot be told.
        statement: None where the policy's text is not known.
    """

    principal: Resource
    policy: AttachedPolicy
    statement: Statement | None
    granted: str
    surplus: str
    holds: bool | None


def grants(authority: Authority, path: DataPath, principal: Resource) -> Iterator[Grant]:
    """Every grant of a role or user, weighed against what the data path needs.

    A grant that a permissions boundary takes back, or a denial of the same principal on every
    resource, is none.
    """
    rulings = [authority.decide(n) for n in path.needs if n.principal is principal]
    used: dict[tuple[int, str], list[Need]] = {}
    for ruling in rulings:
        for reason in ruling.decision.because:
            if ruling.allowed and reason.statement is not None:
                key = (id(reason.statement), ruling.need.action.lower())
                used.setdefault(key, []).append(ruling.need)
    open_ = _may_need_more(authority, path, principal)
    policies = authority.identity(principal)
    limits = boundaries(authority.stack, principal)
    for policy in policies:
        if policy.problem:
            yield Grant(principal, policy, None, "an unknown policy", policy.problem, None)
            continue
        for statement in policy.document.statements:
            if not statement.may_allow:
                continue
            for granted, actions in _granted(statement):
                left = [a for a in actions if not _taken_back(a, policies, limits)]
                text = _surplus(statement, granted, left, used)
                holds: bool | None = not text
                sure = statement.effect is StatementEffect.ALLOW and not open_
                if text and (isinstance(granted, Unknown) or not sure):
                    holds = None
                shown = granted if isinstance(granted, str) else "an unknown action"
                said = f"{text}{open_ if text else ''}"
                yield Grant(principal, policy, statement, shown, said, holds)


def _granted(statement: Statement) -> Iterator[tuple[str | Unknown, tuple[str, ...]]]:
    """Each pattern of ``Action`` with the actions it means; ``NotAction`` as one."""
    if statement.actions is None:
        actions = tuple(a for a in all_actions() if statement.covers_action(a.lower()))
        yield f"all but {', '.join(map(str, statement.not_actions or ()))}", actions
        return
    for text in statement.actions:
        if isinstance(text, Unknown):
            yield text, ()
        elif "*" in text or "?" in text:
            yield text, expand_action(text)
        else:
            yield text, (text,)


def _surplus(
    statement: Statement,
    granted: str | Unknown,
    actions: list[str],
    used: dict[tuple[int, str], list[Need]],
) -> str:
    if isinstance(granted, Unknown):
        return "which action it allows is not known"
    needs = {a: used.get((id(statement), a.lower()), []) for a in actions}
    unused = [a for a, found in needs.items() if not found]
    if unused:
        return f"nothing needs {_some(unused)}"
    for action, found in needs.items():
        wide = list(_too_wide(statement, found))
        if wide:
            return f"nothing needs {action} on {_some(wide)}"
    return ""


def _too_wide(statement: Statement, needs: list[Need]) -> Iterator[str]:
    """The resource patterns of a statement that lie in no scope of what is needed."""
    if statement.resources is None:
        kept = ", ".join(map(str, statement.not_resources or ()))
        yield f"everything but {kept}" if kept else "everything"
        return
    scopes = [scope for need in needs for scope in need.scopes]
    for pattern in statement.resources:
        if isinstance(pattern, Unknown):
            if not scopes:
                yield "an unknown resource"
        elif not any(_within(pattern, scope) for scope in scopes):
            yield pattern


def _within(pattern: str, scope: str) -> bool:
    """Whether every ARN that ``pattern`` matches is matched by ``scope``.

    A wildcard of the pattern can only be matched by one of the scope, so the pattern's text, with
    its wildcards as they stand, tells.
    """
    return pattern == scope or pattern_covers(scope, pattern) is True


def _taken_back(
    action: str, policies: Iterable[AttachedPolicy], limits: list[AttachedPolicy]
) -> bool:
    """Whether a boundary or a sweeping denial leaves nothing of a grant."""
    key = action.lower()
    for limit in limits:
        allowed = (s.may_allow and s.covers_action(key) for s in limit.document.statements)
        if not any(verdict is not False for verdict in allowed):
            return True
    return any(
        s.effect is StatementEffect.DENY
        and s.covers_action(key) is True
        and s.resources is not None
        and "*" in s.resources
        and not s.conditions
        and s.conditions_known
        for policy in policies
        for s in policy.document.statements
    )


def _may_need_more(authority: Authority, path: DataPath, principal: Resource) -> str:
    """Why a role may need more than the path shows: its function's calls could not all be read."""
    for edge in path.of(CALLS):
        function = edge.declared_by
        if function is None or all(fact.holds is not None for fact in edge.facts):
            continue
        if links(authority.stack, function, "role", principal, ("arn",)):
            return f", as far as the code of {function} can be read"
    return ""


def _some(names: list[str]) -> str:
    """A few of many names."""
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
