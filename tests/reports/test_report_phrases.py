"""Phrases that every report shares."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from planproof.reports import phrases
from planproof.results import RequirementResult, RunResult
from planproof.values import Verdict


@pytest.mark.parametrize(
    ("number", "text"), [(0, "no facts"), (1, "1 fact"), (4, "4 facts"), (2_000, "2,000 facts")]
)
def test_counted(number: int, text: str) -> None:
    assert phrases.counted(number, "fact") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.7, "1 min 0 s"),
        (125, "2 min 5 s"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert phrases.duration(seconds) == text


def test_a_timestamp_has_its_time_zone() -> None:
    zone = dt.timezone(dt.timedelta(hours=2))

    assert phrases.timestamp(dt.datetime(2027, 1, 2, 3, 4, tzinfo=dt.UTC)) == "2027-01-02 03:04 UTC"
    assert (
        phrases.timestamp(dt.datetime(2027, 1, 2, 3, 4, tzinfo=zone))
        == "2027-01-02 03:04 UTC+02:00"
    )


def test_the_first_problem_is_a_failure_even_after_an_undetermined_requirement(
    broken: RunResult,
) -> None:
    third, eighth = broken.requirements[2], broken.requirements[7]
    turned = replace(broken, requirements=(broken.requirements[0], eighth, third))

    first = phrases.first_problem(turned)

    assert first is not None
    assert first.requirement is third
    assert first.evidence is not None
    assert first.evidence.line == 88


def test_the_first_problem_is_undetermined_if_nothing_failed(broken: RunResult) -> None:
    first = phrases.first_problem(replace(broken, requirements=broken.requirements[7:]))

    assert first is not None
    assert first.requirement.verdict is Verdict.UNDETERMINED
    assert first.evidence is not None
    assert first.evidence.holds is None


def test_no_problem(good: RunResult, waived: RunResult, empty: RunResult) -> None:
    assert phrases.first_problem(good) is None
    assert phrases.first_problem(waived) is None
    assert phrases.first_problem(empty) is None


def test_a_problem_without_a_scenario(good: RunResult) -> None:
    bare = replace(good, requirements=(RequirementResult("REQ-99", "Nothing", ()),))
    first = phrases.first_problem(bare)

    assert first is not None
    assert first.reason == phrases.NO_SCENARIO


def test_worst_first_keeps_the_order_within(broken: RunResult) -> None:
    ids = [r.id for r in phrases.worst_first(broken.requirements)]

    assert ids[:4] == ["REQ-03", "REQ-08", "REQ-01", "REQ-02"]


def test_a_warning_occurs_once(good: RunResult) -> None:
    runtime = good.requirements[3]
    twice = replace(runtime, scenarios=runtime.scenarios * 2)

    assert len(phrases.warnings(replace(good, requirements=(twice,)))) == 1
