"""Every row of the truth tables (tests/iam/cases/), decided as AWS documents it."""

from __future__ import annotations

from typing import Any

from planproof.iam import Effect, evaluate


def test_decision(case: Any) -> None:
    decision = evaluate(case.request, case.policies)
    assert decision.effect is case.expect, f"{decision}\n(source: {case.source})"
    if case.because is not None:
        assert sorted(reason.sid or "" for reason in decision.because) == sorted(case.because)


def test_tables_are_broad_and_mostly_about_denials(cases: list[Any]) -> None:
    denied = (Effect.EXPLICITLY_DENIED, Effect.IMPLICITLY_DENIED)
    denials = [case for case in cases if case.expect in denied]
    assert len(cases) >= 400
    assert len(denials) * 2 >= len(cases)
    assert len({case.name for case in cases}) == len(cases)
    assert all(case.source for case in cases)
