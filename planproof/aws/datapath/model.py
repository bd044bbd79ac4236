"""The parts of a data path: what flows from where to where, and what AWS must allow for it.

An :class:`Edge` leads from one part of a stack to another. It lists every permission it needs, on
all sides (:class:`Need`), and what else must be so (:class:`Fact`). Judged, it is proven, broken
or undetermined, and a broken one names what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from planproof.aws.policies.held import AttachedPolicy
from planproof.iam import Decision, Effect, Reason
from planproof.iam.context import ContextValue
from planproof.terraform.stack import Resource
from planproof.values import Unknown

End = Resource | str
"""A part of the stack, or the name of what is outside it."""
Arn = str | Unknown


class State(StrEnum):
    """What is known of an edge."""

    PROVEN = "proven"
    BROKEN = "broken"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """One request that AWS must allow.

    Attributes:
        action: ``service:Action``, spelled as AWS spells it.
        principal: an IAM role or user of the stack, or a service principal.
        resource: ARN of what it is about, ``"*"`` for an action without resources, or UNKNOWN.
        on: the part of the stack that the ARN belongs to, None if there is none.
        context: context keys that AWS sends with the request; others are unknown.
        scope: the widest ``Resource`` that a policy needs to name for it, as a policy writes it.
        why: what the request is for, as a clause: "to read its messages".
        group: of several needs of an edge with the same group one is enough; it names their
            actions for a reader. "" for a need that stands alone.
        required: whether the edge does not work without it; a grant for any other has a use.
        instead: whether it is about another part, which may be meant as well as this edge's. If
            that is allowed, and what the edge itself needs is not, it is open which is meant.
    """

    action: str
    principal: End
    resource: Arn
    on: Resource | None = None
    context: Mapping[str, ContextValue | None] = field(default_factory=dict)
    scope: tuple[str, ...] = ()
    why: str = ""
    group: str = ""
    required: bool = True
    instead: bool = False

    @property
    def scopes(self) -> tuple[str, ...]:
        """``scope``, which is the ARN itself where nothing wider is named."""
        if self.scope:
            return self.scope
        return (self.resource,) if isinstance(self.resource, str) else ()

    @property
    def subject(self) -> str:
        """What it is about, for a reader."""
        if self.on is not None:
            return str(self.on)
        return self.resource if isinstance(self.resource, str) else "an unknown resource"

    def __str__(self) -> str:
        about = "" if self.resource == "*" else f" on {self.subject}"
        return f"{self.group or self.action}{about} for {self.principal}"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something besides permissions that an edge rests on.

    Attributes:
        holds: None where it cannot be told.
        expected, found: for a reader.
        attribute: dotted path below ``subject``.
    """

    holds: bool | None
    subject: End
    attribute: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A way from one part to another.

    Attributes:
        source, target: its ends, in the direction in which data, or a call, goes.
        kind: what happens on it, as a verb: "notifies", "is read by", "writes logs to".
        needs: the permissions; an edge may need none.
        facts: what else it rests on.
        outside: whether an end is no part of the stack, so that what its owner allows is unknown.
        declared_by: the resource that makes the connection, such as a notification.
    """

    source: End
    target: End
    kind: str
    needs: tuple[Need, ...] = ()
    facts: tuple[Fact, ...] = ()
    outside: bool = False
    declared_by: Resource | None = None

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.target}"


@dataclass(frozen=True, slots=True, eq=False)
class Ruling:
    """What AWS would decide on a need.

    Attributes:
        policies: the policies of the stack that had a say.
    """

    need: Need
    decision: Decision
    policies: tuple[AttachedPolicy, ...] = ()

    @property
    def allowed(self) -> bool | None:
        """Whether AWS allows it; None where that is undetermined."""
        return self.decision.allowed


@dataclass(frozen=True, slots=True, eq=False)
class JudgedEdge:
    """An edge, and what became of its needs.

    Attributes:
        rulings: those that count, once it is made: of a group one that is allowed, or else one
            that may be; of what is not required only what is allowed.
    """

    edge: Edge
    rulings: tuple[Ruling, ...]

    def __post_init__(self) -> None:
        """Leave the rulings that count."""
        object.__setattr__(self, "rulings", tuple(_that_count(self.rulings)))

    @property
    def state(self) -> State:
        """Broken if anything is missing; else undetermined if anything is open."""
        return state_of(
            [*(r.allowed for r in self.rulings), *(fact.holds for fact in self.edge.facts)]
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """What it lacks, for a reader: each grant and each fact that is not there."""
        grants = [str(r.need) for r in self.rulings if r.allowed is False]
        return (*grants, *(fact.expected for fact in self.edge.facts if fact.holds is False))

    def __str__(self) -> str:
        said = f": {', '.join(self.missing)}" if self.missing else ""
        return f"{self.edge} ({self.state.value}{said})"


def _that_count(rulings: tuple[Ruling, ...]) -> Iterator[Ruling]:
    groups: dict[str, list[Ruling]] = {}
    for ruling in rulings:
        if ruling.need.required and ruling.need.group:
            groups.setdefault(ruling.need.group, []).append(ruling)
    for ruling in rulings:
        if not ruling.need.required:
            if ruling.allowed:
                yield ruling
        elif not ruling.need.group:
            yield ruling
        elif group := groups.pop(ruling.need.group, None):
            yield _of_group(group)


def _of_group(rulings: list[Ruling]) -> Ruling:
    """The ruling that says what became of a group."""
    own = [ruling for ruling in rulings if not ruling.need.instead]
    best = next((ruling for ruling in own if ruling.allowed), None)
    best = best or next((ruling for ruling in own if ruling.allowed is None), own[0])
    others = [r for r in rulings if r.need.instead and r.allowed is not False]
    if best.allowed is not False or not others:
        return best
    why = f"it may be {others[0].need.subject} that is meant, where it is not refused"
    decision = Decision(Effect.UNDETERMINED, (Reason(None, None, why),))
    return replace(best, decision=decision)


def state_of(verdicts: Iterable[bool | None]) -> State:
    """The worst of some verdicts; nothing missing and nothing open is proven."""
    seen = set(verdicts)
    if False in seen:
        return State.BROKEN
    return State.UNDETERMINED if None in seen else State.PROVEN


@dataclass(frozen=True, slots=True)
class DataPath:
    """Every edge of a stack."""

    edges: tuple[Edge, ...]

    def __iter__(self) -> Iterator[Edge]:
        return iter(self.edges)

    def of(self, *kinds: str) -> tuple[Edge, ...]:
        """The edges of these kinds."""
        return tuple(edge for edge in self.edges if edge.kind in kinds)

    def between(self, source: End, target: End, kind: str = "") -> tuple[Edge, ...]:
        """The edges from one end to another."""
        ends = (str(source), str(target))
        return tuple(
            edge
            for edge in self.edges
            if (str(edge.source), str(edge.target)) == ends and kind in ("", edge.kind)
        )

    @property
    def needs(self) -> tuple[Need, ...]:
        """Every need of every edge."""
        return tuple(need for edge in self.edges for need in edge.needs)

    def with_edges(self, more: Iterable[Edge]) -> DataPath:
        """The same path with further edges."""
        return DataPath((*self.edges, *more))
