"""Every row of the truth tables (tests/iam/cases/), decided as AWS's documentation says."""

from __future__ import annotations

from typing import Any

from planproof.iam import evaluate


def test_decision(case: Any) -> None:
    decision = evaluate(case.request, case.policies)
    assert decision.effect is case.expect, f"{decision}\n(source: {case.source})"
    if case.because is not None:
        assert sorted(reason.sid or "" for reason in decision.because) == sorted(case.because)
