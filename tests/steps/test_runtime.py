"""Lambda runtimes, judged on a given day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from planproof.evidence import Recorder
from planproof.values import UNKNOWN, Verdict
from steps.runtime import runtimes_are_supported
from steps.support.pipeline import Pipeline
from tests.builders.resolved_stacks import broken, verdict
from tests.builders.stacks import declare, stack

END = dt.date(2024, 6, 12)  # of nodejs16.x


def judged(runtime: Any, today: dt.date = END, **values: Any) -> Recorder:
    function = declare("aws_lambda_function.f", function_name="f", runtime=runtime, **values)
    evidence = Recorder()
    runtimes_are_supported(Pipeline(stack(function)), evidence, today)
    return evidence


def test_supported_without_a_warning() -> None:
    evidence = judged("nodejs16.x", END - dt.timedelta(days=181))
    assert verdict(evidence) is Verdict.PASSED
    assert evidence.warnings == []


def test_supported_with_a_warning() -> None:
    evidence = judged("nodejs16.x", END - dt.timedelta(days=180))
    assert verdict(evidence) is Verdict.PASSED
    (warning,) = evidence.warnings
    assert "aws_lambda_function.f runs on nodejs16.x, supported until 2024-06-12" in warning
    assert "move to nodejs" in warning


def test_past_its_end() -> None:
    evidence = judged("nodejs16.x")
    found = "nodejs16.x, unsupported since 2024-06-12"
    assert broken(evidence) == [("aws_lambda_function.f", "runtime", found, "")]
    assert evidence.warnings == []


@pytest.mark.parametrize("runtime", ["cobol60.x", UNKNOWN])
def test_not_known(runtime: Any) -> None:
    assert verdict(judged(runtime)) is Verdict.UNDETERMINED


def test_an_image_brings_its_own() -> None:
    assert verdict(judged(None, package_type="Image")) is Verdict.UNDETERMINED


def test_no_runtime() -> None:
    assert verdict(judged(None)) is Verdict.FAILED


def test_no_function_proves_nothing() -> None:
    evidence = Recorder()
    runtimes_are_supported(Pipeline(stack()), evidence, END)
    assert evidence.evidence == []
