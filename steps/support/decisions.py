"""Would AWS allow it to whoever is meant? One question, as many decisions as it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from planproof.aws.datapath import Need, Ruling
from planproof.aws.datapath.outsiders import EVERYTHING
from planproof.aws.datapath.places import account_of
from planproof.aws.policies.held import AttachedPolicy
from planproof.aws.policies.resource import RESOURCE_POLICY_TYPES
from planproof.iam import (
    Decision,
    Policies,
    PolicyDocument,
    PolicyKind,
    Request,
    Statement,
    evaluate,
)
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.iam.principals import PrincipalType
from planproof.terraform.stack import Resource
from planproof.values import UNKNOWN, Unknown
from steps.support.asked import FILLER, About, asked_of, is_pattern, varies
from steps.support.parties import Outsider, Parties, Principal, Target, account_of_principal

Context = Mapping[str, ContextValue | None]

# A request has them only where a service makes it for a resource.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcearn
_OF_A_SERVICE: Final[Context] = {"aws:SourceArn": None, "aws:SourceAccount": None}
_ACCOUNT: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")
_WHO: Final = re.compile(r"arn:[\w-]+:(?:iam|sts)::\d{12}:(?:user|role|assumed-role)/.+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a question.

    Attributes:
        allowed: whether AWS allows it; of several decisions those that decided, see :func:`answer`.
        found: the decision, for a reader.
        ruling: the decision itself.
    """

    allowed: bool | None
    found: str
    ruling: Ruling


def answer(
    parties: Parties,
    principal: Principal,
    action: str,
    target: Target | None,
    about: About | None,
    context: Context,
    *,
    wanted: bool,
) -> Answer:
    """Ask whether a principal may do something.

    Args:
        target, about: on what; None for an action that knows no resources.
        context: context keys that the author gave.
        wanted: whether all of it has to be allowed, or nothing of it may be; of several decisions
            the one that contradicts this is given, else one that is undetermined.
    """
    on = target.on if target is not None else None
    arn: str | Unknown = about.arn if about is not None else "*"
    first = list(_rulings(parties, principal, action, arn, on, context))
    rulings = first
    open_: Statement | None = None
    if isinstance(arn, str) and arn != "*" and is_pattern(arn):
        statements = [s for r in first for s in _speaking(r.policies, action)]
        rulings = [
            ruling
            for one in asked_of(arn, statements)
            for ruling in _rulings(parties, principal, action, one, on, context)
        ]
        open_ = varies(arn, [s for s in statements if _may_contradict(s, wanted)])
    worst = min(rulings, key=lambda r: _RANK[wanted][r.allowed])
    found = str(worst.decision)
    if len(rulings) > 1:
        found += f" (asked of {worst.need.principal} on {worst.need.resource})"
    allowed = worst.allowed
    if open_ is not None and allowed is wanted:
        return Answer(None, f"{open_} names a part of it by a policy variable", worst)
    return Answer(allowed, found, worst)


def _may_contradict(statement: Statement, wanted: bool) -> bool:
    contrary = statement.may_deny if wanted else statement.may_allow
    return contrary or statement.not_resources is not None


_RANK: Final = {True: {False: 0, None: 1, True: 2}, False: {True: 0, None: 1, False: 2}}


def _rulings(
    parties: Parties,
    principal: Principal,
    action: str,
    arn: str | Unknown,
    on: Resource | None,
    given: Context,
) -> Iterator[Ruling]:
    """The decision; one for each account that a policy may mean, where any other is meant."""
    who = principal.who
    if isinstance(who, str) and not who.startswith("arn:"):
        yield parties.authority.decide(Need(action, who, arn, on, given))
        return
    context = {**_OF_A_SERVICE, **principal.context, **given}
    if isinstance(who, Resource):
        account = account_of_principal(parties.stack, principal)
        own = {"kms:CallerAccount": account} if action.startswith("kms:") and account else {}
        yield parties.authority.decide(Need(action, who, arn, on, {**own, **context}))
        return
    policies = _policies_of(parties, action, on)
    callers: list[str | None] = [who] if isinstance(who, str) else [None]
    held = [_unknown(f"whatever {who} is granted elsewhere")] if isinstance(who, str) else []
    if who is Outsider.ACCOUNT:
        callers, held = [*_strangers(parties, on, policies)], [EVERYTHING]
    for caller in callers:
        yield _outside(parties, caller, held, action, arn, on, policies, context)


def _outside(
    parties: Parties,
    caller: str | None,
    held: list[PolicyDocument],
    action: str,
    arn: str | Unknown,
    on: Resource | None,
    policies: tuple[AttachedPolicy, ...] | None,
    context: Context,
) -> Ruling:
    """The decision on somebody of whom the stack has no policies but those given here."""
    parts = parse_arn(caller) if caller else None
    own = {"kms:CallerAccount": parts.account} if parts and action.startswith("kms:") else {}
    request = Request(
        action=action,
        resource=arn,
        principal=caller,
        resource_account=account_of(parties.stack, on) if on is not None else None,
        context={"aws:SecureTransport": True, **own, **context},
    )
    resource: list[PolicyDocument] | None = None
    if policies is not None:
        resource = [policy.document for policy in policies] or None
    elif arn != "*":
        resource = [_unknown(f"whatever policy {arn} has")]
    decision: Decision = evaluate(request, Policies(identity=held, resource=resource))
    need = Need(action, caller or Outsider.ANYBODY.value, arn, on, context)
    return Ruling(need, decision, policies or ())


def _unknown(name: str) -> PolicyDocument:
    return PolicyDocument.parse(UNKNOWN, name, PolicyKind.ANY)


def _policies_of(
    parties: Parties, action: str, on: Resource | None
) -> tuple[AttachedPolicy, ...] | None:
    """The policies of a resource that have a say in an action; None where it is not of the stack,
    so that nobody knows them."""
    if on is None:
        return None
    # The trust policy of a role decides who may assume it, and nothing else.
    trust = on.type == "aws_iam_role" and not action.startswith("sts:")
    if on.type not in RESOURCE_POLICY_TYPES or trust:
        return ()
    return tuple(parties.authority.resource(on))


def _strangers(
    parties: Parties, on: Resource | None, policies: tuple[AttachedPolicy, ...] | None
) -> tuple[str, ...]:
    """Principals of other accounts: of one that nobody knows, and of those that policies name."""
    own = {*parties.accounts, account_of(parties.stack, on) if on is not None else None}
    partitions = [place.partition for place in parties.stack.places.values()] or ["aws"]
    accounts = [parties.stranger]
    named: list[str] = []
    for policy in policies or ():
        for statement in policy.document.statements:
            for text in _texts(statement):
                accounts += _ACCOUNT.findall(text)
                if _WHO.fullmatch(text):
                    named.append(text.replace("*", FILLER).replace("?", "x"))
    roles = [f"arn:{partitions[0]}:iam::{account}:role/{FILLER}" for account in accounts]
    return tuple(
        text
        for text in dict.fromkeys((*roles, *named))
        if (arn := parse_arn(text)) is not None and arn.account not in own
    )


def _texts(statement: Statement) -> Iterator[str]:
    """The principals that a statement names, and the values of its conditions."""
    for element in (statement.principal, statement.not_principal):
        for kind, value in element.entries if element is not None else ():
            if kind is PrincipalType.AWS and isinstance(value, str):
                yield value
    for condition in statement.conditions:
        yield from (value for value in condition.values if isinstance(value, str))


def _speaking(policies: tuple[AttachedPolicy, ...], action: str) -> Iterator[Statement]:
    """The statements that mean an action, or may mean it."""
    for policy in policies:
        for statement in policy.document.statements:
            if statement.covers_action(action.lower()) is not False:
                yield statement
