"""Which scenarios a run judges, and what its reports must say of the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import pytest

from planproof.errors import PlanproofError
from planproof.reports import phrases
from planproof.results import Kind
from planproof.session.collection import requirement_order, requirements_in
from planproof.session.scenarios import kind_of, requirements_served, scenario_key


class Selection:
    """What was chosen of all scenarios, and by whom.

    Attributes:
        deselected: how many scenarios -k or the like took away.
        notices: what every report must say of those that are not judged.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.deselected = 0
        self.notices: list[str] = []
        self._left_out: set[str] = set()
        self._not_judged: defaultdict[str, set[str]] = defaultdict(set)  # requirement → scenarios

    def left_out(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """Scenarios that need what this run does not have, each kind said in a notice."""
        out = [*self._without_sources(items), *self._without_deployment(items)]
        self._left_out |= {item.nodeid for item in out}
        return out

    def refuse_nothing(self, scenarios: Sequence[pytest.Item]) -> None:
        """Refuse a run that has no scenario to judge.

        Raises:
            PlanproofError: says why there is none.
        """
        if scenarios:
            raise pytest.UsageError("\n".join(self.notices))
        if self.deselected:
            raise PlanproofError(
                f"none of {self.deselected} scenarios was chosen",
                "give -k a part of a scenario's name",
            )
        raise PlanproofError("there is no scenario to judge", "write one in a .feature file")

    def _without_sources(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """Those that need sources where there are none, unless a requirement has no other."""
        if not self._config.getoption("--plan") or self._config.getoption("--terraform-dir"):
            return []
        out = [item for item in items if item.get_closest_marker("sources")]
        served = {i for item in items if item not in out for i in requirements_served(item)}
        out = [item for item in out if set(requirements_served(item)) <= served]
        if out:
            self.notices.append(
                f"Left out, since they look at the sources: {len(out)} of the scenarios. "
                "Name the sources with --terraform-dir to have them judged too."
            )
        return out

    def _without_deployment(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        if self._config.getoption("--deployed"):
            return []
        out = [item for item in items if kind_of(item) is Kind.DEPLOYED]
        if not out:
            return []
        one = len(out) == 1
        said = f"{phrases.counted(len(out), 'scenario')} {'needs' if one else 'need'} a deployed "
        said += f"stack: tox -e deployed (or --deployed) judges {'it' if one else 'them'}."
        served = {i for item in items if item not in out for i in requirements_served(item)}
        others = {i for item in out for i in requirements_served(item)} - served
        if others:
            names = ", ".join(sorted(others, key=requirement_order))
            said += f" Nothing else serves {names}."
        self.notices.append(said)
        return out

    def note_deselected(self, items: Iterable[pytest.Item]) -> None:
        """Remember what -k or the like took away, so that no report passes for a whole one."""
        for item in items:
            if item.nodeid not in self._left_out:
                self.deselected += 1
                for identifier in requirements_served(item):
                    self._not_judged[identifier].add(scenario_key(item))

    def note_other_files(self, items: Iterable[pytest.Item]) -> None:
        """The same for scenarios in files of the features folder that were not named."""
        judged = {item.path for item in items}
        folder = self._config.rootpath / str(self._config.getini("features_dir"))
        deployed = bool(self._config.getoption("--deployed"))
        for path in folder.rglob("*.feature"):
            if path not in judged:
                for number, identifier in enumerate(requirements_in(path, deployed=deployed)):
                    self._not_judged[identifier].add(f"{path}#{number}")

    @property
    def whole(self) -> bool:
        """Whether nobody has chosen a part of the scenarios."""
        return not any(self._not_judged.values())

    def note_partial_requirements(self, judged: Mapping[str, Iterable[pytest.Item]]) -> None:
        """Add a notice where a requirement is judged by a part of its scenarios.

        Args:
            judged: requirement → the scenarios that serve it in this run.
        """
        partial = []
        for identifier, items in sorted(judged.items()):
            here = {scenario_key(item) for item in items}
            if missed := self._not_judged[identifier] - here:
                partial.append(f"{identifier} ({len(here)} of {len(here | missed)})")
        if partial:
            self.notices.append(
                "A part of the scenarios was judged, by -k or because only some files were named: "
                + ", ".join(partial)
                + "."
            )
