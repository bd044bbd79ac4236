"""The result of an evaluation, and the reasons for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from planproof.iam.policies import Layer
from planproof.iam.principals import PrincipalMatch
from planproof.iam.statement import Statement, StatementEffect
from planproof.values import Truth, all_of


class Effect(Enum):
    """The result of an evaluation."""

    ALLOWED = "allowed"
    EXPLICITLY_DENIED = "explicitly denied"
    IMPLICITLY_DENIED = "implicitly denied"
    UNDETERMINED = "undetermined"


class LayerGrants(NamedTuple):
    """What each layer of policies allows; True for a layer that does not restrict the caller."""

    identity: Truth
    boundary: Truth
    session: Truth
    service_control: Truth
    resource: PrincipalMatch

    @property
    def limits(self) -> Truth:
        """Permissions boundary and session policy together."""
        return all_of((self.boundary, self.session))


@dataclass(frozen=True, slots=True)
class Reason:
    """One deciding statement, or one layer of policies without one.

    Attributes:
        layer: the type of the policy; None where the request itself lacks a fact.
        statement: the statement, or None where the reason is that there is none.
        note: further facts, such as the context keys that are not known.
    """

    layer: Layer | None
    statement: Statement | None = None
    note: str = ""

    @property
    def policy(self) -> str:
        """The policy's name, such as its Terraform address; empty without a statement."""
        return "" if self.statement is None else self.statement.policy

    @property
    def index(self) -> int | None:
        """The statement's position in its document, from 0."""
        return None if self.statement is None else self.statement.index

    @property
    def sid(self) -> str | None:
        """The statement's Sid."""
        return None if self.statement is None else self.statement.sid

    @property
    def effect(self) -> StatementEffect | None:
        """The statement's effect."""
        return None if self.statement is None else self.statement.effect

    def __str__(self) -> str:
        if self.statement is None:
            return self.note
        verb = {
            StatementEffect.ALLOW: "allows",
            StatementEffect.DENY: "denies",
            StatementEffect.UNKNOWN: "may allow or deny",
        }[self.statement.effect]
        if self.note and self.statement.effect is not StatementEffect.UNKNOWN:
            verb = f"may {verb[:-1] if verb == 'allows' else 'deny'}"
        layer = f" ({self.layer.value})" if self.layer is not None else ""
        note = f", but {self.note}" if self.note else ""
        return f"{self.statement}{layer} {verb} it{note}"


class Decision:
    """The effect and the reasons for it."""

    __slots__ = ("_because", "effect")

    def __init__(
        self, effect: Effect, because: tuple[Reason, ...] | Callable[[], tuple[Reason, ...]]
    ) -> None:
        self.effect = effect
        self._because = because

    @property
    def because(self) -> tuple[Reason, ...]:
        """The deciding statements, or the layers without one; computed on first access."""
        if callable(self._because):
            self._because = self._because()
        return self._because

    def __repr__(self) -> str:
        return f"<Decision {self}>"

    @property
    def allowed(self) -> Truth:
        """True, False, or None if undetermined."""
        if self.effect is Effect.UNDETERMINED:
            return None
        return self.effect is Effect.ALLOWED

    def __str__(self) -> str:
        reasons = "; ".join(str(reason) for reason in self.because)
        return f"{self.effect.value}: {reasons}" if reasons else self.effect.value
