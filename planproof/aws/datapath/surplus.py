"""What is a role granted that no edge of the data path needs?

A grant is used if its statement allows something an edge needs, whether or not others allow it too
or refuse it all the same. So is one for any of several actions of which one is enough, for what an
edge has a use for but does without, and for whatever part a call may be about.
What is left over is named: actions that nobody needs, resources that no need reaches, and
patterns that reach further than the widest scope of a need.

Source: IAM User Guide, "Security best practices in IAM: Apply least-privilege permissions".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from planproof.aws.datapath.authority import Authority
from planproof.aws.datapath.calls import CALLS
from planproof.aws.datapath.model import DataPath, End, Need
from planproof.aws.policies.held import AttachedPolicy, boundaries
from planproof.iam import Statement, pattern_covers
from planproof.iam.actions import expand_action, expand_statement
from planproof.iam.statement import StatementEffect
from planproof.terraform.links import links
from planproof.terraform.stack import Resource
from planproof.values import Unknown

_NAMED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """One action pattern of one statement, and what of it nobody needs.

    Attributes:
        principal: the role or user that it is granted to, or a service.
        surplus: a sentence on what is too much; "" where all of it is needed.
        holds: whether all is needed; None where that cannot be told.
        statement: None where the policy's text is not known.
    """

    principal: End
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
    policies = authority.identity(principal)
    limits = boundaries(authority.stack, principal)
    statements = [s for policy in policies for s in policy.document.statements if s.may_allow]
    used = Used()
    for need in path.needs:
        if need.principal is principal:
            used.add(authority, need, statements)
    open_ = may_need_more(authority, path, principal)
    for policy in policies:
        if policy.problem:
            yield Grant(principal, policy, None, "an unknown policy", policy.problem, None)
            continue
        for statement in policy.document.statements:
            if not statement.may_allow:
                continue
            for granted, actions in patterns_of(statement):
                left = [a for a in actions if not _taken_back(a, policies, limits)]
                text, certain = _surplus(statement, granted, left, used)
                if not actions and isinstance(granted, str):
                    text, certain = f"nothing needs {granted}, which AWS does not have", True
                holds: bool | None = not text
                sure = statement.effect is StatementEffect.ALLOW and not open_
                if text and not (certain and sure):
                    holds = None
                shown = granted if isinstance(granted, str) else "an unknown action"
                said = f"{text}{open_ if text else ''}"
                yield Grant(principal, policy, statement, shown, said, holds)


def patterns_of(statement: Statement) -> Iterator[tuple[str | Unknown, tuple[str, ...]]]:
    """Each pattern of ``Action`` with the actions it means; ``NotAction`` as one."""
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


class Used:
    """The needs that each statement allows, or may allow, by action."""

    def __init__(self) -> None:
        self.surely: dict[tuple[int, str], list[Need]] = {}
        self.maybe: set[tuple[int, str]] = set()

    def add(self, authority: Authority, need: Need, statements: Iterable[Statement]) -> None:
        """Find the statements that a need makes use of."""
        action = need.action.lower()
        request = authority.request(need)
        ruling = authority.decide(need)
        deciding = {id(r.statement) for r in ruling.decision.because} if ruling.allowed else set()
        for statement in statements:
            covered = statement.covers_action(action)
            if covered is False:
                continue
            key = (id(statement), action)
            applies: bool | None = None
            if request is not None:
                applies = statement.applies(request.resource, request.keys)
                applies = True if id(statement) in deciding else applies
            if applies is True and covered is True:
                self.surely.setdefault(key, []).append(need)
            elif applies is not False:
                self.maybe.add(key)


def _surplus(
    statement: Statement, granted: str | Unknown, actions: list[str], used: Used
) -> tuple[str, bool]:
    """What is too much, and whether that is certain."""
    text, certain = unused(statement, granted, actions, used)
    if text:
        return text, certain
    for action in actions:
        key = (id(statement), action.lower())
        wide = list(_too_wide(statement, used.surely[key]))
        if wide:
            return f"nothing needs {action} on {some(wide)}", key not in used.maybe
    return "", True


def unused(
    statement: Statement, granted: str | Unknown, actions: Iterable[str], used: Used
) -> tuple[str, bool]:
    """Which actions that a pattern of a statement means are needed by nobody, as a sentence or "",
    and whether that is certain."""
    if isinstance(granted, Unknown):
        return "which action it allows is not known", False
    keys = {a: (id(statement), a.lower()) for a in actions}
    left = [a for a, key in keys.items() if key not in used.surely]
    idle = [a for a in left if keys[a] not in used.maybe]
    if idle:
        return f"nothing needs {some(idle)}", True
    if left:
        return f"whether anything needs {some(left)} is not known", False
    return "", True


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
    policies = (*policies, *limits)
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


def may_need_more(authority: Authority, path: DataPath, principal: Resource) -> str:
    """Why a role may need more than the path shows: it is not known what all its functions do."""
    for edge in path:
        if edge.needs or all(fact.holds is not None for fact in edge.facts):
            continue
        for function in (edge.declared_by, edge.source, edge.target):
            if not isinstance(function, Resource) or function.type != "aws_lambda_function":
                continue
            if links(authority.stack, function, "role", principal, ("arn",)) is False:
                continue
            if edge.kind == CALLS:
                return f", as far as the code of {function} can be read"
            return f", as far as it is known how {edge}"
    return ""


def some(names: list[str]) -> str:
    """A few of many names."""
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
