"""Each counterexample breaks the requirements that it names, and no other.

Some requirements overlap: the permission to pass a role is also an edge of the data path.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.counterexamples.catalogue import counterexamples
from tests.pipelines.compliance import Case, Judgement, assert_broken

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


@pytest.mark.parametrize("case", counterexamples(), ids=str)
def test_a_counterexample_breaks_its_requirements(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    assert_broken(case, judged(case))
