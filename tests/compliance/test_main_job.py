"""The main job on what is shipped, without Terraform; ``tox -e compliance`` judges it with."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
from pathlib import Path

import pytest

from planproof import cli
from planproof.terraform.workspace import Workspace
from tests.builders.project import PLUGIN, Outcome, refused
from tests.builders.repository import ROOT
from tests.builders.requirements import ALL
from tests.builders.warm_process import run_warm

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


def judge(reports: Path, *arguments: str, path: str | None = None) -> Outcome:
    """Run the main job."""
    command = ["-c", "pyproject.toml", *PLUGIN, "-p", "no:cacheprovider", "--compliance"]
    environ = {**os.environ, **({"PATH": path} if path is not None else {})}
    command += ["--report-dir", str(reports), *arguments]
    return Outcome(*run_warm(command, ROOT, environ, timeout=570), reports)


@pytest.fixture
def no_terraform(tmp_path: Path) -> str:
    """A PATH with git and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").symlink_to(shutil.which("git") or "/usr/bin/git")
    return str(folder)


def test_without_terraform_the_recording_is_used_and_every_report_says_so(
    tmp_path: Path, no_terraform: str
) -> None:
    outcome = judge(tmp_path / "reports", path=no_terraform)
    assert outcome.code == 0, outcome.output
    assert outcome.statuses == dict.fromkeys(ALL, "passed")
    assert f"{len(ALL)} of {len(ALL)} requirements passed" in outcome.output
    assert all(s["evidence"] for r in outcome.report["requirements"] for s in r["scenarios"])
    notice = "No Terraform binary was found"
    assert notice in outcome.output
    assert outcome.report["summary"]["notices"][0].startswith(notice)
    for name in ("compliance.md", "compliance.html"):
        assert notice in (outcome.reports / name).read_text("utf-8")[:30_000]
    assert (outcome.reports / "junit.xml").stat().st_size > 1000


def test_without_terraform_changed_sources_are_refused(tmp_path: Path, no_terraform: str) -> None:
    for folder in ("terraform", "lambda"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    with (tmp_path / "lambda" / "lambda_function.py").open("a") as file:
        file.write("# changed\n")
    arguments = ("--terraform-dir", str(tmp_path / "terraform"))
    outcome = judge(tmp_path / "reports", *arguments, path=no_terraform)
    refused(outcome, "no terraform binary", "terraform.json", "other sources", "planproof record")


def verify(plan: Path) -> None:
    """Exit with the code of the command, whose plan is written to a file. For a fork."""
    run = Workspace.terraform

    def kept(workspace: Workspace, *arguments: str) -> str:
        output = run(workspace, *arguments)
        if arguments[0] == "show":
            plan.write_text(output, "utf-8")
        return output

    os.chdir(ROOT)
    pytest.MonkeyPatch().setattr(Workspace, "terraform", kept)
    sys.exit(cli.main(["record", "--verify"]))


def test_the_recording_equals_a_fresh_resolution_whose_plan_leaves_much_undetermined(
    tmp_path: Path,
) -> None:
    plan = tmp_path / "plan.json"
    command = multiprocessing.get_context("fork").Process(target=verify, args=(plan,))
    command.start()
    command.join()
    assert command.exitcode == 0

    outcome = judge(tmp_path / "reports", "--plan", str(plan))
    assert outcome.code == 1, outcome.output
    found = outcome.statuses
    assert found["REQ-05"] == "passed"  # constants, which a plan knows
    for unknown in ("REQ-03", "REQ-06", "REQ-07", "REQ-11"):
        assert found[unknown] == "undetermined", unknown
    assert "failed" not in found.values()
    assert "Traceback" not in outcome.output
