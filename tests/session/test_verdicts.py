"""Is a scenario that could not be judged told why, to the end?"""

from __future__ import annotations

import pytest

from planproof.errors import PlanproofError
from planproof.evidence import Recorder
from planproof.session.verdicts import verdict_on
from planproof.verdicts import Verdict


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ("", "Terraform plan failed: mend what it says."),
        (
            "main.tf:3:\n  no such\n  bucket",
            "Terraform plan failed: mend what it says. main.tf:3: ",
        ),
    ],
)
def test_what_another_program_said_is_part_of_the_reason(detail: str, reason: str) -> None:
    problem = PlanproofError("Terraform plan failed", "mend what it says", detail=detail)
    judged = verdict_on(problem, Recorder(), lambda: None)
    assert judged.verdict is Verdict.UNDETERMINED
    assert judged.reason == reason + ("no such bucket" if detail else "")


def test_a_long_story_is_cut() -> None:
    problem = PlanproofError("it failed", "mend it", detail="word " * 1000)
    assert len(verdict_on(problem, Recorder(), lambda: None).reason) < 650
