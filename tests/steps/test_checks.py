"""The results of custom checks, as evidence."""

from __future__ import annotations

from planproof.checkov_runner import CheckResult, CheckResults
from planproof.evidence import Recorder
from planproof.values import Verdict
from steps.checks import custom_checks_find_nothing
from tests.builders.resolved_stacks import FakeResolvedStacks, broken, verdict


def result(passed: bool | None, resource: str = "aws_x.y", check: str = "CKV_X_1") -> CheckResult:
    requirement = {"CKV_X_1": "REQ-05", "CKV_X_2": "REQ-06"}[check]
    return CheckResult(check, "X is set", requirement, resource, passed, "it is not", "main.tf", 7)


def judged(*results: CheckResult, sources: str | None = "terraform") -> Recorder:
    checks = CheckResults(results, {"CKV_X_1": "REQ-05", "CKV_X_2": "REQ-06"})
    evidence = Recorder()
    custom_checks_find_nothing(
        "REQ-05", checks, FakeResolvedStacks(terraform_dir=sources), evidence
    )
    return evidence


def test_passes_are_one_piece_of_evidence() -> None:
    evidence = judged(*(result(True, f"aws_x.y{i}") for i in range(9)))
    assert verdict(evidence) is Verdict.PASSED
    assert [e.found for e in evidence.evidence] == ["passed by 9 resources"]


def test_a_failure_has_its_file_and_line() -> None:
    evidence = judged(result(True), result(False, "aws_x.z"))
    assert broken(evidence) == [("aws_x.z", "", "CKV_X_1: it is not", "terraform/main.tf:7")]


def test_an_undetermined_check() -> None:
    assert verdict(judged(result(True), result(None))) is Verdict.UNDETERMINED


def test_checks_of_other_requirements_are_ignored() -> None:
    evidence = judged(result(True), result(False, check="CKV_X_2"))
    assert verdict(evidence) is Verdict.PASSED


def test_a_failure_without_a_reason_shows_its_verdict() -> None:
    bare = CheckResult("CKV_X_1", "X is set", "REQ-05", "aws_x.y", False, "", "main.tf", 7)
    assert broken(judged(bare))[0][2] == "CKV_X_1: failed"


def test_without_a_result_the_step_is_undetermined() -> None:
    assert verdict(judged()) is Verdict.UNDETERMINED
    assert verdict(judged(result(True, check="CKV_X_2"))) is Verdict.UNDETERMINED


def test_a_plan_file_has_no_sources_to_check() -> None:
    evidence = judged(sources=None)
    assert verdict(evidence) is Verdict.UNDETERMINED
    assert "not run" in evidence.evidence[0].found
