"""The end of support of a runtime, from cfn-lint's data, on any day."""

from __future__ import annotations

import json
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from check_support import runtime_lifecycle
from check_support.runtime_lifecycle import ends_of_support, is_supported

from tests.custom_checks.checkov_scan import EXAMPLES, registered, scan

END = ends_of_support()["python3.11"]


@pytest.mark.parametrize(
    ("today", "supported"),
    [
        (END - timedelta(days=1), True),
        (END, False),
        (END + timedelta(days=1), False),
    ],
)
def test_support_ends_on_the_day_of_deprecation(today: date, supported: bool) -> None:
    assert is_supported("python3.11", today) is supported


def test_dates_are_those_of_cfn_lint() -> None:
    spec = find_spec("cfnlint")
    assert spec
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0], "data", "AdditionalSpecs")
    data = json.loads((folder / "LmbdRuntimeLifecycle.json").read_text())

    assert date.fromisoformat(data["python3.11"]["deprecated"]) == END
    assert set(ends_of_support()) == {name for name, dates in data.items() if dates["deprecated"]}


def test_support_of_a_runtime_without_a_date_is_undecided() -> None:
    assert is_supported("cobol85", date(1985, 1, 1)) is None


def test_support_without_cfn_lint_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_lifecycle, "find_spec", lambda _: None)
    ends_of_support.cache_clear()
    try:
        assert is_supported("python3.11", date(2024, 1, 1)) is None
    finally:
        ends_of_support.cache_clear()


@pytest.mark.parametrize(
    ("today", "failing"),
    [
        (date(2024, 6, 11), set()),
        (date(2024, 6, 12), {"fail", "fail_default"}),
        (END, {"fail", "fail_default", "pass", "unknown_condition"}),
    ],
)
def test_the_check_judges_the_given_day(
    today: date, failing: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    check = registered("function_runtime_is_supported")
    monkeypatch.setattr(check, "today", lambda: today)

    found = scan(EXAMPLES / "function_runtime_is_supported")

    failed = {
        r.resource
        for r in found.records
        if r.check_id == check.id and r.check_result["result"].value == "FAILED"
    }
    assert failed == {f"aws_lambda_function.{name}" for name in failing}
