"""Every mutant of the examples is detected by its check, or has a reason in survivors.toml."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from planproof.mutation.checks.command import measure, read_examples
from planproof.mutation.checks.score import Score
from planproof.mutation.explanations import read_explanations
from tests.custom_checks.checkov_scan import CHECKS, EXAMPLES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def score() -> Score:
    explanations = read_explanations(
        Path(__file__).parent / "survivors.toml", table="survivor", key="mutants", option=""
    )
    examples = read_examples(CHECKS, EXAMPLES)
    return measure(CHECKS, examples, explanations, workers=os.cpu_count() or 1)


def test_no_mutant_survives_without_a_reason(score: Score) -> None:
    assert [judged.mutant.id for judged in score.unexplained] == []


def test_every_reason_still_matches_survivors_only(score: Score) -> None:
    assert score.problems == []


def test_no_check_crashes(score: Score) -> None:
    assert [judged.mutant.id for judged in score.crashed] == []
    unread = [v.mutant.id for v in score.judged if "cannot be read" in v.detail]
    assert unread == []


def test_every_check_detects_mutants(score: Score) -> None:
    assert score.without_kills == []
    assert score.good
    assert score.count().mutants > 2000
