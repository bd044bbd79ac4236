"""What came of the mutants in a comment: compact, bounded, harmless."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from planproof.reports import compliance_md, mutation_md
from planproof.results import RunResult
from tests.reports.conftest import good_run
from tests.reports.mutations import killed, large, mixed, nothing, survivors, with_mutation
from tests.reports.test_report_md import GITHUB


def test_the_section_of_a_run_with_survivors(mutated: RunResult) -> None:
    text = compliance_md.render(mutated)

    for words in (
        "### ❌ Would it have been noticed? 8 of 11 killed (72.7 %), 2 survived, 1 undecided, "
        "1 equivalent\n\nThe stack was broken in 12 ways, one at a time,",
        "all would still pass.\nTried in 12 s by 2 processes, seed 0.\n",
        '\n- `flip-attribute aws_s3_bucket.media["input"].tags`: `(nothing)` → `{}`; '
        "no requirement looks at it\n"
        "  alone: `planproof mutants --mutant 'flip-attribute "
        'aws_s3_bucket.media["input"].tags\'`\n',
        "\n- `dangle-reference aws_lambda_function.video.role`: `true` → `false`; looked at by "
        "REQ-03\n  The step of REQ-03 crashed on it: KeyError.\n",
        "\nThese requirements noticed none of these mutants: REQ-03, REQ-13\n",
        "\nNot tested, since they do not pass on the stack as it is: REQ-08\n",
        "\n| Kind | 01 | 03 | 05 | 07 | 11 | 13 | all | missed |\n",
        "\n| flip-attribute | · | · | 3 | · | · | · | 4 | **1** |\n",
        "| `raise-number aws_sqs_queue.processing.delay_seconds` | `0` → `900` "
        "| No requirement bounds the delay; a late job is still a job. |\n",
        "| REQ-11 | `drop-vpc aws_lambda_function.video.vpc_config` | The queue names no key. |\n",
        "\nThis requirement was tested against 5 ways of breaking it, and caught 4. "
        "Nobody else noticed 1 of them.\n",
        "\nNo mutant of this stack tests this requirement.\n",
    ):
        assert words in text


def test_all_killed_is_a_success_and_lists_nothing() -> None:
    text = mutation_md.section(killed())

    assert text.startswith("### ✅ Would it have been noticed? 7 of 7 killed (100 %)\n")
    assert "**" not in text
    assert text.count("<details>") == text.count("</details>") == 1


def test_of_a_few_that_were_chosen_nothing_is_said_of_all() -> None:
    text = compliance_md.render(with_mutation(good_run(), replace(mixed(), made=40)))

    assert "\n12 of 40 ways to break this stack were tried. Tried in 12 s by 2 processes" in text
    assert "noticed none of these mutants" not in text
    assert "\nNone of the mutants that were tried tests this requirement.\n" in text


def test_nothing_tried_is_no_success() -> None:
    text = mutation_md.section(nothing())

    assert text.startswith("### ❌ Would it have been noticed? no mutant was tried\n")
    assert "No mutant was tried, so whether a mistake would be noticed is not known." in text
    assert "<details>" not in text


def test_without_mutants_nothing_is_said_of_them(good: RunResult) -> None:
    assert mutation_md.section(None) == ""
    assert "mutant" not in compliance_md.render(good)


def test_as_many_as_they_really_are_fit_with_the_matrix() -> None:
    text = compliance_md.render(with_mutation(good_run(), large()))

    assert len(re.findall(r"^\| operator-", text, re.MULTILINE)) == 25
    assert len(text) < GITHUB


@pytest.mark.parametrize(
    ("number", "more"), [(20, ""), (21, "… and 1 more"), (999, "and 979 more")]
)
def test_more_survivors_than_fit_are_counted(number: int, more: str) -> None:
    text = mutation_md.section(survivors(number))

    assert text.count("  alone: ") == 20
    assert f"{more}, in `compliance.json`" in text if more else "compliance.json" not in text


def test_a_hostile_result_stays_bounded_and_in_its_cells(hostile_mutated: RunResult) -> None:
    assert hostile_mutated.mutation
    text = mutation_md.section(hostile_mutated.mutation)
    rows = [line for line in text.splitlines() if line.startswith("|")]

    assert text.startswith("### ❌ Would it have been noticed? 300 of 900 killed (33.3 %), ")
    assert "… and 299 more, in `compliance.json`" in text
    assert len(text) < 20_000
    assert len(compliance_md.render(hostile_mutated)) < GITHUB
    assert {line.count("|") for line in rows} == {4}
    assert "@octocat" not in text
    assert "<script" not in text
    tags = set(re.findall(r"<[^>]*>", text))
    assert tags <= {
        "<details>", "<summary>", "</summary>", "</details>", "<code>", "</code>", "<!-- -->",
    }  # fmt: skip


def test_no_length_of_texts_loses_the_rate() -> None:
    """Even where not one mutant fits, the section says how many there were."""
    long = tuple(
        replace(trial, id="|" * 2_000 + trial.id, before="|" * 2_000, after="*" * 2_000)
        for trial in mixed().trials
    )
    text = mutation_md.section(replace(mixed(), trials=long))

    assert text.startswith("### ❌ Would it have been noticed? 8 of 11 killed (72.7 %), 2 survived")
    assert "The stack was broken in 12 ways" in text
    assert "alone: " not in text
    assert len(text) < 1_000
