"""Of several outcomes of one scenario, one that is not acceptable counts."""

from __future__ import annotations

import pytest

from planproof.results import ScenarioResult
from planproof.session.judging import Outcome, worse
from planproof.values import Verdict


def outcome(verdict: Verdict) -> Outcome:
    return Outcome(ScenarioResult("It holds", "queues.feature", 3, verdict))


PASSED, FAILED, UNDETERMINED = map(outcome, (Verdict.PASSED, Verdict.FAILED, Verdict.UNDETERMINED))


@pytest.mark.parametrize(
    ("earlier", "later", "counts"),
    [
        (None, PASSED, PASSED),
        (None, FAILED, FAILED),
        (PASSED, UNDETERMINED, UNDETERMINED),
        (FAILED, UNDETERMINED, FAILED),
        (FAILED, PASSED, FAILED),
        (UNDETERMINED, FAILED, UNDETERMINED),
        (Outcome(None), FAILED, FAILED),
    ],
)
def test_the_first_that_is_not_acceptable_counts(
    earlier: Outcome | None, later: Outcome, counts: Outcome
) -> None:
    assert worse(earlier, later) is counts
