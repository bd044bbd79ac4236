"""Mutants in a terminal: readable, with commands to copy, within its width."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from planproof.mutation_results import MutationResult
from planproof.reports.mutation_phrases import HEADING, NO_MUTANT, UNTESTED, WITHOUT_KILLS
from planproof.reports.mutation_terminal import mutation_lines
from planproof.reports.terminal import summary_lines
from planproof.reports.text import columns
from planproof.results import RunResult
from tests.reports import mutations
from tests.reports.limits import CONTROL
from tests.reports.mutations import FAR, killed, large, mixed, nothing, survivors, with_mutation

COMMAND = "planproof mutants --mutant "


def lines_of(mutation: MutationResult, *, unicode: bool = True, width: int = 100) -> list[str]:
    return mutation_lines(mutation, unicode=unicode, width=width)


def test_all_killed() -> None:
    lines = lines_of(killed())

    assert lines[0] == HEADING
    assert "changed in 7 ways" in lines[1]
    start = lines.index("                 01 05 07 11  all  missed")
    assert "(columns, REQ-…)" in lines[start - 2]
    assert lines[start : start + 6] == [
        "                 01 05 07 11  all  missed",
        "  drop-resource   3  ·  ·  3    3       ·",
        "  flip-attribute  ·  3  ·  ·    3       ·",
        "  literal-region  ·  ·  1  ·    1       ·",
        "",
        "  REQ-01  tested against 3 ways, detected 3",
    ]
    assert lines[-1] == "✓ 7 of 7 killed (100 %); in 12 s by 2 processes, seed 0"
    text = "\n".join(lines)
    for absent in (
        "survived:",
        "undecided:",
        "distant",
        WITHOUT_KILLS,
        "not tested",
        COMMAND,
    ):
        assert absent not in text


def test_survivors_have_their_change_and_their_command() -> None:
    lines = lines_of(mixed())
    [at] = [at for at, line in enumerate(lines) if line.startswith("  survived: ")]

    assert lines[at + 4 :] == [
        "      read by REQ-03, REQ-11",
        "      planproof mutants --mutant 'widen-resource "
        "aws_iam_role_policy.function_pass_role.policy.Statement.0.Resource'",
        '    ✗ flip-attribute aws_s3_bucket.media["input"].tags',
        "      (nothing) -> {}",
        "      no requirement reads it",
        "      planproof mutants --mutant 'flip-attribute aws_s3_bucket.media[\"input\"].tags'",
        "",
        "✗ 8 of 11 killed (72.7 %), 2 survived, 1 undecided, 1 equivalent; in 12 s by 2 processes, "
        "seed 0",
    ]
    assert "before" in lines[at + 2]
    assert "after" in lines[at + 3]


def test_matrix_requirements_distant_kills_and_undecided_mutants() -> None:
    lines = lines_of(mixed())

    for line in (
        "  flip-attribute    ·  ·  3  ·  ·  ·    4       1",
        "  REQ-03  tested against 2 ways, detected 0",
        "  REQ-11  tested against 5 ways, detected 4 (1 detected by no other)",
        "  REQ-13  no mutant of this stack concerns it",
        f"  {WITHOUT_KILLS}: REQ-03, REQ-13",
        f"  {UNTESTED}: REQ-08",
        "    REQ-11 detected drop-vpc aws_lambda_function.video.vpc_config",
        "      The queue names no key.",
        "    ? dangle-reference aws_lambda_function.video.role",
        "      The step of REQ-03 crashed on it: KeyError.",
        "      planproof mutants --mutant 'dangle-reference aws_lambda_function.video.role'",
    ):
        assert line in lines


def test_a_sample_makes_no_claim_about_all_mutants() -> None:
    lines = lines_of(replace(mixed(), made=40))

    assert [line for line in lines if line.startswith("  12 of 40 ")]
    assert "  REQ-03  tested against 2 ways, detected 0" in lines
    assert not [line for line in lines if line.startswith(("  REQ-13", f"  {WITHOUT_KILLS}"))]


def test_a_single_mutant_has_its_kills_with_their_reasons() -> None:
    lines = lines_of(replace(killed(), trials=killed().trials[:1]))

    [at] = [at for at, line in enumerate(lines) if line.startswith("  killed: ")]
    assert lines[at + 1 :] == [
        '    ✓ drop-resource aws_s3_bucket.media["input"]',
        "      aws_s3_bucket -> (nothing)",
        "      REQ-01 failed: A scenario: It is not there.",
        "      REQ-11 failed: A scenario: It is not there.",
        "",
        "✓ 1 of 1 killed (100 %); 1 of 7 tested; in 12 s by 2 processes, seed 0",
    ]


def test_undecided_mutants_are_no_success() -> None:
    lines = lines_of(replace(mixed(), trials=(mutations.OPEN,)))

    assert lines[-1].startswith("✗ 0 of 1 killed (0 %), 1 undecided; ")


def test_no_mutant_is_no_success() -> None:
    assert lines_of(nothing()) == [
        HEADING,
        f"  {NO_MUTANT}",
        "✗ no mutant was tested; in 0.0 s by 1 process, seed 0",
    ]


def test_twenty_requirements_fit_into_a_hundred_columns() -> None:
    lines = lines_of(large())
    [head] = [line for line in lines if line.endswith(" all  missed")]

    assert head.split() == [*(f"{number:02}" for number in range(1, 21)), "all", "missed"]
    assert sum(line.startswith("  operator-") for line in lines) == 25
    assert max(columns(line) for line in lines) <= 100


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_narrow_terminal_gets_the_matrix_in_blocks(width: int, unicode: bool) -> None:
    lines = lines_of(large(), width=width, unicode=unicode)
    heads = [line.split()[:-2] for line in lines if line.endswith(" all  missed")]

    assert len(heads) > 1
    assert [head for block in heads for head in block] == [f"{n:02}" for n in range(1, 21)]
    assert max(columns(line) for line in lines) <= width


def test_only_commands_are_wider_than_the_terminal() -> None:
    lines = lines_of(mixed(), width=60)
    assert any(columns(line) > 60 for line in lines)
    for line in lines:
        assert columns(line) <= 60 or line.strip().startswith(COMMAND)


def test_ascii_for_terminals_without_unicode() -> None:
    some = mixed()
    odd = replace(mutations.SURVIVOR, operator="größer", id="größer aws…", after="→")
    named = (*some.requirements, "REQ-ü")
    lines = lines_of(
        replace(some, trials=(*some.trials, odd), requirements=named), unicode=False, width=70
    )

    assert "  flip-attribute    .  .  3  .  .  . .    4       1" in lines
    assert "  gr??er            .  .  .  .  .  . .    1       1" in lines
    assert any(line.startswith("x 8 of 12 killed") for line in lines)
    for line in lines:
        assert line.isascii()


@pytest.mark.parametrize(("number", "more"), [(10, 0), (11, 1), (1_234, 1_224)])
def test_more_survivors_than_fit_are_counted(number: int, more: int) -> None:
    lines = lines_of(survivors(number))

    assert sum(line.strip().startswith(COMMAND) for line in lines) == 10
    counted = [line for line in lines if line.endswith("more survivors, in the reports")]
    assert counted == ([f"    and {more:,} more survivors, in the reports"] if more else [])


def test_more_distant_kills_and_undecided_mutants_than_fit_are_counted() -> None:
    far = tuple(replace(FAR, id=f"far {number}") for number in range(7))
    undecided = tuple(replace(mutations.OPEN, id=f"open {number}") for number in range(8))
    lines = lines_of(replace(mixed(), trials=far + undecided))

    assert "    and 2 more distant kills, in the reports" in lines
    assert "    and 3 more undecided, in the reports" in lines


def test_the_requirements_come_after_the_mutants(mutated: RunResult) -> None:
    lines = summary_lines(mutated)
    at = lines.index("✓ 13 of 13 requirements passed, in 12 s")

    assert lines[0] == HEADING
    assert lines[at - 2].startswith("✗ 8 of 11 killed")
    assert lines[at - 1] == ""
    assert lines[at + 1] == (
        "✗ mutants: 8 of 11 killed (72.7 %), 2 survived, 1 undecided, 1 equivalent"
    )


def test_without_mutants_there_is_no_line_about_them(good: RunResult, mutated: RunResult) -> None:
    lines = summary_lines(good)
    with_ = summary_lines(mutated)

    assert lines[0] == "✓ 13 of 13 requirements passed, in 12 s"
    assert not [line for line in lines if "mutant" in line]
    all_killed = summary_lines(with_mutation(good, killed()))
    assert "✓ mutants: 7 of 7 killed (100 %)" in all_killed
    assert [line for line in with_[with_.index(lines[0]) :] if "mutants" not in line] == lines


def test_a_run_ends_well_only_if_its_own_mutants_pass(good: RunResult, mutated: RunResult) -> None:
    assert good.ended_well
    assert with_mutation(good, killed()).ended_well
    assert mutated.passed
    assert not mutated.ended_well
    assert replace(mutated, mutation_kept=True).ended_well
    assert not with_mutation(good, nothing()).ended_well


def test_an_earlier_measurement_is_one_line(mutated: RunResult) -> None:
    lines = summary_lines(replace(mutated, mutation_kept=True))

    assert lines[0] == "✓ 13 of 13 requirements passed, in 12 s"
    assert lines[1].startswith("✗ mutants: 8 of 11 killed")


def test_no_value_moves_the_cursor(hostile_mutated: RunResult) -> None:
    for unicode in (True, False):
        lines = summary_lines(hostile_mutated, unicode=unicode)

        assert any(re.match(r". 300 of 900 killed", line) for line in lines)
        for line in lines:
            assert not CONTROL.search(line)


def test_a_run_of_one_requirement(good: RunResult) -> None:
    one = replace(killed(), requirements=("REQ-01",), trials=killed().trials[:0])

    assert summary_lines(with_mutation(good, one))[0] == HEADING
