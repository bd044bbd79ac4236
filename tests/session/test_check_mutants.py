"""The command: blind checks survive, a crash is no kill, and errors say what to do."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from planproof.checkov_runner import CheckConclusion
from planproof.mutation.checks.generate import mutants
from planproof.mutation.checks.judge import trial_of
from planproof.mutation_results import MutantStatus
from planproof.session.check_mutants import main
from tests.mutation.checks.example_builders import BUCKETS, example, project

SEES = 'conf.get("force_destroy") == [True]'
BLIND = 'conf.get("force_destroy") != [False]'
CRASHES = 'conf["force_destroy"] == [True]'
NAME = """
[[equivalent]]
reason = "the requirement concerns the objects, not the name"
mutant = ["keeps_nothing/pass/*/bucket"]
"""
REPAIRED = """
[[equivalent]]
reason = "then the requirement is met"
mutant = ["keeps_nothing/fail/*/flip-boolean/force_destroy"]
"""


def explained(folder: Path, text: str) -> list[str]:
    (folder / "survivors.toml").write_text(text)
    return ["--explained", str(folder / "survivors.toml")]


def test_a_check_that_kills_all_is_good(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    options = project(tmp_path, SEES) + explained(tmp_path, NAME + REPAIRED)

    code = main([*options, "--report-dir", str(tmp_path / "out")])

    screen = capsys.readouterr()
    assert code == 0, screen.out
    assert "survived: " not in screen.out
    assert "2 killed, " in screen.out
    assert "mutants judged" in screen.err
    report = json.loads((tmp_path / "out" / "check-mutants.json").read_text())
    assert report["passed"] is True
    assert report["problems"] == []
    mutation = report["mutation"]
    assert mutation["rate"] == 1.0
    trials = {trial["id"]: trial for trial in mutation["trials"]}
    assert len(trials) == mutation["made"] == sum(mutation["counts"].values())
    dropped = trials["keeps_nothing/pass/aws_s3_bucket.pass/drop-attribute/force_destroy"]
    reason = dropped.pop("detail")
    kill = {
        "requirement": "keeps_nothing",
        "verdict": "failed",
        "scenario": "aws_s3_bucket.pass",
        "reason": reason,
        "near": True,
    }
    assert dropped == {
        "id": "keeps_nothing/pass/aws_s3_bucket.pass/drop-attribute/force_destroy",
        "operator": "drop-attribute",
        "address": "aws_s3_bucket.pass",
        "path": "force_destroy",
        "before": "  force_destroy = true",
        "after": "",
        "fate": "killed",
        "kills": [kill],
        "seen": ["keeps_nothing"],
        "reason": "",
        "seconds": 0.0,
        "side": "pass",
        "file": "main.tf",
        "line": 2,
        "subjects": ["aws_s3_bucket.pass"],
        "conclusion": "failed",
    }
    counts = Counter((t["side"], t["fate"], len(t["kills"])) for t in trials.values())
    assert counts["pass", "killed", 1] == 2  # dropped and flipped
    assert counts["pass", "equivalent", 0] == 3
    assert counts["fail", "equivalent", 0] == 1
    assert counts["fail", "killed", 0] > 0
    assert counts["fail", "killed", 1] == 0


def test_a_blind_check_has_survivors(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    options = project(tmp_path, BLIND) + explained(tmp_path, NAME)

    assert main(options) == 1

    output = capsys.readouterr().out
    assert "PROBLEM" not in output
    dropped = "keeps_nothing/pass/aws_s3_bucket.pass/drop-attribute/force_destroy"
    assert f"✗ {dropped}\n      force_destroy = true -> (nothing)\n" in output
    assert "\n      keeps_nothing/main.tf:2 passed" in output
    assert f"planproof mutants --mutant {dropped} --checks {options[1]} --examples" in output


def test_a_check_without_kills_is_not_good(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    by_name = '"fail" not in self.entity_path'
    everything = '[[equivalent]]\nreason = "all of it"\nmutant = ["keeps_nothing/pass/*"]\n'

    code = main(project(tmp_path, by_name) + explained(tmp_path, everything))

    output = capsys.readouterr().out
    assert code == 1
    assert "survived: " not in output
    assert "PROBLEM  keeps_nothing detects none" in output


def test_a_crash_is_no_kill(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    options = project(tmp_path, CRASHES) + explained(tmp_path, NAME + REPAIRED)

    assert main(options) == 1

    output = capsys.readouterr().out
    assert "? keeps_nothing/pass/aws_s3_bucket.pass/drop-attribute/force_destroy" in output
    assert "? keeps_nothing/fail/aws_s3_bucket.fail/drop-attribute/force_destroy" in output
    assert "survived: " not in output
    assert "PROBLEM" not in output


def test_an_unreadable_mutant_is_no_kill() -> None:
    mutant = mutants(example(BUCKETS))[0]

    conclusion = CheckConclusion("aws_s3_bucket.pass", "failed", "", "")
    unread = trial_of(mutant, [conclusion], ["main.tf"])

    assert unread.status is MutantStatus.UNDECIDED
    assert unread.reason == "Checkov cannot read main.tf"
    assert trial_of(mutant, [], []).status is MutantStatus.UNDECIDED


@pytest.mark.parametrize(
    ("said", "on_pass", "on_fail"),
    [
        ("passed", "survived", "survived"),
        ("not applicable", "survived", "survived"),
        ("failed", "killed", "kept"),
        ("undetermined", "killed", "kept"),
        ("crashed", "undecided", "undecided"),
    ],
)
def test_what_a_conclusion_means_on_each_side(said: Any, on_pass: str, on_fail: str) -> None:
    for side, outcome in (("pass", on_pass), ("fail", on_fail)):
        mutant = next(m for m in mutants(example(BUCKETS)) if m.side == side)
        address = f"aws_s3_bucket.{side}"
        trial = trial_of(mutant, [CheckConclusion(address, said, "why", "")], [])
        assert trial.outcome == outcome
        assert (trial.conclusion, trial.detail) == (said, "why")
        kills = [(kill.requirement, kill.scenario, kill.reason) for kill in trial.kills]
        assert kills == ([(mutant.check, address, "why")] if outcome == "killed" else [])


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
    stale = f'[[equivalent]]\nreason = "no longer"\nmutant = ["{entry}"]\n'

    code = main(project(tmp_path, SEES) + explained(tmp_path, NAME + REPAIRED + stale))

    output = capsys.readouterr().out
    assert code == 1
    assert problem in output
    assert output.count("PROBLEM") == 1
    assert "survived: " not in output


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [
        ("keeps_nothing/pass/aws_s3_bucket.pass/flip-boolean/force_destroy", 0, "killed: "),
        ("keeps_nothing/pass/aws_s3_bucket.pass/swap-string/bucket", 1, "survived: "),
    ],
)
def test_a_single_mutant_is_judged(
    name: str, code: int, word: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main([*project(tmp_path, SEES), "--mutant", name]) == code

    output = capsys.readouterr().out
    assert word in output
    assert name in output
    assert "keeps_nothing/main.tf:" in output
    assert "PROBLEM" not in output


def test_the_reason_of_a_single_explained_mutant_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    name = "keeps_nothing/pass/aws_s3_bucket.pass/swap-string/bucket"
    options = project(tmp_path, SEES) + explained(tmp_path, NAME)
    assert main([*options, "--mutant", name]) == 0
    output = capsys.readouterr().out
    assert "equivalent: " in output
    assert "the requirement concerns the objects, not the name" in output


def test_the_old_form_of_explanations_is_rejected(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    text = '# why\n[[survivor]]\nreason = "why"\nmutants = ["x"]\n'
    assert main(project(tmp_path, SEES) + explained(tmp_path, text)) == 2
    assert "survivors.toml:2 " in capsys.readouterr().err


def test_check_mutants_need_forks(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "fork")
    assert main(project(tmp_path, SEES)) == 2
    assert "fork" in capsys.readouterr().err


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
        ("equivalent = 1", "entry 1 of"),
        ('[[equivalent]]\nreason = ""\nmutant = ["x"]', "has no reason"),
        ('[[equivalent]]\nreason = "why"\nmutant = []', "has no mutant"),
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


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_a_number_of_workers_that_cannot_be(
    number: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    with pytest.raises(SystemExit) as refused:
        main([*project(tmp_path, SEES), f"--workers={number}"])
    assert refused.value.code == 2
    error = capsys.readouterr().err
    assert "--workers" in error
    assert number in error
