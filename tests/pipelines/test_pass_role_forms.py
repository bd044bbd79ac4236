"""The resolved policies decide whether the function may pass the role, not how they are written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pipelines.compliance import Case, Judgement, assert_broken, assert_compliant
from tests.pipelines.pass_role_forms import RIGHT, WRONG

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


@pytest.mark.parametrize("case", RIGHT, ids=str)
def test_a_grant_counts_in_any_form(case: Case, judged: Callable[[Case], Judgement]) -> None:
    assert_compliant(case, judged(case))


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_a_name_alone_grants_nothing(case: Case, judged: Callable[[Case], Judgement]) -> None:
    assert_broken(case, judged(case))
