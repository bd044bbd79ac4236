"""The statements that allow an action, with their resources and limiting conditions.

For everything that a principal may do, rather than for one request: "which roles may this function
pass, and to which service?"
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from planproof.iam.conditions import Condition, Quantifier
from planproof.iam.context import Context, Missing
from planproof.iam.document import PolicyDocument
from planproof.iam.matching import PatternSet
from planproof.iam.operators import Operator
from planproof.iam.patterns import Flavor
from planproof.iam.policies import Document
from planproof.iam.statement import Statement, StatementEffect, Texts
from planproof.values import Truth, Unknown

_POSITIVE = frozenset(
    {
        Operator.STRING_EQUALS,
        Operator.STRING_EQUALS_IGNORE_CASE,
        Operator.STRING_LIKE,
        Operator.ARN_EQUALS,
        Operator.ARN_LIKE,
    }
)


@dataclass(frozen=True, slots=True)
class StatementRef:
    """A statement that allows, or may allow, an action.

    Attributes:
        statement: the statement itself.
        certain: whether it certainly allows the action; if not, its effect or action is UNKNOWN.
    """

    statement: Statement
    certain: bool

    @property
    def policy(self) -> str:
        """The policy's name, such as its Terraform address."""
        return self.statement.policy

    @property
    def index(self) -> int:
        """The position in the document, from 0."""
        return self.statement.index

    @property
    def sid(self) -> str | None:
        """The Sid."""
        return self.statement.sid

    @property
    def resources(self) -> Texts | None:
        """The patterns of ``Resource``, UNKNOWN among them where one is; None without any."""
        return self.statement.resources

    @property
    def not_resources(self) -> Texts | None:
        """The patterns of ``NotResource``, if the statement has them instead."""
        return self.statement.not_resources

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions: each with ``operator``, ``key`` and ``values``."""
        return self.statement.conditions

    def limited_to(self, key: str) -> Texts | None:
        """The values to which a condition limits a context key; None if no condition does.

        Only conditions that fail without the key are a limit: ``IfExists``, ``ForAllValues`` and
        negated operators are not. Values may contain wildcards if the operator takes them. Where
        several conditions limit the key, the values of the shortest list.
        """
        limits = [
            condition.values
            for condition in self.statement.conditions
            if condition.key.lower() == key.lower() and _is_limit(condition)
        ]
        return min(limits, key=len) if limits else None

    def __str__(self) -> str:
        return str(self.statement)


def statements_allowing(documents: Iterable[Document], action: str) -> list[StatementRef]:
    """The statements that allow, or may allow, an action on any resource and condition.

    Args:
        documents: parsed documents, mappings, JSON text or UNKNOWN.
        action: ``service:Action``, in any case.
    """
    references: list[StatementRef] = []
    for i, document in enumerate(documents):
        if not isinstance(document, PolicyDocument):
            document = PolicyDocument.parse(document, f"policy[{i}]")
        for statement in document.statements:
            covered = statement.covers_action(action.lower()) if statement.may_allow else False
            if covered is not False:
                certain = covered is True and statement.effect is StatementEffect.ALLOW
                references.append(StatementRef(statement, certain))
    return references


def pattern_covers(pattern: str | Unknown, arn: str) -> Truth:
    """Whether a ``Resource`` pattern matches an ARN; None where a variable or UNKNOWN
    decides.
    """
    return PatternSet([pattern], Flavor.RESOURCE, variables=True).matches(arn, _UNKNOWN_CONTEXT)


def pattern_covers_more(pattern: str | Unknown, arn: str) -> Truth:
    """Whether a ``Resource`` pattern can match anything other than this ARN.

    Any wildcard can, and any other ARN does; None for UNKNOWN and for policy variables.
    """
    patterns = PatternSet([pattern], Flavor.RESOURCE, variables=True)
    if patterns.varies:
        return None
    return patterns.literals != frozenset({arn})


_UNKNOWN_CONTEXT = Context(unlisted=Missing.UNKNOWN)


def _is_limit(condition: Condition) -> bool:
    name = condition.operator
    if name.operator not in _POSITIVE or name.if_exists:
        return False
    return name.quantifier is not Quantifier.ALL
