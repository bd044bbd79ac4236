"""May a service do more to a part of the stack than the data path needs of it there?

A service that has something to do somewhere is let in by name, and what its statement allows beyond
that is for whoever can make the service act. So each action that a resource policy, a key policy or
a trust policy allows a service is weighed as :mod:`planproof.aws.datapath.surplus` weighs those of
roles. Under ``Principal "*"``, which is every service too, the services with something to do there
are asked for the rest of what AWS offers.

Source: IAM User Guide, "Security best practices in IAM: Apply least-privilege permissions".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from planproof.aws.datapath.asked import parts_asked
from planproof.aws.datapath.authority import Authority, service_of
from planproof.aws.datapath.deputies import decided, is_as_aws_made_it
from planproof.aws.datapath.model import DataPath, Need
from planproof.aws.datapath.outsiders import questions_of
from planproof.aws.datapath.surplus import Grant, Used, patterns_of, some, unused
from planproof.aws.datapath.unneeded_services import means_everybody, unseen_edge
from planproof.aws.policies.held import AttachedPolicy
from planproof.iam import Statement, StatementEffect
from planproof.iam.actions import resource_types
from planproof.iam.context import Context, Missing
from planproof.iam.principals import PrincipalType
from planproof.terraform.stack import Resource
from planproof.values import Unknown

_ANY_CONTEXT: Final = Context(unlisted=Missing.UNKNOWN)


def overreach(authority: Authority, path: DataPath, part: Resource) -> Iterator[Grant]:
    """Every grant of a part's policies to a service, weighed against what the data path needs."""
    needs: dict[str, list[Need]] = {}
    for need in path.needs:
        if need.on is part and not isinstance(need.principal, Resource):
            needs.setdefault(str(need.principal).lower(), []).append(need)
    unseen = unseen_edge(path)
    for grant in _grants(authority, part, needs):
        if grant.holds is False and unseen is not None:
            said = f"{grant.surplus}, as far as it is known how {unseen}"
            yield replace(grant, holds=None, surplus=said)
        else:
            yield grant


def _grants(
    authority: Authority, part: Resource, needs: Mapping[str, Sequence[Need]]
) -> Iterator[Grant]:
    policies = authority.resource(part)
    statements = [
        statement
        for policy in policies
        for statement in policy.document.statements
        if statement.may_allow and _is_about(statement, part)
    ]
    used: dict[str, Used] = {}
    for policy in policies:
        if policy.problem:
            unknown = "an unknown policy"
            yield Grant("an unknown service", policy, None, unknown, policy.problem, None)
            continue
        for statement in policy.document.statements:
            if statement not in statements:
                continue
            for service in _services(statement):
                if isinstance(service, Unknown):
                    said = "whom it lets in is not known"
                    yield Grant("an unknown service", policy, statement, "it", said, None)
                    continue
                name = service.lower()
                if name not in used:
                    used[name] = _used(authority, name, needs.get(name, ()), statements)
                yield from _weighed(part, service, policy, statement, used[name])
            if means_everybody(statement) and not is_as_aws_made_it(authority, part):
                yield from _of_everybody(authority, part, policy, statement, needs)


def _is_about(statement: Statement, part: Resource) -> bool:
    """Whether a statement may mean a part or something within it; the policies of CloudWatch Logs
    are for all log groups of an account."""
    abouts = parts_asked(part, [statement])
    return any(statement.covers_resource(about, _ANY_CONTEXT) is not False for about in abouts)


def _services(statement: Statement) -> Iterator[str | Unknown]:
    """The services that a statement names, UNKNOWN for a principal that nobody knows."""
    for kind, value in statement.principal.entries if statement.principal is not None else ():
        if isinstance(kind, Unknown) or kind is PrincipalType.SERVICE:
            yield value if not isinstance(kind, Unknown) else kind


def _used(
    authority: Authority, service: str, needs: Iterable[Need], statements: Sequence[Statement]
) -> Used:
    """What the data path needs of a service, by the statements that name it."""
    naming = [
        statement
        for statement in statements
        if any(isinstance(n, str) and n.lower() == service for n in _services(statement))
    ]
    used = Used()
    for need in needs:
        used.add(authority, need, naming)
    return used


def _weighed(
    part: Resource, service: str, policy: AttachedPolicy, statement: Statement, used: Used
) -> Iterator[Grant]:
    """Each action pattern that a statement allows a service by name."""
    for granted, actions in patterns_of(statement):
        shown = granted if isinstance(granted, str) else "an unknown action"
        # A wildcard means no action that AWS never checks on such a part.
        left = actions if actions == (granted,) else _on(part, actions)
        text, certain = unused(statement, granted, left, used)
        if not left and isinstance(granted, str):
            text, certain = f"nothing needs {granted}", True
        holds: bool | None = not text
        if text and not (certain and statement.effect is StatementEffect.ALLOW):
            holds = None
        yield Grant(service, policy, statement, shown, text, holds)


def _on(part: Resource, actions: Iterable[str]) -> tuple[str, ...]:
    """The actions that AWS may check on a part of the stack."""
    prefix = f"{service_of(part)}:"
    return tuple(a for a in actions if a.startswith(prefix) and resource_types(a))


def _of_everybody(
    authority: Authority,
    part: Resource,
    policy: AttachedPolicy,
    statement: Statement,
    needs: Mapping[str, Sequence[Need]],
) -> Iterator[Grant]:
    """What a statement that lets everybody in allows services that have something to do there."""
    questions = list(questions_of(part, [statement]))
    for service, own in needs.items():
        wanted = {need.action.lower() for need in own}
        contexts = list({tuple(need.context.items()): need for need in own}.values())
        let_in: dict[str, bool | None] = {}
        for question in questions:
            left = [a for a in question.actions if a.lower() not in wanted]
            asked = [
                decided(authority, replace(need, action=left[0], resource=about))
                for need in contexts
                for about in question.abouts
                if left
            ]
            found = {
                ruling.allowed
                for ruling in asked
                if any(reason.statement is statement for reason in ruling.decision.because)
            }
            if found - {False}:
                let_in |= dict.fromkeys(left, True if True in found else None)
        if let_in:
            holds = False if True in let_in.values() else None
            said = "whether anything needs it is not known" if holds is None else "nothing needs it"
            yield Grant(service, policy, statement, some(list(let_in)), said, holds)
