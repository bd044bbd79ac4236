"""The data path as a graph: its edges, and the permissions and settings that each edge needs.

An :class:`Edge` connects two resources of a stack. It lists every permission that it needs, on all
sides (:class:`Need`), and every other condition (:class:`Fact`). A judged edge is proven, broken or
undetermined, and a broken one names what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from planproof.aws.policies.attached import AttachedPolicy
from planproof.iam import Decision, Effect, Reason, Request
from planproof.iam.context import ContextValue
from planproof.results import EdgeState
from planproof.terraform.stack import Resource
from planproof.values import Truth, Unknown, all_of

End = Resource | str
"""A resource of the stack, or the name of something outside it."""
NOT_YET: Final = "unknown before it is built"
ANONYMOUS: Final = "an unauthenticated caller"


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """One request that AWS must allow.

    Attributes:
        action: ``service:Action``, spelled as AWS spells it.
        principal: an IAM role or user of the stack, a service principal, the ARN of an identity
            outside the stack, or :data:`ANONYMOUS`.
        resource: the requested ARN, ``"*"`` for an action without resources, or UNKNOWN.
        on: the resource of the stack that the ARN belongs to, or None.
        context: condition keys that AWS sends with the request, besides those that follow from the
            principal, the action and the resource; others are unknown.
        scope: the widest ``Resource`` that a policy has to name for it, as a policy writes it.
        why: the purpose of the request, as a clause: "to read its messages".
        group: one need of each group of an edge is enough; the group names their actions for a
            reader. "" for a need that is in no group.
        required: whether the edge fails without it. A grant for an optional need counts as used.
        alternative: whether it concerns another resource that the call may address in place of
            the edge's target. If only the alternative is allowed, the edge is undetermined.
    """

    action: str
    principal: End
    resource: str | Unknown
    on: Resource | None = None
    context: Mapping[str, ContextValue | None] = field(default_factory=dict)
    scope: tuple[str, ...] = ()
    why: str = ""
    group: str = ""
    required: bool = True
    alternative: bool = False

    @property
    def scopes(self) -> tuple[str, ...]:
        """``scope``, or the ARN itself where no scope is given."""
        if self.scope:
            return self.scope
        return (self.resource,) if isinstance(self.resource, str) else ()

    @property
    def subject(self) -> str:
        """The requested resource, for a reader."""
        if self.on is not None:
            return str(self.on)
        return self.resource if isinstance(self.resource, str) else "an unknown resource"

    def __str__(self) -> str:
        on = "" if self.resource == "*" else f" on {self.subject}"
        return f"{self.group or self.action}{on} for {self.principal}"


@dataclass(frozen=True, slots=True)
class Fact:
    """A condition other than a permission that an edge depends on.

    Attributes:
        expected, found: for a reader.
        attribute: dotted path below ``subject``.
    """

    holds: Truth
    subject: End
    attribute: str
    expected: str
    found: str


def unknown_fact(subject: Resource, attribute: str, expected: str) -> Fact:
    """An undetermined fact about an attribute: it is unknown, or names what the stack lacks."""
    value = subject.get(attribute)
    return Fact(None, subject, attribute, expected, value if isinstance(value, str) else NOT_YET)


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A connection between two resources.

    Attributes:
        source, target: its ends, in the direction of the data or the call.
        kind: what happens on it, as a verb: "notifies", "is read by", "writes its log to".
        needs: the permissions; an edge may need none.
        facts: the other conditions.
        outside: whether an end is outside the stack, so that the policies there are unknown.
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
class DecidedNeed:
    """A need with the decision of AWS.

    Attributes:
        policies: the policies of the stack that were evaluated.
        request: None where the principal's ARN is unknown.
    """

    need: Need
    decision: Decision
    policies: tuple[AttachedPolicy, ...] = ()
    request: Request | None = None

    @property
    def allowed(self) -> Truth:
        """Whether AWS allows it."""
        return self.decision.allowed


@dataclass(frozen=True, slots=True, eq=False)
class JudgedEdge:
    """An edge and the decisions on its needs.

    Attributes:
        decided_needs: the decisions that count. Of a group that is one allowed need, or else an
            undetermined one; of the optional needs only the allowed ones.
    """

    edge: Edge
    decided_needs: tuple[DecidedNeed, ...]

    def __post_init__(self) -> None:
        """Keep only the decisions that count."""
        object.__setattr__(self, "decided_needs", tuple(_relevant(self.decided_needs)))

    @property
    def state(self) -> EdgeState:
        """Broken if anything is missing; else undetermined if anything is undetermined."""
        facts = (fact.holds for fact in self.edge.facts)
        return _STATES[all_of([*(decided.allowed for decided in self.decided_needs), *facts])]

    @property
    def missing(self) -> tuple[str, ...]:
        """Each missing grant and each condition that does not hold, for a reader."""
        grants = [str(decided.need) for decided in self.decided_needs if decided.allowed is False]
        return (*grants, *(fact.expected for fact in self.edge.facts if fact.holds is False))

    def __str__(self) -> str:
        missing = f": {', '.join(self.missing)}" if self.missing else ""
        return f"{self.edge} ({self.state}{missing})"


_STATES: Final[Mapping[Truth, EdgeState]] = {
    True: EdgeState.PROVEN,
    False: EdgeState.BROKEN,
    None: EdgeState.UNDETERMINED,
}


def _relevant(decided_needs: tuple[DecidedNeed, ...]) -> Iterator[DecidedNeed]:
    groups: dict[str, list[DecidedNeed]] = {}
    for decided in decided_needs:
        if decided.need.required and decided.need.group:
            groups.setdefault(decided.need.group, []).append(decided)
    for decided in decided_needs:
        if not decided.need.required:
            if decided.allowed:
                yield decided
        elif not decided.need.group:
            yield decided
        elif group := groups.pop(decided.need.group, None):
            yield _of_group(group)


def _of_group(decided_needs: list[DecidedNeed]) -> DecidedNeed:
    """The decision that stands for a group."""
    own = [decided for decided in decided_needs if not decided.need.alternative]
    best = next((decided for decided in own if decided.allowed), None)
    best = best or next((decided for decided in own if decided.allowed is None), own[0])
    others = [d for d in decided_needs if d.need.alternative and d.allowed is not False]
    if best.allowed is not False or not others:
        return best
    why = f"the call may mean {others[0].need.subject} instead, where it is not denied"
    decision = Decision(Effect.UNDETERMINED, (Reason(None, None, why),))
    return replace(best, decision=decision)


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
