"""The run as one self-contained HTML page, for the person who signs it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from planproof import __version__
from planproof.reports import mutation_phrases, phrases
from planproof.reports.mutation_page import mutation_section
from planproof.reports.page_script import SCRIPT
from planproof.reports.path_picture import path_section
from planproof.reports.text import clip, printable, unique
from planproof.reports.verdict_ring import ring_segments
from planproof.results import Evidence, RequirementResult, RunResult, ScenarioResult, verdict_of
from planproof.values import Verdict

_HERE = Path(__file__).parent
_VALUE = 1_000  # characters of a value
_FIRST, _UNMET, _HELD = 8, 200, 100  # pieces of evidence: as blocks; then in tables, a scenario


def render(result: RunResult, *, digest: str, project: str = "..") -> str:
    """The page.

    Args:
        digest: SHA-256 of compliance.json, which ties a signature on paper to the evidence.
        project: relative path from the page's folder to the project, for links to its pages.
    """
    style = (_HERE / "compliance.css").read_text("utf-8")
    anchors = _anchors(result.requirements)
    cards = [
        _Card(
            requirement,
            anchor,
            _href(requirement.page, project),
            mutation_phrases.requirement_sentence(result.mutation, requirement.id)
            if result.mutation
            else "",
        )
        for requirement, anchor in zip(result.requirements, anchors, strict=True)
    ]
    anchor_of = {id(card.result): card.anchor for card in cards}
    # Of two requirements with one id, the first has the plain anchor.
    places = {card.result.id: (card.anchor, card.result.title) for card in reversed(cards)}
    first = phrases.first_problem(result)
    return (
        _environment()
        .get_template("compliance.html")
        .render(
            result=result,
            cards=cards,
            sections=_sections(cards),
            waivers=[card for card in cards if card.result.verdict is Verdict.WAIVED],
            first=first,
            first_anchor=anchor_of[id(first.requirement)] if first else "",
            warnings=[(anchor_of[id(r)], r.id, text) for r, text in phrases.warnings(result)],
            ring=ring_segments(result.requirements),
            path=path_section(result.data_path),
            mutants=mutation_section(result.mutation, places) if result.mutation else None,
            digest=digest,
            style=Markup(style),  # noqa: S704  our own file
            script=Markup(SCRIPT),  # noqa: S704  our own text
            policy=_policy(style, SCRIPT),
        )
    )


@dataclass(frozen=True, slots=True)
class _Card:
    """A requirement with its anchor, its link, and its sentence on mutants."""

    result: RequirementResult
    anchor: str
    href: str
    mutant_sentence: str


@dataclass(frozen=True, slots=True)
class _Step:
    """The evidence of one Gherkin step, as the page lays it out."""

    text: str
    verdict: Verdict
    first: list[Evidence]
    unmet: list[Evidence]
    held: list[Evidence]
    held_in_all: int


def _steps(scenario: ScenarioResult) -> list[_Step]:
    by_step: dict[str, list[Evidence]] = {}
    for item in scenario.evidence:
        by_step.setdefault(item.step, []).append(item)
    steps, unmet_room, held_room = [], _UNMET, _HELD
    for text, items in by_step.items():
        unmet = phrases.unmet(items)
        held = [item for item in items if item.holds]
        steps.append(
            _Step(
                text=text,
                verdict=verdict_of(items),
                first=unmet[: min(_FIRST, unmet_room)],
                unmet=unmet[_FIRST:unmet_room],
                held=held[:held_room],
                held_in_all=len(held),
            )
        )
        unmet_room = max(unmet_room - len(unmet), 0)
        held_room = max(held_room - len(held), 0)
    return steps


def _left_out(scenario: ScenarioResult) -> int:
    shown = sum(len(s.first) + len(s.unmet) + len(s.held) for s in _steps(scenario))
    return len(scenario.evidence) - shown


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Here, so that no template can forget it.
        finalize=lambda value: (
            printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        ),
    )
    environment.filters |= {
        "breakable": _breakable,
        "counted": phrases.counted,
        "duration": phrases.duration,
        "timestamp": phrases.timestamp,
        "steps": _steps,
        "left_out": _left_out,
    }
    environment.globals |= {
        "phrases": phrases,
        "mutation_phrases": mutation_phrases,
        "passed": Verdict.PASSED,
        "icons": {"proven": "passed", "broken": "failed", "undetermined": "undetermined"},
        "version": __version__,
    }
    return environment


def _breakable(text: str) -> Markup:
    """The escaped text, clipped, with line break opportunities after separators."""
    pieces = re.split(r"(?<=[./_,-])(?=\w)|(?<=:)(?=[^\W\d])", clip(printable(text), _VALUE))
    return Markup("<wbr>").join(escape(piece) for piece in pieces)


def _sections(cards: list[_Card]) -> list[tuple[str, list[_Card]]]:
    """The cards under their headings, those that did not pass first."""
    parts = (
        ("Did not pass", (Verdict.FAILED, Verdict.UNDETERMINED)),
        ("Waived", (Verdict.WAIVED,)),
        ("Passed", (Verdict.PASSED,)),
    )
    sections = []
    for heading, verdicts in parts:
        members = [card for verdict in verdicts for card in cards if card.result.verdict is verdict]
        if members:
            sections.append((heading, members))
    return sections


def _anchors(requirements: tuple[RequirementResult, ...]) -> list[str]:
    """A unique id for each requirement; the page's own ids begin with an underscore."""
    taken: set[str] = set()
    slugs = (re.sub(r"[^A-Za-z0-9_.-]+", "-", r.id).lstrip("_-") for r in requirements)
    return [unique(slug or "requirement", taken, "-") for slug in slugs]


def _href(page: str, project: str) -> str:
    """A link to the page, or "" if it is neither on the web nor in the project."""
    page = printable(page)  # quote() raises on a lone surrogate
    try:
        parts = urlsplit(page)
    except ValueError:
        return ""
    if parts.scheme in ("http", "https") and parts.netloc:
        return quote(page, safe="/:?#[]@!$&'()*+,;=%~")
    if not page or parts.scheme or parts.netloc or page.startswith(("/", "\\")):
        return ""
    return f"{project}/{quote(page, safe='/#?=&%,;+@~')}"


def _policy(style: str, script: str) -> str:
    """A content security policy that allows only our own style and script."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; "
        f"script-src 'sha256-{digest(script)}'; base-uri 'none'; form-action 'none'"
    )
