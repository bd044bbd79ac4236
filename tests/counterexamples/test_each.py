"""The shipped pipeline keeps every promise, and each counterexample breaks what it says.

Some promises hang together: the right to pass a role is also an edge of the data path.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.counterexamples.catalogue import counterexamples
from tests.pipelines.compliance import SHIPPED, Case, Judgement, assert_broken, assert_compliant

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


@pytest.mark.parametrize("case", [Case("as it is", SHIPPED)], ids=str)
def test_the_shipped_pipeline_keeps_every_promise(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    assert_compliant(case, judged(case))


@pytest.mark.parametrize("case", counterexamples(), ids=str)
def test_a_counterexample_breaks_what_it_says(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    assert_broken(case, judged(case))
