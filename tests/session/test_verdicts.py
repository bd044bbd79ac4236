"""The verdict on a scenario: only settled evidence passes, and a reason says why it did not."""

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


@pytest.mark.parametrize("holds", [False, None])
def test_evidence_that_was_never_settled_does_not_pass(holds: bool | None) -> None:
    recorder = Recorder()
    recorder.check(True, "a", expected="x", found="x")
    recorder.check(holds, "b", expected="x", found="y")  # as a fixture does, after the last step
    assert verdict_on(None, recorder, lambda: None).verdict is Verdict.UNDETERMINED


def test_a_scenario_passes_by_evidence_that_holds() -> None:
    recorder = Recorder()
    assert verdict_on(None, recorder, lambda: None).verdict is Verdict.UNDETERMINED
    recorder.check(True, "a", expected="x", found="x")
    assert verdict_on(None, recorder, lambda: None).verdict is Verdict.PASSED
