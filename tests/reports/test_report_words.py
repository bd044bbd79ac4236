"""The words that every report shares."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from planproof.reports import words
from planproof.results import RequirementResult, RunResult
from planproof.verdicts import Verdict


@pytest.mark.parametrize(
    ("number", "text"), [(0, "no facts"), (1, "1 fact"), (4, "4 facts"), (2_000, "2,000 facts")]
)
def test_counted(number: int, text: str) -> None:
    assert words.counted(number, "fact") == text


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.7, "1 min 0 s"),
        (125, "2 min 5 s"),
    ],
)
def test_seconds(duration: float, text: str) -> None:
    assert words.seconds(duration) == text


def test_moment_has_its_zone() -> None:
    zone = dt.timezone(dt.timedelta(hours=2))

    assert words.moment(dt.datetime(2027, 1, 2, 3, 4, tzinfo=dt.UTC)) == "2027-01-02 03:04 UTC"
    assert words.moment(dt.datetime(2027, 1, 2, 3, 4, tzinfo=zone)) == "2027-01-02 03:04 UTC+02:00"


def test_trouble_is_the_first_failure_even_after_an_open_question(broken: RunResult) -> None:
    third, eighth = broken.requirements[2], broken.requirements[7]
    turned = replace(broken, requirements=(broken.requirements[0], eighth, third))

    first = words.trouble(turned)

    assert first is not None
    assert first.requirement is third
    assert first.evidence is not None
    assert first.evidence.line == 88


def test_trouble_is_the_open_question_where_nothing_failed(broken: RunResult) -> None:
    first = words.trouble(replace(broken, requirements=broken.requirements[7:]))

    assert first is not None
    assert first.requirement.verdict is Verdict.UNDETERMINED
    assert first.evidence is not None
    assert first.evidence.holds is None


def test_no_trouble(good: RunResult, waived: RunResult, empty: RunResult) -> None:
    assert words.trouble(good) is None
    assert words.trouble(waived) is None
    assert words.trouble(empty) is None


def test_trouble_without_a_scenario(good: RunResult) -> None:
    bare = replace(good, requirements=(RequirementResult("REQ-99", "Nothing", ()),))
    first = words.trouble(bare)

    assert first is not None
    assert first.reason == "No scenario serves this requirement, so nothing is proven."


def test_worst_first_keeps_the_order_within(broken: RunResult) -> None:
    ids = [r.id for r in words.worst_first(broken.requirements)]

    assert ids[:4] == ["REQ-03", "REQ-08", "REQ-01", "REQ-02"]


def test_a_warning_is_told_once(good: RunResult) -> None:
    runtime = good.requirements[3]
    twice = replace(runtime, scenarios=runtime.scenarios * 2)

    assert len(list(words.warnings(replace(good, requirements=(twice,))))) == 1
