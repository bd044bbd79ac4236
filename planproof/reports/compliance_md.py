"""The run as a pull request comment.

A GitHub comment holds 65,536 characters. Evidence is left out until the comment fits: first
evidence that holds, then evidence that does not. It is counted, and is in compliance.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from planproof.mutation_results import MutationResult
from planproof.reports import mutation_md, mutation_phrases, phrases
from planproof.reports.markdown import VALUE, code, escaped
from planproof.reports.path_mermaid import path_section
from planproof.results import (
    Evidence,
    Kind,
    RequirementResult,
    RunResult,
    ScenarioResult,
    verdict_of,
)
from planproof.values import Verdict

_ROOM = 60_000  # characters of a comment, with a reserve for text around it
_LEVELS = ((50, 20), (20, 5), (10, 1), (3, 0), (1, 0))  # (unmet, held) evidence of a scenario
_NOTES = 20  # notices, warnings
_MARKS = {
    Verdict.PASSED: "✅",
    Verdict.FAILED: "❌",
    Verdict.UNDETERMINED: "❓",
    Verdict.WAIVED: "⏳",
}
_ABSENT = "–"


def render(result: RunResult) -> str:
    """The comment, at most 60,000 characters."""
    mutants = mutation_md.mutation_section(result.mutation)
    middle = [*path_section(result.data_path), *([mutants] if mutants else ())]
    for unmet, held in _LEVELS:
        parts = [_head(result), *_rows(result), "", *middle, *_details(result, unmet, held)]
        text = "\n".join(parts) + "\n"
        if len(text) <= _ROOM:
            return text
    return _cut(parts)


def _head(result: RunResult) -> str:
    mark = _MARKS[Verdict.PASSED if result.passed else Verdict.FAILED]
    others = phrases.other_counts(result)
    lines = [f"## {mark} {phrases.headline(result)}{', ' + others if others else ''}", ""]
    for notice in result.notices[:_NOTES]:
        lines += [f"> ⚠️ **{escaped(notice)}**", ""]
    first = phrases.first_problem(result)
    if first:
        lines += [_first(first), ""]
    for r, warning in phrases.warnings(result)[:_NOTES]:
        lines += [f"> 🕑 {_label(r)}: {escaped(warning)}", ""]
    about = (
        code(result.subject),
        escaped(result.source),
        phrases.timestamp(result.started),
        phrases.duration(result.duration),
    )
    lines += [
        ", ".join(filter(None, about)),
        "",
        f"| | Requirement | Verdict | {' | '.join(kind.title() for kind in Kind)} | Facts |",
        "|---|---|---|:-:|:-:|:-:|--:|",
    ]
    return "\n".join(lines)


def _first(first: phrases.Problem) -> str:
    r, item = first.requirement, first.evidence
    lines = [f"**Look first at {_label(r)}** ({r.verdict.value})  "]
    if item:
        seen = " ".join(filter(None, (code(item.address), code(item.attribute))))
        where = f" at {code(item.where)}" if item.where else ""
        lines.append(f"{seen}{where}  ")
        lines.append(f"expected: {escaped(item.expected)}  ")
        lines.append(f"found: {escaped(item.found)}")
    elif first.reason:
        lines.append(escaped(first.reason))
    return "\n".join(lines)


def _rows(result: RunResult) -> Iterator[str]:
    for r in result.requirements:
        verdict = r.verdict.value if r.verdict is Verdict.PASSED else f"**{r.verdict.value}**"
        if r.verdict is Verdict.WAIVED and r.waiver:
            verdict += f" until {r.waiver.until.isoformat()}"
        kinds = " | ".join(_MARKS[v] if v else _ABSENT for v in r.kinds.values())
        facts = phrases.fact_count(r)
        yield f"| {_MARKS[r.verdict]} | {_label(r)} | {verdict} | {kinds} | {facts:,} |"
    if any(verdict is None for r in result.requirements for verdict in r.kinds.values()):
        yield ""
        yield f"{_ABSENT} {phrases.NOT_JUDGED}"


def _details(result: RunResult, unmet: int, held: int) -> Iterator[str]:
    for r in phrases.worst_first(result.requirements):
        body = _requirement(r, result.mutation, unmet, held)
        if r.verdict is Verdict.PASSED:
            facts = phrases.counted(phrases.fact_count(r), "fact")
            summary = f"{_MARKS[r.verdict]} {_label(r)} · {facts}"
            yield f"<details><summary>{summary}</summary>\n\n{body}\n</details>\n"
        else:
            yield f"### {_MARKS[r.verdict]} {_label(r)}: {r.verdict.value}\n\n{body}"


def _requirement(
    r: RequirementResult, mutation: MutationResult | None, unmet: int, held: int
) -> str:
    lines: list[str] = []
    if r.waiver:
        lines += [f"**{escaped(phrases.waiver_sentence(r))}**", ""]
    if r.why:
        lines += [escaped(r.why, 1_000), ""]
    if r.page:
        lines += [f"Explained in {_page(r.page)}", ""]
    if mutation:
        lines += [mutation_phrases.requirement_sentence(mutation, r.id), ""]
    if not r.scenarios:
        lines += [phrases.NO_SCENARIO, ""]
    for scenario in r.scenarios:
        lines += _scenario(scenario, unmet, held)
    return "\n".join(lines)


def _scenario(scenario: ScenarioResult, unmet: int, held: int) -> Iterator[str]:
    where = code(f"{scenario.feature}:{scenario.line}")
    mark = _MARKS[scenario.verdict]
    yield f"{mark} **{escaped(scenario.name)}** {where}, {scenario.kind}\n"
    if scenario.reason:
        yield escaped(scenario.reason)
        yield ""
    unmet_items = phrases.unmet(scenario.evidence)[:unmet]
    for step, items in groupby(unmet_items, key=lambda item: item.step):
        if step:
            yield f"*{escaped(step)}*\n"
        yield "| | Address | Attribute | Expected | Found | Where |"
        yield "|---|---|---|---|---|---|"
        yield from (_row(_MARKS[verdict_of([item])], item) for item in items)
        yield ""
    held_items = [item for item in scenario.evidence if item.holds][:held]
    if held_items:
        yield "| Holds | Address | Attribute | Expected | Found | Where |"
        yield "|---|---|---|---|---|---|"
        yield from (_row(escaped(item.step), item) for item in held_items)
        yield ""
    left = len(scenario.evidence) - len(unmet_items) - len(held_items)
    if left:
        yield f"… and {phrases.counted(left, 'more fact')}, in `compliance.json`\n"


def _row(first: str, item: Evidence) -> str:
    expected, found = (escaped(text, VALUE) for text in (item.expected, item.found))
    cells = (first, code(item.address), code(item.attribute), expected, found, code(item.where))
    return f"| {' | '.join(cells)} |"


def _page(page: str) -> str:
    """A link for a URL, else code: a comment has no folder that a path could start from."""
    if re.fullmatch(r"https?://[^\s<>|()\[\]\\`]+", page):
        return f"<{page}>"
    return code(page)


def _label(r: RequirementResult) -> str:
    return f"{escaped(r.id, 40)} {escaped(r.title)}"


def _cut(parts: list[str]) -> str:
    """As many whole parts as fit."""
    last = "\n… the rest does not fit into a comment; see `compliance.html`.\n"
    fitting, room = [], _ROOM - len(last)
    for part in parts:
        room -= len(part) + 1
        if room < 0:
            break
        fitting.append(part)
    return "\n".join(fitting) + last
