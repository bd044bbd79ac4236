"""Mutants in a comment: short, bounded, escaped."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from planproof.reports import compliance_md, mutation_md
from planproof.reports.mutation_phrases import HEADING, UNTESTED, WITHOUT_KILLS
from planproof.results import RunResult
from tests.reports.conftest import good_run
from tests.reports.limits import COMMENT_LIMIT
from tests.reports.mutations import killed, large, mixed, nothing, survivors, with_mutation


def test_the_section_of_a_run_with_survivors(mutated: RunResult) -> None:
    text = compliance_md.render(mutated)

    for part in (
        f"### ❌ {HEADING} 8 of 11 killed (72.7 %), 2 survived, 1 undecided, 1 equivalent\n\n",
        "changed in 12 ways",
        "in 12 s by 2 processes, seed 0.\n",
        '\n- `flip-attribute aws_s3_bucket.media["input"].tags`: `(nothing)` → `{}`; '
        "no requirement reads it\n"
        "  run it alone: `planproof mutants --mutant 'flip-attribute "
        'aws_s3_bucket.media["input"].tags\'`\n',
        "\n- `dangle-reference aws_lambda_function.video.role`: `true` → `false`; read by "
        "REQ-03\n  The step of REQ-03 crashed on it: KeyError.\n",
        f"\n{WITHOUT_KILLS.capitalize()}: REQ-03, REQ-13\n",
        f"\n{UNTESTED.capitalize()}: REQ-08\n",
        "\n| Kind | 01 | 03 | 05 | 07 | 11 | 13 | all | missed |\n",
        "\n| flip-attribute | · | · | 3 | · | · | · | 4 | **1** |\n",
        "| `raise-number aws_sqs_queue.processing.delay_seconds` | `0` → `900` "
        "| No requirement bounds the delay; a late job is still a job. |\n",
        "| REQ-11 | `drop-vpc aws_lambda_function.video.vpc_config` | The queue names no key. |\n",
        "against 5 ways of breaking it and detected 4. No other requirement detected 1 of them.\n",
        "\nNo mutant of this stack concerns",
    ):
        assert part in text


def test_all_killed_is_a_success_without_lists() -> None:
    text = mutation_md.mutation_section(killed())

    assert text.startswith(f"### ✅ {HEADING} 7 of 7 killed (100 %)\n")
    assert "**" not in text
    assert text.count("<details>") == text.count("</details>") == 1


def test_a_sample_makes_no_claim_about_all_mutants() -> None:
    text = compliance_md.render(with_mutation(good_run(), replace(mixed(), made=40)))

    assert "\n12 of 40 " in text
    assert WITHOUT_KILLS.capitalize() not in text
    assert "\nNone of the tested mutants" in text


def test_no_mutant_is_no_success() -> None:
    text = mutation_md.mutation_section(nothing())

    assert text.startswith(f"### ❌ {HEADING} no mutant was tested\n")
    assert "No mutant was tested" in text
    assert "<details>" not in text


def test_without_mutants_there_is_no_section(good: RunResult) -> None:
    assert mutation_md.mutation_section(None) == ""
    assert "mutant" not in compliance_md.render(good)


def test_a_run_of_real_size_fits_with_the_matrix() -> None:
    text = compliance_md.render(with_mutation(good_run(), large()))

    assert len(re.findall(r"^\| operator-", text, re.MULTILINE)) == 25
    assert len(text) < COMMENT_LIMIT


@pytest.mark.parametrize(
    ("number", "more"), [(20, ""), (21, "… and 1 more"), (999, "and 979 more")]
)
def test_more_survivors_than_fit_are_counted(number: int, more: str) -> None:
    text = mutation_md.mutation_section(survivors(number))

    assert text.count("  run it alone: ") == 20
    assert f"{more}, in `compliance.json`" in text if more else "compliance.json" not in text


def test_a_hostile_result_stays_bounded_and_in_its_cells(hostile_mutated: RunResult) -> None:
    assert hostile_mutated.mutation
    text = mutation_md.mutation_section(hostile_mutated.mutation)
    rows = [line for line in text.splitlines() if line.startswith("|")]

    assert text.startswith(f"### ❌ {HEADING} 300 of 900 killed (33.3 %), ")
    assert "… and 299 more, in `compliance.json`" in text
    assert len(text) < 20_000
    assert len(compliance_md.render(hostile_mutated)) < COMMENT_LIMIT
    assert {line.count("|") for line in rows} == {4}
    assert "@octocat" not in text
    assert "<script" not in text
    tags = set(re.findall(r"<[^>]*>", text))
    assert tags <= {
        "<details>", "<summary>", "</summary>", "</details>", "<code>", "</code>", "<!-- -->",
    }  # fmt: skip


def test_the_kill_rate_stays_however_long_the_texts_are() -> None:
    """Even if not one mutant fits, the section has the counts."""
    long = tuple(
        replace(trial, id="|" * 2_000 + trial.id, before="|" * 2_000, after="*" * 2_000)
        for trial in mixed().trials
    )
    text = mutation_md.mutation_section(replace(mixed(), trials=long))

    assert text.startswith(f"### ❌ {HEADING} 8 of 11 killed (72.7 %), 2 survived")
    assert "changed in 12 ways" in text
    assert "run it alone: " not in text
    assert len(text) < 1_000
