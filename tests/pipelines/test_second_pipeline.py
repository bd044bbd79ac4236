"""The second pipeline meets every requirement; each mistake breaks the requirement it is about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pipelines.compliance import (
    REQUIREMENTS,
    SECOND,
    Case,
    Judgement,
    assert_broken,
    assert_compliant,
)
from tests.pipelines.second_mistakes import MISTAKES


@pytest.mark.terraform
@pytest.mark.slow
@pytest.mark.parametrize("case", [Case("as it is", SECOND)], ids=str)
def test_the_second_pipeline_meets_every_requirement(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    assert_compliant(case, judged(case))


@pytest.mark.terraform
@pytest.mark.slow
@pytest.mark.parametrize("case", MISTAKES, ids=str)
def test_a_mistake_breaks_its_requirement(case: Case, judged: Callable[[Case], Judgement]) -> None:
    assert_broken(case, judged(case))


def test_every_requirement_has_a_mistake() -> None:
    assert {case.broken for case in MISTAKES} == REQUIREMENTS
