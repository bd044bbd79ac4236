"""Selects the scenarios of a run, and writes the notices on those that are not judged."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.reports import phrases
from planproof.results import Kind
from planproof.session.collection import (
    feature_in,
    requirement_order,
    requirements_among,
    scenario_of,
    scenarios_in,
)
from planproof.session.gherkin_errors import line_of, lines_of
from planproof.session.scenarios import example_text, kind_of, requirements_served, scenario_key

_AT_LINE = re.compile(r"(?P<file>.+\.feature)(?P<lines>(?::\d+)+)")


class Selection:
    """The scenarios that a run judges, and the ones that it does not.

    Attributes:
        deselected: number of scenarios that -k or a similar option has deselected.
        notices: for every report: which scenarios are not judged, and why.
        partial: requirements of which only a part of the scenarios is judged.
        not_judged: requirements of which no scenario is judged, in their order.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.deselected = 0
        self.notices: list[str] = []
        self.partial: frozenset[str] = frozenset()
        self.not_judged: tuple[str, ...] = ()
        self._left_out: set[str] = set()
        self._only_deployed: set[str] = set()
        self._lines: defaultdict[Path, set[int]] = defaultdict(set)

    def take_lines(self) -> None:
        """Replace ``file.feature:12`` among the arguments by its file; :meth:`at_lines` chooses."""
        named = {Path(argument.partition("::")[0]) for argument in self._config.args}
        for number, argument in enumerate(self._config.args):
            match = _AT_LINE.fullmatch(argument)
            if match is None or Path(argument).exists():
                continue
            self._config.args[number] = match["file"]
            file = Path(match["file"])
            if file not in named:  # else all of it is judged in any case
                path = (self._config.invocation_params.dir / file).resolve()
                self._lines[path] |= {int(line) for line in match["lines"][1:].split(":")}

    def at_lines(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """The scenarios that ``file.feature:12`` leaves out.

        Raises:
            PlanproofError: there is no scenario at a line that was named.
        """
        left_out: list[pytest.Item] = []
        for path, lines in self._lines.items():
            here = [item for item in items if item.path == path]
            starts = _starts(path)
            chosen: set[str] = set()
            for line in lines:
                if not (found := {i.nodeid for i in here if _is_at(i, line, starts)}):
                    known = ", ".join(str(number) for number in _lines_of(here)) or "none"
                    raise PlanproofError(
                        f"there is no scenario at {path.name}:{line}",
                        f"use a line of a scenario (they start at: {known})",
                    )
                chosen |= found
            left_out += [item for item in here if item.nodeid not in chosen]
        return left_out

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
                "pass a part of a scenario's name to -k, or the id of a requirement to -m or -k",
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
        if only := self._only_deployed_in(items, left_out):
            names = ", ".join(sorted(only, key=requirement_order))
            notice += f" No other scenario serves {names}."
        self.notices.append(notice)
        return left_out

    def _only_deployed_in(
        self, items: Sequence[pytest.Item], left_out: Sequence[pytest.Item]
    ) -> set[str]:
        self._only_deployed = _served(left_out) - _served(items, left_out)
        return self._only_deployed

    def note_deselected(self, items: Iterable[pytest.Item]) -> None:
        """Count scenarios that an option has deselected."""
        self.deselected += sum(item.nodeid not in self._left_out for item in items)

    def note_not_judged(self, items: Sequence[pytest.Item]) -> None:
        """Compare the scenarios of this run with all that there are, and add notices on the rest.

        It does not matter how a scenario was left out: by an option, a node id, or a path.
        """
        judged = {scenario_key(item) for item in items}
        missed: defaultdict[str, set[str]] = defaultdict(set)  # requirement → scenarios
        every: set[str] = set()
        for scenario in (s for path in self._files(items) for s in scenarios_in(path)):
            identifiers = requirements_among(scenario.tags)
            every.update(identifiers)
            if scenario.key not in judged and not self._has_notice(scenario.tags):
                for identifier in identifiers:
                    missed[identifier].add(scenario.key)
        count: defaultdict[str, set[str]] = defaultdict(set)
        for item in items:
            for identifier in requirements_served(item):
                count[identifier].add(scenario_key(item))
        self.partial = frozenset(count) & frozenset(missed)
        self.not_judged = tuple(sorted(every - set(count), key=requirement_order))
        if self.partial:
            parts = (
                f"{name} ({len(count[name])} of {len(count[name] | missed[name])})"
                for name in sorted(self.partial, key=requirement_order)
            )
            self.notices.append(
                "Only a part of the scenarios was judged (-k or another option, or only some "
                f"scenarios or only some files were named): {', '.join(parts)}."
            )
        if rest := [name for name in self.not_judged if name not in self._only_deployed]:
            self.notices.append(
                "Not judged at all, since only some scenarios were chosen: " + ", ".join(rest) + "."
            )

    def _files(self, items: Iterable[pytest.Item]) -> list[Path]:
        """The files of the scenarios, and all of the features folder if one of them is there."""
        files = {item.path for item in items}
        folder = (self._config.rootpath / str(self._config.getini("features_dir"))).resolve()
        if any(path.resolve().is_relative_to(folder) for path in files):
            files |= {path for path in folder.rglob("*.feature") if path.is_file()}
        return sorted(files)

    def _has_notice(self, tags: Collection[str]) -> bool:
        """Whether this run judges no such scenario, of which another notice tells."""
        option = self._config.getoption
        without_sources = option("--plan") and not option("--terraform-dir")
        return ("deployed" in tags and not option("--deployed")) or bool(
            "sources" in tags and without_sources
        )

    @property
    def whole(self) -> bool:
        """Whether all scenarios are judged."""
        return not self.partial and not set(self.not_judged) - self._only_deployed


def _lines_of(items: Iterable[pytest.Item]) -> list[int]:
    return sorted({scenario_of(item).line_number for item in items})


def _starts(path: Path) -> list[int]:
    """The first line of each scenario, rule and feature of a file, with its tags; in order."""
    text = lines_of(path)
    feature = feature_in(path)
    owners = [feature, *feature.scenarios.values()]
    owners += [t.rule for t in feature.scenarios.values() if t.rule is not None]
    starts = set()
    for number in {line_of(owner, text) for owner in owners}:
        while number > 1 and text[number - 2].strip().startswith(("@", "#")):
            number -= 1
        starts.add(number)
    return sorted(starts)


def _is_at(item: pytest.Item, line: int, starts: Sequence[int]) -> bool:
    """Whether a line is one of a scenario, of its example, or the first of its rule or feature.

    Args:
        starts: where scenarios, rules and the feature start, tags included.
    """
    template = scenario_of(item)
    text = lines_of(item.path)
    owners = [owner for owner in (template.feature, template.rule) if owner is not None]
    if any(line == line_of(owner, text) for owner in owners):
        return True
    begin = max((s for s in starts if s <= template.line_number), default=1)
    end = min((s for s in starts if s > template.line_number), default=len(text) + 1)
    if not begin <= line < end:
        return False
    rows = _rows(item)
    return line not in rows or rows[line] == example_text(item)


def _rows(item: pytest.Item) -> dict[int, str]:
    """Line → the example in it, of all tables of examples of a scenario."""
    text = lines_of(item.path)
    found = {}
    for examples in scenario_of(item).examples:
        after = examples.line_number or 0
        table = (n for n in range(after + 1, len(text) + 1) if text[n - 1].strip().startswith("|"))
        next(table, None)  # the heading
        for row in examples.as_contexts():
            found[next(table, 0)] = ", ".join(map(str, row.values()))
    return found


def _served(items: Iterable[pytest.Item], without: Collection[pytest.Item] = ()) -> set[str]:
    """The requirements that scenarios serve."""
    return {name for item in items if item not in without for name in requirements_served(item)}
