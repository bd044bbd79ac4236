"""Support of a runtime on a day, by cfn-lint's dates."""

from __future__ import annotations

import datetime as dt

import pytest

from planproof.aws import lambda_runtimes
from planproof.aws.lambda_runtimes import WARNING_PERIOD, runtime_support

END = dt.date(2024, 6, 12)  # of nodejs16.x: in the past, so it does not change


@pytest.mark.parametrize(
    ("before", "supported", "soon"),
    [(181, True, False), (180, True, True), (1, True, True), (0, False, False), (-9, False, False)],
)
def test_support_ends_on_its_day_after_a_warning_period(
    before: int, supported: bool, soon: bool
) -> None:
    found = runtime_support("nodejs16.x", END - dt.timedelta(days=before))
    assert found.deprecated == END
    assert (found.supported, found.ends_soon) == (supported, soon)
    assert dt.timedelta(days=180) == WARNING_PERIOD


def test_the_text_contains_the_date() -> None:
    assert str(runtime_support("nodejs16.x", dt.date(2024, 1, 1))).endswith("until 2024-06-12")
    assert str(runtime_support("nodejs16.x", dt.date(2025, 1, 1))).endswith("since 2024-06-12")


def test_an_unknown_runtime_is_undetermined() -> None:
    found = runtime_support("cobol60.x", END)
    assert (found.supported, found.ends_soon) == (None, False)
    assert "cobol60.x, which is missing" in str(found)


def test_a_runtime_without_an_end_is_supported(monkeypatch: pytest.MonkeyPatch) -> None:
    dates = {"new1.x": {"deprecated": None, "successor": None}}
    monkeypatch.setattr(lambda_runtimes, "_lifecycle", lambda: dates)
    found = runtime_support("new1.x", END)
    assert (found.supported, found.ends_soon, found.successor) == (True, False, "")
    assert "no end" in str(found)


def test_the_current_day_is_the_default() -> None:
    assert runtime_support("python3.11").today == dt.datetime.now(dt.UTC).date()
    assert runtime_support("Python3.11").known
