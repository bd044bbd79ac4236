"""Lines in a terminal: one for each requirement, and details of those that did not pass."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from planproof.reports.phrases import NO_SCENARIO
from planproof.reports.terminal import (
    details,
    failure_lines,
    reason_lines,
    requirement_line,
    summary_lines,
    supports_unicode,
)
from planproof.reports.text import columns
from planproof.results import RequirementResult, RunResult
from tests.reports.limits import CONTROL


def test_one_line_has_title_kinds_verdict_and_facts(broken: RunResult) -> None:
    lines = [requirement_line(r, colour=False, width=100) for r in broken.requirements]

    assert [re.split(" {2,}", lines[at]) for at in (0, 2, 7)] == [
        ["✓ REQ-01", "No network of its own", "·✓·", "passed", "2 facts"],
        [
            "✗ REQ-03",
            "The function may pass the MediaConvert role, and no other",
            "·✗·",
            "failed",
            "4 facts",
        ],
        [
            "? REQ-08",
            "Terraform builds the package, and its handler imports",
            "·?·",
            "undetermined",
            "3 facts",
        ],
    ]


@pytest.mark.parametrize("width", [60, 80, 100, 137])
def test_columns_are_aligned(width: int, broken: RunResult) -> None:
    lines = [requirement_line(r, colour=False, width=width) for r in broken.requirements]

    assert {columns(line) for line in lines} == {width}
    assert {
        line.index(r.verdict.value) for line, r in zip(lines, broken.requirements, strict=True)
    } == {width - 23}


def test_a_long_title_is_cut_and_the_verdict_is_not(good: RunResult) -> None:
    line = requirement_line(good.requirements[2], colour=False, width=60)

    assert re.fullmatch(r"✓ REQ-03  The function may pass.*…  passed +2 facts", line)


def test_a_narrow_terminal_still_shows_the_verdict(good: RunResult) -> None:
    line = requirement_line(good.requirements[2], colour=False, width=10)

    assert re.fullmatch(r"✓ REQ-03  The function ma…  passed +2 facts", line)


def test_ascii_for_terminals_without_unicode(broken: RunResult, waived: RunResult) -> None:
    some = (*(broken.requirements[at] for at in (2, 7, 0)), waived.requirements[4])
    lines = [requirement_line(r, colour=False, width=50, unicode=False) for r in some]
    more = [line for r in some for line in details(r, unicode=False)]
    foreign = replace(broken.requirements[2], id="REQ-ü", title="Größe – 漢字" * 9, page="docs/ü…")
    more += [requirement_line(foreign, colour=True, width=60, unicode=False)]
    more += details(foreign, unicode=False)

    assert [line[0] for line in lines] == ["x", "?", "+", "~"]
    assert "    explained in docs/?..." in more
    for line in [*lines, *more, *summary_lines(broken, unicode=False)]:
        assert line.isascii()


@pytest.mark.parametrize(
    ("encoding", "answer"), [("utf-8", True), ("ascii", False), ("latin-1", False)]
)
def test_detects_unicode_support(encoding: str, answer: bool) -> None:
    assert supports_unicode(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) is answer


def test_a_stream_without_encoding_gets_ascii() -> None:
    assert not supports_unicode(io.StringIO())


def test_colour_does_not_change_the_text(broken: RunResult, waived: RunResult) -> None:
    codes = {}
    for r in (*broken.requirements, *waived.requirements):
        plain = requirement_line(r, colour=False, width=100)
        coloured = requirement_line(r, colour=True, width=100)
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
        assert coloured.endswith("facts")
        codes[r.verdict] = re.findall(r"\x1b\[([\d;]*)m", coloured)
    assert len({tuple(code) for code in codes.values()}) == 4


def test_one_line_gives_the_reason(broken: RunResult, waived: RunResult) -> None:
    assert reason_lines(broken.requirements[7], width=140) == [
        "    data.archive_file.function.output_base64sha256: undecided, found unknown until apply, "
        "expected the hash of a zip built from lambda/"
    ]
    assert reason_lines(broken.requirements[7], width=180)[0].endswith(
        "expected the hash of a zip built from lambda/ (terraform/function.tf:17)"
    )
    assert reason_lines(waived.requirements[4], width=200) == [
        '    Waived until 2027-03-31 for aws_s3_bucket.media["archive"]: '
        "The archive is kept for the audit."
    ]


@pytest.mark.parametrize("width", [60, 80, 100, 120, 137, 900])
@pytest.mark.parametrize("unicode", [True, False])
def test_a_reason_takes_one_line(
    width: int, unicode: bool, broken: RunResult, waived: RunResult, hostile: RunResult
) -> None:
    some = (*(broken.requirements[at] for at in (2, 7)), waived.requirements[4])
    for r in (*some, hostile.requirements[0]):
        (line,) = reason_lines(r, width=width, unicode=unicode)
        assert 10 < columns(line) <= width
        assert line.startswith("    ")
        assert not CONTROL.search(line)
        assert unicode or line.isascii()


def test_a_long_found_value_leaves_room_for_the_expected_one(broken: RunResult) -> None:
    first = broken.requirements[2].scenarios[0]
    (good, *_) = [e for e in first.evidence if e.holds is False]
    long = replace(good, address="a.b", attribute="", found="f" * 500, expected="e" * 500)
    scenario = replace(first, evidence=(long,))
    (line,) = reason_lines(replace(broken.requirements[2], scenarios=(scenario,)), width=100)
    assert re.fullmatch(r"    a\.b: found f{40,}…, expected e{16,}…", line)
    assert columns(line) == 100


def test_a_reason_without_evidence(broken: RunResult) -> None:
    scenario = replace(broken.requirements[7].scenarios[0], evidence=(), reason="Nothing matched.")
    assert reason_lines(replace(broken.requirements[7], scenarios=(scenario,))) == [
        "    Nothing matched."
    ]
    assert reason_lines(RequirementResult("REQ-99", "Nothing", ())) == [f"    {NO_SCENARIO}"]


def test_a_passed_requirement_has_only_its_warnings(good: RunResult) -> None:
    assert reason_lines(good.requirements[0]) == []
    assert reason_lines(good.requirements[3]) == details(good.requirements[3])


def test_failure_lines_have_the_details_of_all_that_did_not_pass(
    broken: RunResult, good: RunResult
) -> None:
    assert failure_lines(good) == []
    lines = failure_lines(broken)
    assert lines[0] == "✗ REQ-03 The function may pass the MediaConvert role, and no other"
    assert lines[1:14] == [*details(broken.requirements[2]), ""]
    assert lines[14] == "? REQ-08 Terraform builds the package, and its handler imports"
    assert lines[15:] == [*details(broken.requirements[7]), ""]


def test_the_details_of_a_failure_fit_one_screen(broken: RunResult) -> None:
    assert details(broken.requirements[2]) == [
        "    features/access.feature:24  The function may pass the MediaConvert role, and no other",
        "      The function's role may pass more than the MediaConvert role.",
        "      Then the function's role may pass no other role, and to no other service",
        "        aws_iam_role_policy.function_pass_role.policy.Statement.0.Resource",
        "          expected  arn:aws:iam::111122223333:role/video-mediaconvert-pr42",
        '          found     ["arn:aws:iam::111122223333:role/*"]',
        "          at        terraform/access.tf:88",
        "        aws_iam_role_policy.function_pass_role.policy.Statement.0.Condition",
        "          expected  StringEquals iam:PassedToService = mediaconvert.amazonaws.com",
        "          found     no condition",
        "          at        terraform/access.tf:84",
        "    explained in docs/requirements/REQ-03.md",
    ]


def test_the_details_of_an_undetermined_requirement(broken: RunResult) -> None:
    lines = details(broken.requirements[7])

    assert "        data.archive_file.function.output_base64sha256 (undecided)" in lines
    assert "          found     unknown until apply" in lines


def test_the_details_of_a_waiver(waived: RunResult) -> None:
    lines = details(waived.requirements[4])

    assert lines[0].startswith("    Waived until 2027-03-31 for aws_s3_bucket.media")
    assert "          at        terraform/storage.tf:31" in lines


def test_the_details_of_a_passed_requirement_are_its_warnings(good: RunResult) -> None:
    assert details(good.requirements[0]) == []
    assert details(good.requirements[3]) == [
        "    warning: python3.11 ends on 2027-06-30, in 154 days: plan the move to python3.13."
    ]


def test_more_than_fits_is_counted(hostile: RunResult) -> None:
    lines = details(hostile.requirements[0], limit=3)

    assert sum(line.startswith("          expected  ") for line in lines) == 3
    assert "      and 2,665 more findings, in the reports" in lines


def test_a_scenario_without_evidence_gives_its_reason(broken: RunResult) -> None:
    scenario = replace(broken.requirements[7].scenarios[0], evidence=(), reason="Nothing matched.")
    bare = replace(broken.requirements[7], scenarios=(scenario,))

    assert details(bare) == [
        "    features/function.feature:64  Terraform builds the package, and its handler imports",
        "      Nothing matched.",
        "    explained in docs/requirements/REQ-08.md",
    ]


def test_a_requirement_without_a_scenario() -> None:
    assert details(RequirementResult("REQ-99", "Nothing", ())) == [f"    {NO_SCENARIO}"]


def test_the_summary_of_a_broken_run(broken: RunResult) -> None:
    assert summary_lines(broken, width=90) == [
        "note: No Terraform was found, so a recording of 2027-01-20 was judged; its digest matches",
        "      the sources.",
        "✗ 11 of 13 requirements passed, 1 failed, 1 undetermined, in 12 s",
        "  look first at REQ-03 The function may pass the MediaConvert role, and no other (failed)",
        "    aws_iam_role_policy.function_pass_role.policy.Statement.0.Resource",
        "      expected  arn:aws:iam::111122223333:role/video-mediaconvert-pr42",
        '      found     ["arn:aws:iam::111122223333:role/*"]',
        "      at        terraform/access.tf:88",
        "    explained in docs/requirements/REQ-03.md",
        "  warning: REQ-04: python3.11 ends on 2027-06-30, in 154 days: plan the move to",
        "           python3.13.",
    ]


def test_the_summary_of_other_runs(good: RunResult, waived: RunResult, empty: RunResult) -> None:
    assert summary_lines(good)[0] == "✓ 13 of 13 requirements passed, in 12 s"
    assert summary_lines(waived)[0] == "✓ 12 of 13 requirements passed, 1 waived, in 12 s"
    assert summary_lines(empty) == ["✗ No requirement was judged, in 12 s"]


def test_no_value_moves_the_cursor(hostile: RunResult) -> None:
    moving = replace(hostile.requirements[0], id="REQ\r1", title="a\x1b[2J\n\u202eb")
    lines = [
        *(requirement_line(r, colour=False, width=900) for r in (moving, *hostile.requirements)),
        *details(hostile.requirements[0]),
        *summary_lines(hostile),
    ]

    assert lines[0].startswith("✗ REQ\\x0d1  a\\x1b[2J \\u202eb  ")
    for line in lines:
        assert not CONTROL.search(line)
