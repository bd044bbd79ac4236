"""The data path in a comment: a Mermaid flowchart, and a table of the edges that are not proven."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from planproof.reports import path_labels as labels
from planproof.reports.markdown import code, escaped
from planproof.reports.text import clip, one_line
from planproof.results import DrawnEdge, EdgeState

_MOST, _ROOM = 100, 16_000  # edges, characters of a flowchart
_ROWS = 30  # edges of the table
_NAME = 60  # characters of a name
_MARKS = {EdgeState.BROKEN: "❌", EdgeState.UNDETERMINED: "❓"}
_LINKS = {EdgeState.PROVEN: "-->", EdgeState.BROKEN: "==x", EdgeState.UNDETERMINED: "-.->"}
# The page's colours, which are readable on GitHub's light and dark background.
_STYLES = {
    EdgeState.PROVEN: "stroke:#2f9e5b,stroke-width:2px",
    EdgeState.BROKEN: "stroke:#d9443a,stroke-width:4px",
    EdgeState.UNDETERMINED: "stroke:#b8860b,stroke-width:2px,stroke-dasharray:6 4",
}
_CLASSES = (
    "classDef inside fill:#f6f6f4,stroke:#5c626b,color:#1d2024",
    "classDef outside fill:#dfdfdb,stroke:#5c626b,color:#1d2024,stroke-dasharray:2 3",
)


def path_section(edges: Sequence[DrawnEdge]) -> Iterator[str]:
    """The parts of the section on the data path; none without edges."""
    if not edges:
        return
    yield f"### Data path: {labels.tally(edges)}\n"
    shown = edges if len(edges) <= _MOST else labels.unproven(edges)[:_MOST]
    drawn = "\n".join(flowchart(shown)) if shown else ""
    if drawn and len(drawn) <= _ROOM:
        yield f"```mermaid\n{drawn}\n```\n"
    if len(drawn) > _ROOM or len(shown) < len(edges):
        yield f"{len(edges):,} edges are too many to draw here; `compliance.json` has them all.\n"
    if found := labels.unproven(edges):
        yield "\n".join(_table(found)) + "\n"


def flowchart(edges: Sequence[DrawnEdge]) -> Iterator[str]:
    """The lines of a Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html"""
    yield "flowchart LR"
    ends = dict.fromkeys(end for edge in edges for end in (edge.source, edge.target))
    number = {end: f"n{at}" for at, end in enumerate(ends)}
    for end, name in number.items():
        part = labels.node_label(end)
        style = "outside" if part.outside else "inside"
        yield f'  {name}["{_text(part.type)}<br/><b>{_text(part.name)}</b>"]:::{style}'
    for edge in edges:
        label = _text(edge.kind)
        first, more = labels.first_missing(edge)
        if first:
            mark = "✗" if edge.state is EdgeState.BROKEN else "?"
            label += f"<br/>{mark} {_text(first)}" + (f" and {more} more" if more else "")
        ends_of = number[edge.source], number[edge.target]
        yield f'  {ends_of[0]} {_LINKS[edge.state]}|"{label}"| {ends_of[1]}'
    for state, style in _STYLES.items():
        members = [str(at) for at, edge in enumerate(edges) if edge.state is state]
        if members:
            yield f"  linkStyle {','.join(members)} {style}"
    for line in _CLASSES:
        yield f"  {line}"


def _text(text: str) -> str:
    """Text for a quoted Mermaid label; Mermaid entities replace everything that could be syntax,
    HTML or Markdown."""
    text = clip(one_line(text), _NAME) or "(nothing)"
    return re.sub(r"[^A-Za-z0-9 _./:\u00a1-\U0010ffff-]", lambda m: f"#{ord(m[0])};", text)


def _table(found: Sequence[DrawnEdge]) -> Iterator[str]:
    yield "| | Edge | State | Missing or undecided |"
    yield "|---|---|---|---|"
    for edge in found[:_ROWS]:
        path = f"{code(edge.source, 120)} {escaped(edge.kind, 80)} {code(edge.target, 120)}"
        missing = escaped(labels.missing_text(edge), 400)
        yield f"| {_MARKS[edge.state]} | {path} | **{edge.state}** | {missing} |"
    if len(found) > _ROWS:
        yield f"\n… and {len(found) - _ROWS:,} more, in `compliance.json`"
