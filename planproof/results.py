"""What a run found: evidence, verdicts, and how the one becomes the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from planproof.mutation_results import MutationResult
from planproof.verdicts import Truth, Verdict


class Kind(StrEnum):
    """What a scenario was judged on."""

    DECLARED = "declared"
    """The Terraform sources, by the custom Checkov checks."""
    PLANNED = "planned"
    """What Terraform would build: the resolved stack, or a plan."""
    DEPLOYED = "deployed"
    """What Terraform has built, in an emulated account."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing a step looked at, and what it saw there.

    Attributes:
        holds: True, False, or None where what was seen does not decide.
        address: Terraform address of the resource, or what else was looked at ("terraform/").
        attribute: dotted path below it, or "".
        expected: what should be there, for a reader.
        found: what is there, rendered and with sensitive values masked.
        file: source file relative to where the run started, or "".
        line: 1-based line in ``file``, or 0.
        step: the Gherkin step, with its keyword, that looked.
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
        """``file:line``, or "" where the source is not known."""
        return f"{self.file}:{self.line}" if self.file else ""


def verdict_of(evidence: Iterable[Evidence]) -> Verdict:
    """One failure fails; else one open question leaves undetermined; nothing proves nothing."""
    seen = [item.holds for item in evidence]
    if any(holds is False for holds in seen):
        return Verdict.FAILED
    # Whatever is not True itself is no proof.
    return Verdict.PASSED if seen and all(h is True for h in seen) else Verdict.UNDETERMINED


@dataclass(frozen=True, slots=True)
class Waiver:
    """Someone's decision to live with a broken requirement until a day.

    Attributes:
        requirement: its id.
        reason: why, for the reader of the report.
        until: the last day on which it counts.
        address: the one resource it is about, or "" for all.
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
        name: as in the feature; an outline's example is named in brackets.
        feature: path of the .feature file relative to where the run started.
        line: 1-based line of the scenario.
        reason: one sentence where it did not pass, else "".
        warnings: what passes today and will not for ever.
        duration: seconds.
        edges: the edges of the data path that its steps judged.
        kind: what it was judged on.
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
    """A requirement's verdict: the worst of its scenarios'.

    Attributes:
        id: ``REQ-03``.
        title: the promise, in one line.
        why: the paragraph below the title in the feature, or "".
        page: link to the page that explains it, relative to the project, or "".
        waiver: the waiver that counts today, if any.
    """

    id: str
    title: str
    scenarios: tuple[ScenarioResult, ...]
    why: str = ""
    page: str = ""
    waiver: Waiver | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of its scenarios' verdicts; undetermined where there is none."""
        return _worst(self.scenarios) or Verdict.UNDETERMINED

    @property
    def kinds(self) -> dict[Kind, Verdict | None]:
        """The verdict on each kind of evidence; None for a kind that was not judged in the run."""
        return {kind: _worst(s for s in self.scenarios if s.kind is kind) for kind in Kind}


def _worst(scenarios: Iterable[ScenarioResult]) -> Verdict | None:
    """The worst verdict, or None where there is no scenario: of nothing, nothing is known."""
    verdicts = {scenario.verdict for scenario in scenarios}
    for worst in (Verdict.FAILED, Verdict.UNDETERMINED, Verdict.WAIVED, Verdict.PASSED):
        if worst in verdicts:
            return worst
    return None


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything a report says.

    Attributes:
        subject: the Terraform directory or plan file that was judged.
        source: how its values were found ("Terraform 1.11.4, every value resolved", "plan file …").
        notices: what a reader must know before the first verdict.
        started: when, with a time zone.
        duration: seconds.
        mutation: which mutants of the stack the requirements noticed, where that was tried.
        mutation_kept: whether that was in an earlier run, of the very same stack and suite.
    """

    subject: str
    source: str
    started: dt.datetime
    duration: float
    requirements: tuple[RequirementResult, ...]
    notices: tuple[str, ...] = ()
    mutation: MutationResult | None = None
    mutation_kept: bool = False
    counts: dict[Verdict, int] = field(init=False)

    def __post_init__(self) -> None:
        counts = dict.fromkeys(Verdict, 0)
        for requirement in self.requirements:
            counts[requirement.verdict] += 1
        object.__setattr__(self, "counts", counts)

    @property
    def data_path(self) -> tuple[DrawnEdge, ...]:
        """Every edge that a scenario judged, once, in the order in which they were first seen."""
        seen: dict[tuple[str, str, str], DrawnEdge] = {}
        for edge in (e for r in self.requirements for s in r.scenarios for e in s.edges):
            key = (edge.source, edge.kind, edge.target)
            seen[key] = seen[key].merged(edge) if key in seen else edge
        return tuple(seen.values())

    @property
    def passed(self) -> bool:
        """Whether every requirement passed or is waived, and there is one."""
        return bool(self.requirements) and all(r.verdict.acceptable for r in self.requirements)

    @property
    def ended_well(self) -> bool:
        """Whether the run may exit with 0: its own mutants count too."""
        mutants = None if self.mutation_kept else self.mutation
        return self.passed and (mutants is None or mutants.passed)
