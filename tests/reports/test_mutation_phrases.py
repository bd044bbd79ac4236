"""Phrases on mutation testing that every report shares."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest

from planproof.mutation_results import MutantStatus
from planproof.reports import mutation_phrases as phrases
from planproof.values import Verdict
from tests.reports import mutations
from tests.reports.mutations import HARMLESS, SURVIVOR, killed, mixed, nothing, trial


def test_the_tally() -> None:
    assert phrases.tally(killed()) == "7 of 7 killed (100 %)"
    assert (
        phrases.tally(mixed()) == "8 of 11 killed (72.7 %), 2 survived, 1 undecided, 1 equivalent"
    )
    assert phrases.tally(nothing()) == "no mutant was tested"
    assert phrases.tally(replace(nothing(), trials=(HARMLESS,))) == "1 equivalent"


@pytest.mark.parametrize(
    ("dead", "alive", "text"),
    [
        (415, 0, "100 %"),
        (412, 3, "99.3 %"),
        (9_999, 1, "99.9 %"),
        (1, 9_999, "0.1 %"),
        (0, 3, "0 %"),
    ],
)
def test_a_rate_is_never_rounded_to_all_or_nothing(dead: int, alive: int, text: str) -> None:
    one = killed().trials[0]
    trials = (one,) * dead + (SURVIVOR,) * alive

    assert phrases.percent(replace(killed(), trials=trials)) == text


@pytest.mark.parametrize(
    ("requirement", "sentence", "note"),
    [
        (
            "REQ-11",
            r"against 5 ways .* detected 4\. No other requirement detected 1 of them\.",
            r"tested against 5 ways, detected 4 \(1 .*no other\)",
        ),
        ("REQ-01", r"against 3 ways .* detected 3\.$", "tested against 3 ways, detected 3$"),
        ("REQ-03", r"against 2 ways .* detected 0\.$", "tested against 2 ways, detected 0$"),
        ("REQ-13", "No mutant of this stack", "no mutant of this stack"),
        ("REQ-08", "not tested .* because it does not pass", "not tested"),
        ("REQ-99", r"not tested with mutants\.$", "not tested"),
    ],
)
def test_the_counts_of_a_requirement(requirement: str, sentence: str, note: str) -> None:
    assert re.search(sentence, phrases.requirement_sentence(mixed(), requirement))
    assert re.match(note, phrases.requirement_note(mixed(), requirement))


def test_a_sample_has_its_size() -> None:
    assert phrases.sample_note(replace(mixed(), made=40)).startswith("12 of 40 ")
    assert phrases.sample_note(killed()) == ""


def test_a_sample_makes_no_claim_about_all_mutants() -> None:
    few = replace(mixed(), made=40)

    assert phrases.requirement_sentence(few, "REQ-13").startswith("None of the tested mutants ")
    assert phrases.requirement_note(few, "REQ-13").startswith("no tested mutant ")
    for_all = phrases.requirement_sentence(mixed(), "REQ-03")
    assert phrases.requirement_sentence(few, "REQ-03") == for_all


def test_killers_with_their_verdict() -> None:
    undetermined = replace(mutations.kill("REQ-02"), verdict=Verdict.UNDETERMINED)

    assert phrases.killers(trial("x", "y", mutations.kill("REQ-01"), undetermined)) == (
        "REQ-01, REQ-02 (undetermined)"
    )


def test_the_conditions_of_the_run() -> None:
    assert phrases.run_conditions(mixed()) == "in 12 s by 2 processes, seed 0"
    assert phrases.run_conditions(mutations.nothing()) == "in 0.0 s by 1 process, seed 0"


def test_every_status_has_a_meaning() -> None:
    assert set(phrases.STATUS_MEANINGS) == set(MutantStatus)


def test_long_values_are_shown_where_they_differ() -> None:
    before, after = phrases.before_and_after(SURVIVOR, 110)

    assert "before" in before
    assert "after" in after
    assert before.startswith("…")
    assert before.endswith("…")
    assert max(len(before), len(after)) < 80


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("true", "false", ("true", "false")),
        ("", "x", ("(nothing)", "x")),
        ("x" * 200, "", ("x" * 50 + "… (150 more characters)", "(nothing)")),
        # One contains the other: nothing counts as common start and common end.
        ("ab" * 60, "ab" * 59, ("…" + "ab" * 16, "…" + "ab" * 15)),
    ],
)
def test_before_and_after(before: str, after: str, shown: tuple[str, str]) -> None:
    assert phrases.before_and_after(trial("x", "y", before=before, after=after), 50) == shown


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        (["REQ-01", "REQ-02", "REQ-11"], ("REQ-", ["01", "02", "11"])),
        (["REQ-03"], ("REQ-", ["03"])),
        (["SEC-1", "NET-1"], ("", ["SEC-1", "NET-1"])),
        (["A-", "A-1"], ("", ["A-", "A-1"])),
        ([], ("", [])),
    ],
)
def test_heads_of_narrow_columns(ids: list[str], found: tuple[str, list[str]]) -> None:
    assert phrases.column_heads(ids) == found


def test_a_command_survives_the_shell() -> None:
    odd = trial("drop", 'aws_s3_bucket.a["it\'s $(here)"]')

    words = shlex.split(phrases.rerun_command(nothing(), odd))
    assert words == ["planproof", "mutants", "--mutant", odd.id]


def test_a_command_has_the_seed() -> None:
    assert phrases.rerun_command(replace(mixed(), seed=7), trial("drop", "a.b")).endswith(
        " 'drop a.b' --mutants-seed 7"
    )
