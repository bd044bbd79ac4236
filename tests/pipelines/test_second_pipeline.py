"""The second pipeline meets every requirement; each mistake breaks the requirement it is about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pipelines.compliance import (
    REQUIREMENTS,
    SECOND,
    Case,
    Judgement,
    assert_compliant,
    assert_located,
    assert_only_broken,
)
from tests.pipelines.second_mistakes import BATCHES


@pytest.mark.terraform
@pytest.mark.slow
@pytest.mark.parametrize("case", [Case("as it is", SECOND)], ids=str)
def test_the_second_pipeline_meets_every_requirement(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    assert_compliant(case, judged(case))


@pytest.mark.terraform
@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "mistake"),
    [pytest.param(case, one, id=str(one)) for case, mistakes in BATCHES for one in mistakes],
)
def test_a_mistake_has_evidence_at_its_location(
    case: Case, mistake: Case, judged: Callable[[Case], Judgement]
) -> None:
    assert_located(mistake, judged(case))


@pytest.mark.terraform
@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case, _ in BATCHES], ids=str)
def test_mistakes_break_their_requirements_and_no_other(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    assert_only_broken(case, judged(case))


def test_every_requirement_has_a_mistake_in_one_batch() -> None:
    batched = [mistake.broken for _, mistakes in BATCHES for mistake in mistakes]
    assert sorted(batched) == sorted(REQUIREMENTS)
