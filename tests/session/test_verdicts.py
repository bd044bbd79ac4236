"""The reason of an undetermined scenario includes the output of other programs."""

from __future__ import annotations

import pytest

from planproof.errors import PlanproofError
from planproof.evidence import Recorder
from planproof.session.verdicts import verdict_on
from planproof.values import Verdict


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ("", "Terraform plan failed: fix the error."),
        (
            "main.tf:3:\n  no such\n  bucket",
            "Terraform plan failed: fix the error. main.tf:3: ",
        ),
    ],
)
def test_the_output_of_another_program_is_part_of_the_reason(detail: str, reason: str) -> None:
    problem = PlanproofError("Terraform plan failed", "fix the error", detail=detail)
    judged = verdict_on(problem, Recorder(), lambda: None)
    assert judged.verdict is Verdict.UNDETERMINED
    assert judged.reason == reason + ("no such bucket" if detail else "")


def test_a_long_output_is_cut() -> None:
    problem = PlanproofError("it failed", "fix it", detail="word " * 1000)
    assert len(verdict_on(problem, Recorder(), lambda: None).reason) < 650
