"""One statement of a policy, and whether it applies to a request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final

from planproof.iam.conditions import Condition
from planproof.iam.context import Context
from planproof.iam.matching import PatternSet
from planproof.iam.patterns import Flavor, regex_of
from planproof.iam.principals import PrincipalElement
from planproof.iam.variables import Variable, parse
from planproof.values import Truth, Unknown, all_of, negate

Texts = tuple[str | Unknown, ...]


class StatementEffect(Enum):
    """The ``Effect`` of a statement."""

    ALLOW = "Allow"
    DENY = "Deny"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Statement:
    """One parsed statement.

    Of each of the pairs ``actions``/``not_actions``, ``resources``/``not_resources`` and
    ``principal``/``not_principal`` at most one is not None. Unknown values are UNKNOWN.

    Attributes:
        policy: the name of the policy, such as its Terraform address.
        index: the position in the document's ``Statement``, from 0.
        sid: the ``Sid``, or None.
        variables: whether the document's version supports policy variables; None if not known.
        conditions_known: False if ``Condition`` has unknown parts that ``conditions`` lacks.
    """

    policy: str
    index: int
    sid: str | None
    effect: StatementEffect
    actions: Texts | None = None
    not_actions: Texts | None = None
    resources: Texts | None = None
    not_resources: Texts | None = None
    principal: PrincipalElement | None = None
    not_principal: PrincipalElement | None = None
    conditions: tuple[Condition, ...] = ()
    conditions_known: bool = True
    variables: bool | None = True

    def __str__(self) -> str:
        label = f" ({self.sid})" if self.sid else ""
        return f"{self.policy or 'policy'}, statement {self.index}{label}"

    @property
    def may_allow(self) -> bool:
        """Whether the effect is, or may be, Allow."""
        return self.effect is not StatementEffect.DENY

    @property
    def may_deny(self) -> bool:
        """Whether the effect is, or may be, Deny."""
        return self.effect is not StatementEffect.ALLOW

    @cached_property
    def resource_index(self) -> tuple[tuple[str, str | None], ...] | None:
        """The literal prefix of each ``Resource`` pattern, and its regular expression.

        The expression is None where a policy variable or a rarer pattern has none. The index is
        None for a statement that may cover any ARN.
        """
        if self.resources is None:
            return None
        found: dict[tuple[str, str | None], None] = {}
        for text in self.resources:
            if isinstance(text, Unknown) or text == "*":
                return None
            pieces = parse(text, Flavor.RESOURCE, variables=self.variables is not False)
            tokens = [piece for piece in pieces if not isinstance(piece, Variable)]
            fixed = len(tokens) == len(pieces)
            source = regex_of(tokens, Flavor.RESOURCE) if fixed else None
            found[_WILD.split(text, maxsplit=1)[0], source] = None
        return tuple(found)

    @property
    def names_no_resource(self) -> bool:
        """Whether there is neither ``Resource`` nor ``NotResource``."""
        return self.resources is None and self.not_resources is None

    def covers_action(self, action: str) -> Truth:
        """Whether ``Action`` or ``NotAction`` covers the action (in lower case)."""
        matches = self._actions.matches(action, _NO_CONTEXT)
        return negate(matches) if self.not_actions is not None else matches

    def covers_resource(self, resource: str | Unknown, context: Context) -> Truth:
        """Whether ``Resource`` or ``NotResource`` covers the ARN.

        A statement without either, as in a role trust policy, covers the resource it is attached
        to. ``NotResource`` with a variable that has no value makes the statement invalid.
        """
        if self._resources is None:
            return True
        matches = self._resources.matches(resource, context)
        if self.not_resources is None:
            return matches
        return all_of((self._resources.resolvable(context), negate(matches)))

    def conditions_hold(self, context: Context) -> Truth:
        """Whether every condition holds."""
        hold = all_of(condition.holds(context) for condition in self.conditions)
        return hold if self.conditions_known else all_of((hold, None))

    def applies(self, resource: str | Unknown, context: Context) -> Truth:
        """Whether resource and conditions match; action and principal are not checked."""
        covered = self.covers_resource(resource, context)
        if covered is False:
            return False
        return all_of((covered, self.conditions_hold(context)))

    @cached_property
    def _actions(self) -> PatternSet:
        texts = self.actions if self.actions is not None else self.not_actions
        return PatternSet(texts or (), Flavor.GLOB, variables=False, fold=True)

    @cached_property
    def _resources(self) -> PatternSet | None:
        texts = self.resources if self.resources is not None else self.not_resources
        if texts is None:
            return None
        return PatternSet(texts, Flavor.RESOURCE, variables=self.variables)


_WILD: Final = re.compile(r"[*?]|\$\{")
_NO_CONTEXT: Final = Context()
