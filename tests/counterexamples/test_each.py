"""The shipped pipeline meets every requirement, and each counterexample breaks those it names.

Some requirements overlap: the permission to pass a role is also an edge of the data path.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.counterexamples.catalogue import counterexamples
from tests.pipelines.compliance import SHIPPED, Case, Judgement, assert_broken, assert_compliant

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


@pytest.mark.parametrize("case", [Case("as it is", SHIPPED)], ids=str)
def test_the_shipped_pipeline_meets_every_requirement(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    assert_compliant(case, judged(case))


@pytest.mark.parametrize("case", counterexamples(), ids=str)
def test_a_counterexample_breaks_its_requirements(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    assert_broken(case, judged(case))
