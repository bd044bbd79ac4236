"""Decides one permission step, with as many policy evaluations as it needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from planproof.aws.authorization import Documents, unknown_document
from planproof.aws.datapath import DecidedNeed, Need
from planproof.aws.datapath.guarded import ALLOW_ALL
from planproof.aws.datapath.locations import account_of
from planproof.aws.datapath.samples import FILLER, is_pattern, sample_arns, variable_statement
from planproof.aws.policies.attached import AttachedPolicy
from planproof.iam import Statement
from planproof.iam.arn import parse_arn
from planproof.iam.context import ContextValue
from planproof.iam.principals import PrincipalType
from planproof.terraform.stack import Resource
from planproof.values import Truth, Unknown
from steps.support.action_resources import ActionResource
from steps.support.iam_names import (
    ExternalCaller,
    IamNames,
    Principal,
    RequestedResource,
)

Context = Mapping[str, ContextValue | None]

_ACCOUNT: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")
_PRINCIPAL_ARN: Final = re.compile(
    r"arn:[\w-]+:(?:iam|sts)::\d{12}:(?:user|role|assumed-role)/.+", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class PermissionDecision:
    """The decision on a permission step.

    Attributes:
        allowed: whether AWS allows the request; see :meth:`PermissionRequest.decide` for several.
        found: a description of the decision.
        decided: the decision itself.
    """

    allowed: Truth
    found: str
    decided: DecidedNeed


@dataclass(frozen=True, slots=True)
class PermissionRequest:
    """A request of a permission step.

    Attributes:
        target, on: the named resource, and the resource of the request; None for an action without
            resource types.
        context: condition keys of the step.
    """

    iam_names: IamNames
    principal: Principal
    action: str
    target: RequestedResource | None
    on: ActionResource | None
    context: Context

    @property
    def resource(self) -> Resource | None:
        """The named resource, if it is in the stack."""
        return self.target.resource if self.target is not None else None

    def decide(self, *, wanted: bool) -> PermissionDecision:
        """Decide whether the principal may perform the action.

        Args:
            wanted: whether every request must be allowed, or every request denied. Of several
                decisions, one that contradicts this is returned, else one that is undetermined.
        """
        arn: str | Unknown = self.on.arn if self.on is not None else "*"
        first = decided_needs = list(self._decided_needs(arn))
        variable: Statement | None = None
        if isinstance(arn, str) and arn != "*" and is_pattern(arn):
            statements = [s for r in first for s in _statements_on(r.policies, self.action)]
            samples = sample_arns(arn, statements)
            decided_needs = [decided for one in samples for decided in self._decided_needs(one)]
            contrary = [s for s in statements if _may_contradict(s, wanted)]
            variable = variable_statement(arn, contrary)
        worst = min(decided_needs, key=lambda r: _RANK[wanted][r.allowed])
        found = str(worst.decision)
        if len(decided_needs) > 1:
            found += f" (decided for {worst.need.principal} on {worst.need.resource})"
        if variable is not None and worst.allowed is wanted:
            reason = f"{variable} covers part of the resource by a policy variable"
            return PermissionDecision(None, reason, worst)
        return PermissionDecision(worst.allowed, found, worst)

    def _decided_needs(self, arn: str | Unknown) -> Iterator[DecidedNeed]:
        """The decision; for "another account", one for each account that a policy may match."""
        who, on = self.principal.identity, self.resource
        principals: Iterable[Resource | str] = (
            who.value if isinstance(who, ExternalCaller) else who,
        )
        held: Documents | None = None
        if who is ExternalCaller.OTHER_ACCOUNT:
            policies = self.iam_names.authority.resource_policies(on) if on is not None else []
            principals, held = _other_principals(self.iam_names, on, policies), (ALLOW_ALL,)
        assumed: Documents = ()
        if on is None and (not isinstance(who, Resource | str) or str(who).startswith("arn:")):
            # A service that is not modelled may have a policy that allows principals outside.
            assumed = (unknown_document(f"the policy of {arn}"),)
        for principal in principals:
            context = {**self.principal.context, **self.context}
            need = Need(self.action, principal, arn, on, context)
            yield self.iam_names.authority.decide(need, held=held, assumed=assumed)


def _may_contradict(statement: Statement, wanted: bool) -> bool:
    contrary = statement.may_deny if wanted else statement.may_allow
    return contrary or statement.not_resources is not None


_RANK: Final = {True: {False: 0, None: 1, True: 2}, False: {True: 0, None: 1, False: 2}}


def _other_principals(
    iam_names: IamNames, on: Resource | None, policies: Iterable[AttachedPolicy]
) -> tuple[str, ...]:
    """Principals of other accounts: of an unrelated one, and of those that policies name."""
    own = {*iam_names.accounts, account_of(iam_names.stack, on) if on is not None else None}
    partitions = [
        location.partition for location in iam_names.stack.provider_locations.values()
    ] or ["aws"]
    accounts = [iam_names.other_account]
    named: list[str] = []
    for policy in policies:
        for statement in policy.document.statements:
            for text in _texts(statement):
                accounts += _ACCOUNT.findall(text)
                if _PRINCIPAL_ARN.fullmatch(text):
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


def _statements_on(policies: tuple[AttachedPolicy, ...], action: str) -> Iterator[Statement]:
    """The statements that cover or may cover an action."""
    for policy in policies:
        for statement in policy.document.statements:
            if statement.covers_action(action.lower()) is not False:
                yield statement
