"""The main job on the shipped stack, as tox runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders.repository import ROOT
from tests.builders.requirements import ALL

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


def judge(
    reports: Path, *arguments: str, path: str | None = None
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Run the main job; returns the process and compliance.json."""
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "--compliance"]
    environ = os.environ | ({"PATH": path} if path is not None else {})
    done = subprocess.run(
        [*command, "--report-dir", str(reports), *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=570,
    )
    file = reports / "compliance.json"
    return done, json.loads(file.read_text("utf-8")) if file.is_file() else {}


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {entry["id"]: entry["status"] for entry in report["requirements"]}


@pytest.fixture
def no_terraform(tmp_path: Path) -> str:
    """A PATH with git and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").symlink_to(shutil.which("git") or "/usr/bin/git")
    return str(folder)


def test_the_shipped_sources_meet_every_requirement(tmp_path: Path) -> None:
    done, report = judge(tmp_path / "reports")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ALL)} of {len(ALL)} requirements passed" in done.stdout
    assert statuses(report) == dict.fromkeys(ALL, "passed")
    assert report["summary"]["source"].startswith(("Terraform", "OpenTofu"))
    assert all(s["evidence"] for r in report["requirements"] for s in r["scenarios"])
    for name in ("compliance.md", "compliance.html", "junit.xml"):
        assert (tmp_path / "reports" / name).stat().st_size > 1000


def test_the_recording_equals_a_fresh_resolution() -> None:
    command = [sys.executable, "-m", "planproof.cli", "record", "--verify"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=570)
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_terraform_the_recording_is_used_and_every_report_says_so(
    tmp_path: Path, no_terraform: str
) -> None:
    done, report = judge(tmp_path / "reports", path=no_terraform)
    assert done.returncode == 0, done.stdout + done.stderr
    assert statuses(report) == dict.fromkeys(ALL, "passed")
    notice = "No Terraform binary was found"
    assert notice in done.stdout
    assert report["summary"]["notices"][0].startswith(notice)
    for name in ("compliance.md", "compliance.html"):
        assert notice in (tmp_path / "reports" / name).read_text("utf-8")[:30_000]


def test_without_terraform_changed_sources_are_refused(tmp_path: Path, no_terraform: str) -> None:
    for folder in ("terraform", "lambda"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    with (tmp_path / "lambda" / "lambda_function.py").open("a") as file:
        file.write("# changed\n")
    arguments = ("--terraform-dir", str(tmp_path / "terraform"))
    done, report = judge(tmp_path / "reports", *arguments, path=no_terraform)
    assert done.returncode not in (0, 1)
    assert not report
    output = done.stdout + done.stderr
    for fact in ("no terraform binary", "terraform.json", "other sources", "planproof record"):
        assert fact in output
    assert "Traceback" not in output


def test_unknown_values_of_a_plan_are_undetermined(tmp_path: Path) -> None:
    from planproof.terraform.aws_endpoint import aws_endpoint
    from planproof.terraform.binary import find_binary
    from planproof.terraform.workspace import Workspace

    workspace = Workspace.cached(ROOT / "terraform", find_binary(), tmp_path / "cache")
    with aws_endpoint() as endpoint, workspace.prepared():
        workspace.endpoint = endpoint
        workspace.terraform("plan", "-input=false", "-no-color", "-out=made.tfplan")
        plan = tmp_path / "plan.json"
        plan.write_text(workspace.terraform("show", "-json", "made.tfplan"), "utf-8")
    done, report = judge(tmp_path / "reports", "--plan", str(plan))
    assert done.returncode == 1, done.stdout + done.stderr
    found = statuses(report)
    assert found["REQ-05"] == "passed"  # constants, which a plan knows
    for unknown in ("REQ-03", "REQ-06", "REQ-07", "REQ-11"):
        assert found[unknown] == "undetermined", unknown
    assert "failed" not in found.values()
    assert "Traceback" not in done.stdout
