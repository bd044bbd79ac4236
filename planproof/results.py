"""The results of a run: evidence, and the verdicts that follow from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from planproof.mutation_results import MutationResult
from planproof.values import Truth, Verdict


class Kind(StrEnum):
    """The kind of evidence that a scenario was judged on."""

    DECLARED = "declared"
    """The Terraform sources, with the custom Checkov checks."""
    PLANNED = "planned"
    """The resolved stack, or a plan."""
    DEPLOYED = "deployed"
    """The stack after the apply to an emulated account."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a step expected of a subject, and what it found.

    Attributes:
        holds: whether the subject is as expected; None if that cannot be decided.
        address: Terraform address of the resource, or the name of another subject ("terraform/").
        attribute: dotted path of the attribute, or "".
        expected: the expected value or property, for a reader.
        found: the actual value, rendered, with sensitive values masked.
        file: source file relative to where the run started, or "".
        line: 1-based line in ``file``, or 0.
        step: the Gherkin step, with its keyword.
    """

    holds: Truth
    address: str
    attribute: str
    expected: str
    found: str
    file: str = ""
    line: int = 0
    step: str = ""

    @property
    def where(self) -> str:
        """``file:line``, or "" if the source is not known."""
        return f"{self.file}:{self.line}" if self.file else ""


def verdict_of(evidence: Iterable[Evidence]) -> Verdict:
    """Failed if any evidence does not hold; passed if there is evidence and all of it holds."""
    values = [item.holds for item in evidence]
    if any(holds is False for holds in values):
        return Verdict.FAILED
    # A true value other than True, such as a text, is no proof.
    return Verdict.PASSED if values and all(h is True for h in values) else Verdict.UNDETERMINED


@dataclass(frozen=True, slots=True)
class Waiver:
    """A decision to accept a violated requirement until a date.

    Attributes:
        requirement: its id.
        reason: for the reader of the report.
        until: the last day on which the waiver counts.
        address: the only resource that it covers, or "" for all.
    """

    requirement: str
    reason: str
    until: dt.date
    address: str = ""


class EdgeState(StrEnum):
    """What is known of an edge, ordered worst first."""

    BROKEN = "broken"
    UNDETERMINED = "undetermined"
    PROVEN = "proven"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(EdgeState).index(self)


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """A connection that data, or a call, takes through the stack, and whether AWS allows it.

    Attributes:
        source, target: Terraform addresses of its ends, or names of what is outside the stack.
        kind: what happens on it, as a verb: "notifies", "is read by".
        missing: what it lacks: each grant and each fact that is not there.
        needs: every permission that it needs, on all sides.
        outside: whether an end is outside the stack, so that the policies there are unknown.
        undecided: the undetermined permissions and facts.
    """

    source: str
    target: str
    kind: str
    state: EdgeState
    missing: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    outside: bool = False
    undecided: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether nothing is missing and nothing is undetermined."""
        return self.state is EdgeState.PROVEN

    def merged(self, other: DrawnEdge) -> DrawnEdge:
        """The edge as two scenarios judged it: the worse state, and all that either recorded."""
        return replace(
            self,
            state=min(self.state, other.state, key=lambda state: state.rank),
            missing=tuple(dict.fromkeys(self.missing + other.missing)),
            needs=tuple(dict.fromkeys(self.needs + other.needs)),
            outside=self.outside or other.outside,
            undecided=tuple(dict.fromkeys(self.undecided + other.undecided)),
        )


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """A scenario's verdict.

    Attributes:
        name: as in the feature; with the values of an outline's example in brackets.
        feature: path of the .feature file relative to where the run started.
        line: 1-based line of the scenario.
        reason: one sentence if it did not pass, else "".
        warnings: on what passes now but may not in the future.
        duration: seconds.
        edges: the edges of the data path that its steps have drawn.
        kind: the kind of evidence that it was judged on.
    """

    name: str
    feature: str
    line: int
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    warnings: tuple[str, ...] = ()
    duration: float = 0.0
    edges: tuple[DrawnEdge, ...] = ()
    kind: Kind = Kind.PLANNED


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """The result of a requirement: the worst verdict of its scenarios.

    Attributes:
        id: such as ``REQ-03``.
        title: name of its rule or feature.
        why: description below the title in the feature, or "".
        page: path, relative to the project, of the page that explains it, or "".
        waiver: the waiver that applies, if any.
    """

    id: str
    title: str
    scenarios: tuple[ScenarioResult, ...]
    why: str = ""
    page: str = ""
    waiver: Waiver | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its scenarios; undetermined without a scenario."""
        return _worst(self.scenarios) or Verdict.UNDETERMINED

    @property
    def kinds(self) -> dict[Kind, Verdict | None]:
        """The verdict on each kind of evidence; None for a kind that was not judged."""
        return {kind: _worst(s for s in self.scenarios if s.kind is kind) for kind in Kind}


def _worst(scenarios: Iterable[ScenarioResult]) -> Verdict | None:
    """The worst verdict, or None without a scenario."""
    verdicts = {scenario.verdict for scenario in scenarios}
    for worst in (Verdict.FAILED, Verdict.UNDETERMINED, Verdict.WAIVED, Verdict.PASSED):
        if worst in verdicts:
            return worst
    return None


@dataclass(frozen=True, slots=True)
class RunResult:
    """The content of the reports.

    Attributes:
        subject: the Terraform directory or plan file that was judged.
        source: how its values were found ("Terraform 1.11.4, every value resolved", "plan file …").
        started: with time zone.
        duration: seconds.
        notices: what a reader must know before the first verdict.
        mutation: the result of judging mutants of the stack, if there is one.
        mutation_kept: whether it is from an earlier run of the same stack and suite.
        partial: ids of the requirements of which only a part of the scenarios was chosen.
        not_judged: ids of the requirements of which no scenario was chosen.
        unfinished: whether the run was stopped before all that was asked for was done.
    """

    subject: str
    source: str
    started: dt.datetime
    duration: float
    requirements: tuple[RequirementResult, ...]
    notices: tuple[str, ...] = ()
    mutation: MutationResult | None = None
    mutation_kept: bool = False
    partial: frozenset[str] = frozenset()
    not_judged: tuple[str, ...] = ()
    unfinished: bool = False
    counts: dict[Verdict, int] = field(init=False)

    def __post_init__(self) -> None:
        counts = dict.fromkeys(Verdict, 0)
        for requirement in self.requirements:
            counts[requirement.verdict] += 1
        object.__setattr__(self, "counts", counts)

    @property
    def data_path(self) -> tuple[DrawnEdge, ...]:
        """The edges that scenarios have drawn, merged, in the order in which they were drawn."""
        edges: dict[tuple[str, str, str], DrawnEdge] = {}
        for edge in (e for r in self.requirements for s in r.scenarios for e in s.edges):
            key = (edge.source, edge.kind, edge.target)
            edges[key] = edges[key].merged(edge) if key in edges else edge
        return tuple(edges.values())

    @property
    def passed(self) -> bool:
        """Whether every requirement passed or is waived, there is one, and nothing was left
        undone."""
        acceptable = all(requirement.verdict.acceptable for requirement in self.requirements)
        return bool(self.requirements) and acceptable and not self.unfinished

    @property
    def ended_well(self) -> bool:
        """Whether the run may exit with 0; mutants count if this run has judged them."""
        mutants = None if self.mutation_kept else self.mutation
        return self.passed and (mutants is None or mutants.passed)
