"""The words of mutation testing that every report shares."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from planproof.mutation_results import Fate
from planproof.reports import mutation_words as said
from planproof.verdicts import Verdict
from tests.reports import mutations
from tests.reports.mutations import HARMLESS, SURVIVOR, killed, mixed, nothing, trial


def test_the_tally() -> None:
    assert said.tally(killed()) == "7 of 7 killed (100 %)"
    assert said.tally(mixed()) == "8 of 11 killed (72.7 %), 2 survived, 1 undecided, 1 equivalent"
    assert said.tally(nothing()) == "no mutant was tried"
    assert said.tally(replace(nothing(), trials=(HARMLESS,))) == "1 equivalent"


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

    assert said.percent(replace(killed(), trials=trials)) == text


@pytest.mark.parametrize(
    ("requirement", "sentence", "shortly"),
    [
        (
            "REQ-11",
            "This requirement was tested against 5 ways of breaking it, and caught 4. "
            "Nobody else noticed 1 of them.",
            "tested against 5 ways, caught 4 (1 that nobody else noticed)",
        ),
        (
            "REQ-01",
            "This requirement was tested against 3 ways of breaking it, and caught 3.",
            "tested against 3 ways, caught 3",
        ),
        (
            "REQ-03",
            "This requirement was tested against 2 ways of breaking it, and caught 0.",
            "tested against 2 ways, caught 0",
        ),
        (
            "REQ-13",
            "No mutant of this stack tests this requirement.",
            "no mutant of this stack tests it",
        ),
        (
            "REQ-08",
            "Whether this requirement notices mistakes was not tested, since it does not pass on "
            "the stack as it is.",
            "not tested",
        ),
        ("REQ-99", "Whether this requirement notices mistakes was not tested.", "not tested"),
    ],
)
def test_how_a_requirement_did(requirement: str, sentence: str, shortly: str) -> None:
    assert said.tested(mixed(), requirement) == sentence
    assert said.tested_shortly(mixed(), requirement) == shortly


def test_a_choice_among_all_mutants_is_told() -> None:
    assert said.chosen(replace(mixed(), made=40)) == "12 of 40 ways to break this stack were tried."
    assert said.chosen(killed()) == ""


def test_of_a_few_that_were_chosen_nothing_is_said_of_all() -> None:
    few = replace(mixed(), made=40)

    assert said.tested(few, "REQ-13") == (
        "None of the mutants that were tried tests this requirement."
    )
    assert said.tested_shortly(few, "REQ-13") == "no mutant that was tried tests it"
    assert said.tested(few, "REQ-03") == said.tested(mixed(), "REQ-03")


def test_who_noticed() -> None:
    open_ = replace(mutations.kill("REQ-02"), verdict=Verdict.UNDETERMINED)

    assert said.noticed_by(trial("x", "y", mutations.kill("REQ-01"), open_)) == (
        "REQ-01, REQ-02 (undetermined)"
    )


def test_who_worked_on_it() -> None:
    assert said.made_how(mixed()) == "in 12 s by 2 processes, seed 0"
    assert said.made_how(mutations.nothing()) == "in 0.0 s by 1 process, seed 0"


def test_every_fate_has_its_meaning() -> None:
    assert set(said.FATES) == set(Fate)


def test_long_values_are_shown_where_they_differ() -> None:
    before, after = said.change(SURVIVOR, 110)

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
        # One is the other with a part left out: nothing is counted as common twice.
        ("ab" * 60, "ab" * 59, ("…" + "ab" * 16, "…" + "ab" * 15)),
    ],
)
def test_changes(before: str, after: str, shown: tuple[str, str]) -> None:
    assert said.change(trial("x", "y", before=before, after=after), 50) == shown


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
    assert said.heads(ids) == found


def test_a_command_survives_the_shell() -> None:
    odd = trial("drop", 'aws_s3_bucket.a["it\'s $(here)"]')

    assert shlex.split(said.command(nothing(), odd)) == ["planproof", "mutants", "--mutant", odd.id]


def test_a_command_asks_for_the_same_choices() -> None:
    assert said.command(replace(mixed(), seed=7), trial("drop", "a.b")).endswith(
        " 'drop a.b' --mutants-seed 7"
    )
