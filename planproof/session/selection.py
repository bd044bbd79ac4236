"""Selects the scenarios of a run, and writes the notices on those that are not judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import pytest

from planproof.errors import PlanproofError
from planproof.reports import phrases
from planproof.results import Kind
from planproof.session.collection import requirement_order, requirements_in
from planproof.session.scenarios import kind_of, requirements_served, scenario_key


class Selection:
    """The scenarios that a run judges, and the ones that it does not.

    Attributes:
        deselected: number of scenarios that -k or a similar option has deselected.
        notices: for every report: which scenarios are not judged, and why.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.deselected = 0
        self.notices: list[str] = []
        self._left_out: set[str] = set()
        self._not_judged: defaultdict[str, set[str]] = defaultdict(set)  # requirement → scenarios

    def left_out(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """Scenarios that need sources or a deployment which this run lacks; adds notices."""
        left_out = [*self._without_sources(items), *self._without_deployment(items)]
        self._left_out |= {item.nodeid for item in left_out}
        return left_out

    def refuse_empty_run(self, scenarios: Sequence[pytest.Item]) -> None:
        """Refuse a run that has no scenario to judge.

        Raises:
            PlanproofError: with the reason why there is none.
        """
        if scenarios:
            raise pytest.UsageError("\n".join(self.notices))
        if self.deselected:
            raise PlanproofError(
                f"none of the {self.deselected} scenarios is selected",
                "pass a part of a scenario's name to -k",
            )
        raise PlanproofError("there is no scenario to judge", "add one in a .feature file")

    def _without_sources(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """Scenarios on the sources of a run without any, unless a requirement has no other."""
        if not self._config.getoption("--plan") or self._config.getoption("--terraform-dir"):
            return []
        left_out = [item for item in items if item.get_closest_marker("sources")]
        served = _served(items, left_out)
        left_out = [item for item in left_out if set(requirements_served(item)) <= served]
        if left_out:
            self.notices.append(
                "Not judged, since the sources are missing: "
                f"{phrases.counted(len(left_out), 'scenario')}. "
                "Name the sources with --terraform-dir to judge them too."
            )
        return left_out

    def _without_deployment(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        if self._config.getoption("--deployed"):
            return []
        left_out = [item for item in items if kind_of(item) is Kind.DEPLOYED]
        if not left_out:
            return []
        need, them = ("needs", "it") if len(left_out) == 1 else ("need", "them")
        notice = f"{phrases.counted(len(left_out), 'scenario')} {need} a deployed stack: "
        notice += f"tox -e deployed (or --deployed) judges {them}."
        if only := _served(left_out) - _served(items, left_out):
            names = ", ".join(sorted(only, key=requirement_order))
            notice += f" No other scenario serves {names}."
        self.notices.append(notice)
        return left_out

    def note_deselected(self, items: Iterable[pytest.Item]) -> None:
        """Record scenarios that an option has deselected, so that reports name the part judged."""
        for item in items:
            if item.nodeid not in self._left_out:
                self.deselected += 1
                for identifier in requirements_served(item):
                    self._not_judged[identifier].add(scenario_key(item))

    def note_other_files(self, items: Iterable[pytest.Item]) -> None:
        """Record the scenarios in files of the features folder that are not part of the run."""
        judged = {item.path for item in items}
        folder = self._config.rootpath / str(self._config.getini("features_dir"))
        deployed = bool(self._config.getoption("--deployed"))
        for path in folder.rglob("*.feature"):
            if path not in judged:
                for number, identifier in enumerate(requirements_in(path, deployed=deployed)):
                    self._not_judged[identifier].add(f"{path}#{number}")

    @property
    def whole(self) -> bool:
        """Whether all scenarios are judged."""
        return not any(self._not_judged.values())

    def note_partial_requirements(self, judged: Mapping[str, Iterable[pytest.Item]]) -> None:
        """Add a notice on requirements that are judged by a part of their scenarios only.

        Args:
            judged: requirement → the scenarios that serve it in this run.
        """
        partial = []
        for identifier, items in sorted(judged.items()):
            keys = {scenario_key(item) for item in items}
            if missed := self._not_judged[identifier] - keys:
                partial.append(f"{identifier} ({len(keys)} of {len(keys | missed)})")
        if partial:
            self.notices.append(
                "Only a part of the scenarios was judged (-k, or only some files were named): "
                f"{', '.join(partial)}."
            )


def _served(items: Iterable[pytest.Item], without: Collection[pytest.Item] = ()) -> set[str]:
    """The requirements that scenarios serve."""
    return {name for item in items if item not in without for name in requirements_served(item)}
