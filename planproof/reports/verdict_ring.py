"""The ring at the top of the page, with a segment for each requirement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from planproof.results import RequirementResult

_INNER, _OUTER, _RAISED = 40.0, 52.0, 59.0  # radii around (60, 60)


@dataclass(frozen=True, slots=True)
class Segment:
    """The segment of a requirement: an SVG path, its verdict, and its tooltip."""

    path: str
    verdict: str
    title: str


def ring_segments(requirements: Sequence[RequirementResult]) -> list[Segment]:
    """The segments, clockwise from the top, in a view box of 120 by 120.

    Requirements that did not pass also protrude, so that the ring does not depend on colour.
    """
    share = 2 * pi / max(len(requirements), 1)
    # One SVG arc cannot draw a full circle, so even a single segment leaves a gap.
    gap = min(0.05, share / 5) if len(requirements) > 1 else 0.001
    return [
        Segment(
            path=_path(
                _OUTER if requirement.verdict.acceptable else _RAISED,
                number * share + gap / 2,
                (number + 1) * share - gap / 2,
            ),
            verdict=requirement.verdict.value,
            title=f"{requirement.id}: {requirement.verdict.value}",
        )
        for number, requirement in enumerate(requirements)
    ]


def _path(outer: float, start: float, end: float) -> str:
    def at(radius: float, angle: float) -> str:
        return f"{60 + radius * sin(angle):.2f} {60 - radius * cos(angle):.2f}"

    far = int(end - start > pi)
    return (
        f"M{at(_INNER, start)}L{at(outer, start)}A{outer} {outer} 0 {far} 1 {at(outer, end)}"
        f"L{at(_INNER, end)}A{_INNER} {_INNER} 0 {far} 0 {at(_INNER, start)}Z"
    )
