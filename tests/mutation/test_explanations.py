"""Reading the explanations of mutants, such as equivalents.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.mutation.explanations import Explanation, read_explanations, reason_for, unused
from planproof.mutation_results import MutantStatus, Trial
from tests.builders.repository import ROOT


def read_equivalents(path: Path | None) -> tuple[Explanation, ...]:
    return read_explanations(path, "--equivalents")


def read(tmp_path: Path, text: str) -> tuple[Explanation, ...]:
    file = tmp_path / "equivalents.toml"
    file.write_text(text, "utf-8")
    return read_equivalents(file)


def test_entries_are_read_in_their_order(tmp_path: Path) -> None:
    text = """
        [[equivalent]]
        mutant = "drop aws_x.y"
        reason = "  an alias  "

        [[equivalent]]
        mutant = ["flip aws_x.*", "unset aws_x.*"]
        reason = "twice the same"
    """
    assert read(tmp_path, text) == (
        Explanation("drop aws_x.y", "an alias"),
        Explanation("flip aws_x.*", "twice the same"),
        Explanation("unset aws_x.*", "twice the same"),
    )


def test_there_may_be_no_file_and_no_entry(tmp_path: Path) -> None:
    assert read_equivalents(None) == ()
    assert read(tmp_path, "") == ()
    assert read(tmp_path, "equivalent = []") == ()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[[equivalent]]\nreason = 'x'", "entry 1 of {} has no mutant"),
        ("[[equivalent]]\nmutant = 'x'", "entry 1 of {} has no reason"),
        ("[[equivalent]]\nmutant = ' '\nreason = 'x'", "entry 1 of {} has no mutant"),
        ("[[equivalent]]\nmutant = 'x'\nreason = ''", "entry 1 of {} has no reason"),
        ("[[equivalent]]\nmutant = []\nreason = 'x'", "entry 1 of {} has no mutant"),
        ("[[equivalent]]\nmutant = ['x', 5]\nreason = 'x'", "entry 1 of {} has no mutant"),
        ("[[equivalent]]\nmutant = 5\nreason = 'x'", "entry 1 of {} has no mutant"),
        ("[[equivalent]]\nmutant = 'x'\nreason = ['x', 'y']", "entry 1 of {} has no reason"),
        (
            "[[equivalent]]\nmutant = 'x'\nreason = 'x'\n[[equivalent]]\nmutant = 'y'",
            "entry 2 of {} has no reason",
        ),
        ("[equivalent]\nmutant = 'x'", "entry 1 of {} has no reason"),
        ("equivalent = 'x'", "entry 1 of {} has no mutant"),
        ("equivalent = ['x']", "entry 1 of {} has no mutant"),
        ("[[waiver]]\nmutant = 'x'\n[other]", "{} has the unknown keys other, waiver"),
    ],
)
def test_malformed_entries_are_rejected(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(PlanproofError) as raised:
        read(tmp_path, text)
    assert raised.value.what == what.format(tmp_path / "equivalents.toml")
    assert raised.value.todo


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[survivor]]\nreason = 'x'\nmutants = ['y']", 1),
        ("# why\n\n[[equivalent]]\nmutant = 'x'\nreason = 'x'\n  [[ survivor ]]\n", 6),
        ("[survivor]\nreason = 'x'", 1),
        ("survivor = []", 1),
    ],
)
def test_the_old_form_is_rejected_with_its_line_and_the_way_to_the_new_one(
    tmp_path: Path, text: str, line: int
) -> None:
    with pytest.raises(PlanproofError) as raised:
        read(tmp_path, text)
    assert raised.value.what.startswith(f"{tmp_path / 'equivalents.toml'}:{line} ")
    for word in ("[[equivalent]] for [[survivor]]", "mutant for mutants"):
        assert word in raised.value.todo


def test_unreadable_files_are_rejected(tmp_path: Path) -> None:
    file = tmp_path / "equivalents.toml"
    with pytest.raises(PlanproofError, match=r"equivalents\.toml does not exist"):
        read_equivalents(file)
    with pytest.raises(PlanproofError, match="cannot be read"):
        read_equivalents(tmp_path)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(PlanproofError, match=r"cannot be read \(.*utf-8"):
        read_equivalents(file)
    with pytest.raises(PlanproofError, match=r"cannot be read \(.*line 1"):
        read(tmp_path, "[[equivalent]")


@pytest.mark.parametrize(
    ("pattern", "identifier", "covered"),
    [
        ("drop aws_x.y", "drop aws_x.y", True),
        ("drop aws_x.y", "drop aws_x.yz", False),
        ("drop aws_x.y", "DROP aws_x.y", False),
        ("drop *", "drop aws_x.y", True),
        ("drop *", "drop-statement aws_x.y.policy[S]", False),
        ("* aws_x.y.policy[S]", "flip-effect aws_x.y.policy[S]", True),
        ("* aws_x.y.policy[S]", "flip-effect aws_x.y.policyS", False),
        ("drop aws_x.y[0]", "drop aws_x.y[0]", True),
        ("drop aws_x.y[0]", "drop aws_x.y0", False),
        ('drop aws_x.y["a"]', 'drop aws_x.y["a"]', True),
        ('drop aws_x.y["a"]', "drop aws_x.ya", False),
        ('drop aws_x.y["*"]', 'drop aws_x.y["in"]', True),
        ("drop aws_x.y[!0]", "drop aws_x.y1", False),
        ("drop aws_x.y[!0]", "drop aws_x.y[!0]", True),
    ],
)
def test_which_mutants_an_entry_covers(pattern: str, identifier: str, covered: bool) -> None:
    assert Explanation(pattern, "why").covers(identifier) is covered


def test_the_first_matching_reason_counts() -> None:
    entries = (Explanation("drop *", "first"), Explanation("drop aws_x.y", "second"))
    assert reason_for("drop aws_x.y", entries) == "first"
    assert reason_for("flip aws_x.y", entries) == ""


def test_explanations_that_explain_nothing_are_unused() -> None:
    def trial(identifier: str, status: MutantStatus) -> Trial:
        return Trial(identifier, "drop", "aws_x.y", "", "", "", status)

    trials = [
        trial("drop aws_x.y", MutantStatus.EQUIVALENT),
        trial("drop aws_x.z", MutantStatus.KILLED),
    ]
    used, unneeded = Explanation("drop *", "why"), Explanation("drop aws_x.z", "why")
    assert unused([used, unneeded], trials) == [unneeded]


@pytest.mark.parametrize("file", ["equivalents.toml", "tests/custom_checks/survivors.toml"])
def test_the_entries_of_this_project_are_valid(file: str) -> None:
    assert len(read_equivalents(ROOT / file)) > 10
