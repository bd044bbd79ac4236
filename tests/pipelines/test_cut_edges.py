"""A grant that is deleted from the Terraform sources breaks exactly its edge of the data path.

tests/aws/datapath/test_lost_grants.py tries every grant on the resolved stack. The cases here go
through Terraform.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pipelines.compliance import Case, Judgement, assert_broken
from tests.pipelines.cut_edges import CUTS

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


@pytest.mark.parametrize(
    "case", CUTS, ids=[f"{case.name}: {case.edits[0].old.split()[3]}" for case in CUTS]
)
def test_a_lost_grant_breaks_its_edge_only(case: Case, judged: Callable[[Case], Judgement]) -> None:
    judgement = judged(case)
    assert_broken(case, judgement)
    assert judgement.unproven_edges == {case.name}
