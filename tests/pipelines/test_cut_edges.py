"""Grants that are deleted from the Terraform sources break exactly their edges of the data path.

tests/aws/datapath/test_lost_grants.py tries every grant on the resolved stack. The cases here go
through Terraform.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pipelines.compliance import Case, Judgement, assert_located, assert_only_broken
from tests.pipelines.cut_edges import BATCHES, CUTS

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


@pytest.mark.parametrize(("case", "cuts"), BATCHES, ids=["one half", "the other half"])
def test_lost_grants_break_their_edges_only(
    case: Case, cuts: list[Case], judged: Callable[[Case], Judgement]
) -> None:
    judgement = judged(case)
    assert_only_broken(case, judgement)
    assert judgement.unproven_edges == {cut.name for cut in cuts}
    for cut in cuts:
        assert_located(cut, judgement)


def test_the_cuts_of_a_batch_are_of_different_edges() -> None:
    for _, cuts in BATCHES:
        assert len({cut.name for cut in cuts}) == len(cuts) == len(CUTS) / len(BATCHES)
