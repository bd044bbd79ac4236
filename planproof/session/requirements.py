"""The requirements of a run: which scenarios serve them, and the results so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from planproof.results import Evidence, RequirementResult, ScenarioResult, Waiver
from planproof.session.collection import requirement_order, scenario_of
from planproof.session.judging import Outcome
from planproof.session.scenarios import requirements_served, title_and_reason, unjudged
from planproof.values import Verdict
from planproof.waivers import waiver_for


@dataclass(slots=True)
class _Requirement:
    """One requirement: the title and the reason that its feature gives, and its scenarios."""

    title: str
    why: str
    items: list[pytest.Item] = field(default_factory=list)
    to_judge: set[str] = field(default_factory=set)  # node ids
    results: list[ScenarioResult] = field(default_factory=list)
    complete: bool = True  # whether the results have all evidence of the steps that ended them


class Requirements:
    """The requirements that the scenarios of a run serve.

    Attributes:
        pages: requirement → the page that explains it, relative to the project.
        waivers: of this project; those that count ``today`` are applied.
    """

    def __init__(self, today: dt.date) -> None:
        self._requirements: dict[str, _Requirement] = {}
        self._today = today
        self.pages: Mapping[str, str] = {}
        self.waivers: Sequence[Waiver] = ()

    def add(self, item: pytest.Item) -> None:
        """Count a scenario that is to be judged."""
        template = scenario_of(item)
        title, why = title_and_reason(template)
        for identifier in requirements_served(item):
            entry = self._requirements.setdefault(identifier, _Requirement(title, why))
            entry.items.append(item)
            entry.to_judge.add(item.nodeid)

    @property
    def ids(self) -> list[str]:
        """All ids, in order."""
        return sorted(self._requirements, key=requirement_order)

    @property
    def unfinished(self) -> list[str]:
        """The ids of requirements with a scenario that is not judged yet, in order."""
        return [name for name in self.ids if self._requirements[name].to_judge]

    def take(self, item: pytest.Item, outcome: Outcome) -> list[str]:
        """Record the outcome of a scenario.

        Returns:
            The requirements of which all scenarios are judged now.
        """
        finished = []
        for identifier in requirements_served(item):
            entry = self._requirements[identifier]
            if outcome.result is not None:
                entry.results.append(outcome.result)
                entry.complete = entry.complete and outcome.complete
            entry.to_judge.discard(item.nodeid)
            if not entry.to_judge:
                finished.append(identifier)
        return finished

    def is_broken(self, identifier: str) -> bool:
        """Whether a scenario that was judged did not pass."""
        results = self._requirements[identifier].results
        return any(not result.verdict.acceptable for result in results)

    def result(self, identifier: str) -> RequirementResult:
        """The result of a requirement; scenarios that are not judged count as undetermined."""
        entry = self._requirements[identifier]
        scenarios = (
            *entry.results,
            *(
                unjudged(item, "the run was stopped before this was judged")
                for item in entry.items
                if item.nodeid in entry.to_judge
            ),
        )
        waiver = self._waiver(identifier, scenarios)
        if waiver is not None:
            scenarios = tuple(
                s if s.verdict.acceptable else replace(s, verdict=Verdict.WAIVED) for s in scenarios
            )
        return RequirementResult(
            id=identifier,
            title=entry.title,
            scenarios=tuple(scenarios),
            why=entry.why,
            page=self.pages.get(identifier, ""),
            waiver=waiver,
        )

    def _waiver(self, identifier: str, scenarios: Sequence[ScenarioResult]) -> Waiver | None:
        """The waiver that covers today what does not hold, or None."""
        broken: list[Evidence] = []
        more = not self._requirements[identifier].complete  # may be broken, beside the evidence
        for scenario in scenarios:
            if not scenario.verdict.acceptable:
                evidence = [e for e in scenario.evidence if e.holds is not True]
                broken += evidence
                more = more or not evidence
        if not broken and not more:
            return None
        # A waiver for one resource does not cover a scenario that names none, or may name others.
        waivers = [w for w in self.waivers if not (more and w.address)]
        return waiver_for(waivers, identifier, broken, self._today)

    def waiver_notices(self) -> list[str]:
        """Notices on waivers that have ended or are for no requirement of this run."""
        notices = []
        for waiver in self.waivers:
            if waiver.until < self._today:
                notices.append(
                    f"The waiver for {waiver.requirement} ended on {waiver.until} "
                    "and no longer counts."
                )
            elif waiver.requirement not in self._requirements:
                notices.append(
                    f"The waiver for {waiver.requirement} is for no requirement of this run."
                )
        return notices
