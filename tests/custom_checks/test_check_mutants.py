"""Every mutant of the examples is detected by its check, or has a reason in survivors.toml."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from planproof.mutation.explanations import Explanation, read_explanations
from planproof.mutation_results import MutantStatus, MutationResult
from planproof.session.check_mutants import measure, problems, read_examples
from tests.custom_checks.checkov_scan import CHECKS, EXAMPLES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def explanations() -> tuple[Explanation, ...]:
    return read_explanations(Path(__file__).parent / "survivors.toml", "")


@pytest.fixture(scope="module")
def result(explanations: tuple[Explanation, ...]) -> MutationResult:
    examples = read_examples(CHECKS, EXAMPLES)
    return measure(CHECKS, examples, explanations, workers=os.cpu_count() or 1)


def test_no_mutant_survives_without_a_reason(result: MutationResult) -> None:
    assert [trial.id for trial in result.with_status(MutantStatus.SURVIVED)] == []


def test_no_check_crashes(result: MutationResult) -> None:
    assert [(t.id, t.reason) for t in result.with_status(MutantStatus.UNDECIDED)] == []


def test_every_reason_matches_survivors_only_and_every_check_detects_mutants(
    result: MutationResult, explanations: tuple[Explanation, ...]
) -> None:
    assert problems(result, explanations) == []
    assert result.passed
    assert len(result.trials) > 2000
