"""The command: blind checks survive, a crash is no kill, and errors say what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planproof.checkov_runner import CheckConclusion
from planproof.mutation.checks.command import main
from planproof.mutation.checks.generate import mutants
from planproof.mutation.checks.judge import judge_one
from tests.mutation.checks.example_builders import BUCKETS, example, project

SEES = 'conf.get("force_destroy") == [True]'
BLIND = 'conf.get("force_destroy") != [False]'
CRASHES = 'conf["force_destroy"] == [True]'
NAME = """
[[survivor]]
reason = "the requirement concerns the objects, not the name"
mutants = ["keeps_nothing/pass/*/bucket"]
"""
REPAIRED = """
[[survivor]]
reason = "then the requirement is met"
mutants = ["keeps_nothing/fail/*/flip-boolean/force_destroy"]
"""


def explained(folder: Path, text: str) -> list[str]:
    (folder / "survivors.toml").write_text(text)
    return ["--explained", str(folder / "survivors.toml")]


def test_a_check_that_kills_all_is_good(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    options = project(tmp_path, SEES) + explained(tmp_path, NAME + REPAIRED)

    code = main([*options, "--report-dir", str(tmp_path / "out")])

    screen = capsys.readouterr()
    assert code == 0, screen.out
    assert "SURVIVED" not in screen.out
    assert "mutants judged" in screen.err
    report = json.loads((tmp_path / "out" / "check-mutants.json").read_text())
    assert report["good"] is True
    assert report["total"]["killed"] == 2  # dropped and flipped
    assert report["total"]["explained"] == 3
    assert report["total"]["rate"] == 1.0
    assert {m["outcome"] for m in report["mutants"]} == {"killed", "kept", "survived"}


def test_a_blind_check_has_survivors(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    options = project(tmp_path, BLIND) + explained(tmp_path, NAME)

    assert main(options) == 1

    output = capsys.readouterr().out
    dropped = "keeps_nothing/pass/aws_s3_bucket.pass/drop-attribute/force_destroy"
    assert f"SURVIVED  {dropped}\n  keeps_nothing/main.tf:2\n  -   force_destroy = true" in output


def test_a_check_without_kills_is_not_good(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    by_name = '"fail" not in self.entity_path'
    everything = '[[survivor]]\nreason = "all of it"\nmutants = ["keeps_nothing/pass/*"]\n'

    code = main(project(tmp_path, by_name) + explained(tmp_path, everything))

    output = capsys.readouterr().out
    assert code == 1
    assert "SURVIVED" not in output
    assert "NO KILL  keeps_nothing " in output


def test_a_crash_is_no_kill(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    options = project(tmp_path, CRASHES) + explained(tmp_path, NAME + REPAIRED)

    assert main(options) == 1

    output = capsys.readouterr().out
    assert "CRASHED  keeps_nothing/pass/aws_s3_bucket.pass/drop-attribute/force_destroy" in output
    assert "CRASHED  keeps_nothing/fail/aws_s3_bucket.fail/drop-attribute/force_destroy" in output


def test_an_unreadable_mutant_is_no_kill() -> None:
    mutant = mutants(example(BUCKETS))[0]

    conclusion = CheckConclusion("aws_s3_bucket.pass", "failed", "", "")
    judged = judge_one(mutant, [conclusion], ["main.tf"])

    assert judged.outcome == "crashed"
    assert judge_one(mutant, [], []).outcome == "crashed"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (
            "keeps_nothing/pass/*/tags",
            '"keeps_nothing/pass/*/tags" explains no survivor',
        ),
        ("keeps_nothing/pass/*", "force_destroy, which is killed"),
    ],
)
def test_a_wrong_explanation_is_an_error(
    entry: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    stale = f'[[survivor]]\nreason = "no longer"\nmutants = ["{entry}"]\n'

    code = main(project(tmp_path, SEES) + explained(tmp_path, NAME + REPAIRED + stale))

    assert code == 1
    assert problem in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [
        ("keeps_nothing/pass/aws_s3_bucket.pass/flip-boolean/force_destroy", 0, "KILLED"),
        ("keeps_nothing/pass/aws_s3_bucket.pass/swap-string/bucket", 1, "SURVIVED"),
    ],
)
def test_a_single_mutant_is_judged(
    name: str, code: int, word: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main([*project(tmp_path, SEES), "--mutant", name]) == code

    assert f"{word}  {name}" in capsys.readouterr().out


def test_the_check_must_judge_its_example_by_the_names(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(project(tmp_path, "True")) == 2

    error = capsys.readouterr().err
    assert "keeps_nothing does not fail aws_s3_bucket.fail" in error


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        (lambda root: (root / "checks/keeps_nothing.py").unlink(), "there is no check in"),
        (lambda root: (root / "examples/more").mkdir(), "more is an example without a check"),
        (
            lambda root: (root / "checks/more.py").write_text(""),
            "more is a check without an example",
        ),
        (
            lambda root: (root / "checks/keeps_nothing.py").write_text("import nowhere"),
            "the custom check checks/keeps_nothing.py cannot be loaded",
        ),
        (
            lambda root: (root / "examples/keeps_nothing/main.tf").write_text(""),
            "the example of keeps_nothing has no block named pass",
        ),
    ],
)
def test_mistakes_of_the_user_are_reported(
    change, facts: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    options = project(tmp_path, SEES)
    change(tmp_path)

    assert main(options) == 2

    error = capsys.readouterr().err
    assert facts in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("survivor = 1", "entry 1 of"),
        ('[[survivor]]\nreason = ""\nmutants = ["x"]', "has no reason"),
        ('[[survivor]]\nreason = "why"\nmutants = []', "has no mutants"),
        ("[[", "cannot be read"),
    ],
)
def test_malformed_explanations_are_rejected(
    text: str, facts: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(project(tmp_path, SEES) + explained(tmp_path, text)) == 2

    assert facts in capsys.readouterr().err


def test_unknown_mutant_and_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    options = project(tmp_path, SEES)

    assert main([*options, "--mutant", "nothing/at/all"]) == 2
    assert main([*options, "--explained", str(tmp_path / "none.toml")]) == 2

    error = capsys.readouterr().err
    assert "there is no mutant nothing/at/all" in error
    assert "none.toml" in error
