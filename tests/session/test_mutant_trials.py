"""Of the shipped stack: those who look at a change notice all that anybody would notice."""

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

SAMPLE, SEED = 30, 5

pytestmark = pytest.mark.slow

EVERYBODY = """
from planproof.session.mutant_trials import MutantTrials

MutantTrials._affected = lambda self, mutant, reads: tuple(item.nodeid for item in self.items)
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """No Terraform, so that what was recorded is judged; and a plugin that has everybody judge."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").symlink_to(shutil.which("git") or "/usr/bin/git")
    (tmp_path / "everybody.py").write_text(EVERYBODY)
    paths = os.pathsep.join((str(ROOT), str(tmp_path)))
    return {**os.environ, "PATH": str(tools), "PYTHONPATH": paths}


def measured(reports: Path, environ: dict[str, str], *arguments: str) -> dict[str, Any]:
    """Mutant → what became of it, and who noticed it."""
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "--compliance", "--mutants"]
    sample = ["--mutants-limit", str(SAMPLE), "--mutants-seed", str(SEED)]
    done = subprocess.run(
        [*command, *sample, "--report-dir", str(reports), *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=570,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    report = json.loads((reports / "compliance.json").read_text("utf-8"))
    return {
        trial["id"]: (trial["fate"], sorted(kill["requirement"] for kill in trial["kills"]))
        for trial in report["mutation"]["trials"]
    }


def test_those_who_look_notice_what_all_would_notice(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    looking = measured(tmp_path / "looking", environ)
    everybody = measured(tmp_path / "everybody", environ, "-p", "everybody")
    assert len(looking) == SAMPLE
    assert looking == everybody
    assert any(fate == "killed" for fate, _ in looking.values())
