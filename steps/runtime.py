"""Whether AWS supports the runtimes of the functions."""

from __future__ import annotations

import datetime as dt

import pytest
from pytest_bdd import then

from planproof.aws.lambda_runtimes import runtime_support
from planproof.evidence import Recorder
from planproof.values import is_unknown
from steps.support.pipeline import Pipeline


@pytest.fixture(scope="session")
def today() -> dt.date:
    """Today's date in UTC."""
    return dt.datetime.now(dt.UTC).date()


@then("AWS supports the runtime of every Lambda function today")
def runtimes_are_supported(pipeline: Pipeline, evidence: Recorder, today: dt.date) -> None:
    """By the dates of cfn-lint; warned about from 180 days before the end of support."""
    expected = f"a runtime that AWS supports on {today.isoformat()}"
    for function in pipeline.functions:
        runtime = function.get("runtime")
        if function.get("package_type") == "Image":
            found = "a container image, whose runtime is unknown"
            evidence.check(None, function, "package_type", expected=expected, found=found)
        elif is_unknown(runtime) or not runtime:
            holds = None if is_unknown(runtime) else False
            evidence.check(holds, function, "runtime", expected=expected, found=runtime)
        else:
            support = runtime_support(str(runtime), today)
            evidence.check(
                support.supported, function, "runtime", expected=expected, found=str(support)
            )
            if support.ends_soon:
                move = f"; move to {support.successor}" if support.successor else ""
                evidence.warn(f"{function} runs on {support}{move}")
