"""The run as lines in a terminal: one line for each requirement, the reason where it did not pass,
and the details at the end."""

from __future__ import annotations

from typing import TextIO

from planproof.reports import mutation_phrases, path_labels, phrases
from planproof.reports.mutation_terminal import mutation_lines
from planproof.reports.terminal_lines import TerminalLines, ascii_only
from planproof.reports.text import columns, fit, one_line
from planproof.results import (
    DrawnEdge,
    EdgeState,
    Evidence,
    Kind,
    RequirementResult,
    RunResult,
    ScenarioResult,
)
from planproof.values import Verdict

_SYMBOLS = {
    Verdict.PASSED: ("✓", "+", "32"),
    Verdict.FAILED: ("✗", "x", "31;1"),
    Verdict.UNDETERMINED: ("?", "?", "33;1"),
    Verdict.WAIVED: ("~", "~", "36"),
}
_VERDICT_WIDTH = max(len(verdict) for verdict in Verdict)
_FACTS_WIDTH = len("999 facts")
_ABSENT = ("·", "-")  # a kind of evidence that was not judged
_KINDS_LEAST = 90  # columns; in fewer, the titles need the room
_TITLE_LEAST = 16  # columns; in fewer, the line is longer than the terminal
_REASON_INDENT = 4
_EDGES = 10  # unproven edges of the data path


def supports_unicode(stream: TextIO) -> bool:
    """Whether the stream can print the symbols; if not, pass ``unicode=False`` below."""
    try:
        "✓✗…".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def requirement_line(
    r: RequirementResult, *, colour: bool, width: int, unicode: bool = True
) -> str:
    """One line: symbol, id, title, verdict, number of facts.

    In a wide terminal the verdict follows a symbol for each kind of evidence: declared, planned,
    deployed (see :func:`kinds_line`).

    Args:
        colour: whether to use ANSI colours; the line has the same text without.
        width: of the terminal, in columns.
        unicode: whether the terminal can show ✓ and ✗.
    """
    symbol, id_, ellipsis = _symbol(r.verdict, unicode), one_line(r.id), "…" if unicode else "..."
    facts = f"{phrases.counted(phrases.fact_count(r), 'fact'):>{_FACTS_WIDTH}}"
    verdict = f"{r.verdict.value:<{_VERDICT_WIDTH}}"
    kinds = list(r.kinds.values()) if width >= _KINDS_LEAST else []
    gaps = len(" ") + len("  ") * (4 if kinds else 3) + len(kinds)
    room = width - sum(columns(text) for text in (symbol, id_, verdict, facts)) - gaps
    title = fit(one_line(r.title), max(room, _TITLE_LEAST), ellipsis)
    if not unicode:
        id_, title = ascii_only(id_), ascii_only(title)
    if colour:
        code = _SYMBOLS[r.verdict][2]
        symbol, verdict = _painted(symbol, code), _painted(verdict, code)
    marks = "".join(_kind(found, colour, unicode) for found in kinds)
    return "  ".join(filter(None, (f"{symbol} {id_}", title, marks, verdict, facts)))


def _kind(verdict: Verdict | None, colour: bool, unicode: bool) -> str:
    if verdict is None:
        return _ABSENT[0 if unicode else 1]
    symbol = _symbol(verdict, unicode)
    return _painted(symbol, _SYMBOLS[verdict][2]) if colour else symbol


def kinds_line(*, width: int, unicode: bool = True) -> str:
    """The legend of the three symbols before a verdict; "" if the terminal is too narrow."""
    if width < _KINDS_LEAST:
        return ""
    absent = _ABSENT[0 if unicode else 1]
    names = ", ".join(Kind)
    return f"the three marks of a requirement: {names} ({absent} {phrases.NOT_JUDGED})"


def reason_lines(r: RequirementResult, *, unicode: bool = True, width: int = 100) -> list[str]:
    """What to print directly below a requirement's line.

    One line with address, found and expected value if the requirement did not pass, else its
    warnings. :func:`details` has the rest.
    """
    lines = TerminalLines(unicode, width)
    if r.verdict is Verdict.PASSED:
        _warnings(lines, r)
        return lines.lines
    ellipsis = "…" if unicode else "..."
    room = width - _REASON_INDENT
    if r.verdict is Verdict.WAIVED:
        reason = phrases.waiver_sentence(r) or "Waived."
    else:
        first = phrases.problem_of(r)
        evidence = first.evidence
        reason = _evidence_line(evidence, room, ellipsis) if evidence else first.reason
    lines.add(_REASON_INDENT, fit(one_line(reason), room, ellipsis))
    return lines.lines


def _evidence_line(item: Evidence, room: int, ellipsis: str) -> str:
    """A piece of evidence in one line.

    If it is too long, the source line is left out, and the found value gets more room than the
    expected one, since the title of the requirement already describes that.
    """
    seen = one_line(".".join(filter(None, (item.address, item.attribute))))
    start = f"{seen}: {'undecided, ' if item.holds is None else ''}found "
    found, expected = one_line(item.found) or "nothing", one_line(item.expected) or "nothing"
    if item.where:
        whole = f"{start}{found}, expected {expected} ({one_line(item.where)})"
        if columns(whole) <= room:
            return whole
    left = room - columns(start) - columns(", expected ")
    if left >= 2 * _TITLE_LEAST:
        found = fit(found, max(left - columns(expected), left * 2 // 3), ellipsis).rstrip()
    return f"{start}{found}, expected {expected}"


def details(
    r: RequirementResult, *, unicode: bool = True, width: int = 100, limit: int = 3
) -> list[str]:
    """The details of a requirement that did not pass, for one screen.

    For each scenario that did not pass: its file and line, the reason, and for each piece of
    evidence that does not hold or does not decide: the step, ``address.attribute``, the expected
    and the found value, ``file:line``. Then the page that explains the requirement. A requirement
    that passed has only its warnings.

    Args:
        limit: how many pieces of evidence to show; the rest is counted.
    """
    lines = TerminalLines(unicode, width)
    if r.verdict is Verdict.WAIVED:
        lines.add(4, phrases.waiver_sentence(r) or "Waived.")
    if not r.scenarios:
        lines.add(4, phrases.NO_SCENARIO)
    shown = 0
    for scenario in r.scenarios:
        if scenario.verdict is Verdict.PASSED:
            continue
        found = phrases.unmet(scenario.evidence)
        _scenario(lines, scenario, found[: limit - shown])
        shown += len(found[: limit - shown])
    left = sum(len(phrases.unmet(s.evidence)) for s in r.scenarios) - shown
    if left:
        lines.add(6, f"and {phrases.counted(left, 'more finding')}, in the reports")
    _warnings(lines, r)
    if r.page and r.verdict is not Verdict.PASSED:
        lines.add(4, f"explained in {r.page}")
    return lines.lines


def failure_lines(result: RunResult, *, unicode: bool = True, width: int = 100) -> list[str]:
    """The details of every requirement that did not pass, each below its id and title."""
    lines: list[str] = []
    for r in result.requirements:
        if r.verdict is not Verdict.PASSED:
            named = TerminalLines(unicode, width)
            named.add(0, f"{r.id} {r.title}", f"{_symbol(r.verdict, unicode)} ")
            lines += [*named.lines, *details(r, unicode=unicode, width=width), ""]
    return lines


def _warnings(lines: TerminalLines, r: RequirementResult) -> None:
    for warning in phrases.warnings_of(r):
        lines.add(4, warning, "warning: ")


def summary_lines(result: RunResult, *, unicode: bool = True, width: int = 100) -> list[str]:
    """The notices, the count, the first problem, the data path, and the warnings.

    The result of mutation testing is long and a terminal shows its last lines, so it comes first
    and is repeated in one line below the count. A result of an earlier run has only that line.
    """
    lines = TerminalLines(unicode, width)
    if result.mutation and not result.mutation_kept:
        lines.lines += mutation_lines(result.mutation, unicode=unicode, width=width)
        lines.add_blank()
    for notice in result.notices:
        lines.add(0, notice, "note: ")
    verdict = Verdict.PASSED if result.passed else Verdict.FAILED
    counts = ", ".join(filter(None, (phrases.headline(result), phrases.other_counts(result))))
    lines.add(0, f"{_symbol(verdict, unicode)} {counts}, in {phrases.duration(result.duration)}")
    if result.mutation:
        detected = Verdict.PASSED if result.mutation.passed else Verdict.FAILED
        text = f"mutants: {mutation_phrases.tally(result.mutation)}"
        lines.add(0, text, f"{_symbol(detected, unicode)} ")
    first = phrases.first_problem(result)
    if first:
        r = first.requirement
        lines.add(2, f"look first at {r.id} {r.title} ({r.verdict.value})")
        if first.evidence:
            _evidence(lines, first.evidence, 4)
        elif first.reason:
            lines.add(4, first.reason)
        if r.page:
            lines.add(4, f"explained in {r.page}")
    _data_path(lines, result.data_path, unicode)
    for r, warning in phrases.warnings(result):
        lines.add(2, f"{r.id}: {warning}", "warning: ")
    return lines.lines


def _data_path(lines: TerminalLines, edges: tuple[DrawnEdge, ...], unicode: bool) -> None:
    if not edges:
        return
    lines.add(2, path_labels.tally(edges), "data path: ")
    found = path_labels.unproven(edges)
    for edge in found[:_EDGES]:
        broken = edge.state is EdgeState.BROKEN
        symbol = _symbol(Verdict.FAILED if broken else Verdict.UNDETERMINED, unicode)
        lines.add(4, f"{edge.source} {edge.kind} {edge.target}", f"{symbol} ")
        if missing := path_labels.missing_text(edge):
            lines.add(6, missing, "lacks      " if broken else "undecided  ")
    if len(found) > _EDGES:
        lines.add(4, f"and {phrases.counted(len(found) - _EDGES, 'more edge')}, in the reports")


def _scenario(lines: TerminalLines, scenario: ScenarioResult, found: list[Evidence]) -> None:
    where = f"{one_line(scenario.feature)}:{scenario.line}  "
    lines.add(4, scenario.name, where + ("deployed: " if scenario.kind is Kind.DEPLOYED else ""))
    if scenario.reason:
        lines.add(6, scenario.reason)
    step = None
    for item in found:
        if item.step and item.step != step:
            step = item.step
            lines.add(6, step)
        _evidence(lines, item, 8)


def _evidence(lines: TerminalLines, item: Evidence, indent: int) -> None:
    seen = ".".join(filter(None, (item.address, item.attribute)))
    if item.holds is None:
        seen += " (undecided)"
    lines.add(indent, seen)
    lines.add(indent + 2, item.expected or "(nothing)", "expected  ")
    lines.add(indent + 2, item.found or "(nothing)", "found     ")
    if item.where:
        lines.add(indent + 2, item.where, "at        ")


def _symbol(verdict: Verdict, unicode: bool) -> str:
    return _SYMBOLS[verdict][0 if unicode else 1]


def _painted(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"
