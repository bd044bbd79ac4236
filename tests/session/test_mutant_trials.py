"""The scenarios that read a change detect every mutant that all scenarios would detect."""

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

ALL_SCENARIOS = """
from planproof.session.mutant_trials import MutantTrials

MutantTrials._affected = lambda self, mutant, reads: tuple(item.nodeid for item in self.items)
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Without Terraform, so that the recording is judged; and with a plugin that has all scenarios
    judge each mutant."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").symlink_to(shutil.which("git") or "/usr/bin/git")
    (tmp_path / "all_scenarios.py").write_text(ALL_SCENARIOS)
    paths = os.pathsep.join((str(ROOT), str(tmp_path)))
    return {**os.environ, "PATH": str(tools), "PYTHONPATH": paths}


def measured(reports: Path, environ: dict[str, str], *arguments: str) -> dict[str, Any]:
    """Mutant → its fate, and the requirements that killed it."""
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


def test_the_scenarios_that_read_a_change_are_enough(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    reading = measured(tmp_path / "reading", environ)
    every = measured(tmp_path / "every", environ, "-p", "all_scenarios")
    assert len(reading) == SAMPLE
    assert reading == every
    assert any(fate == "killed" for fate, _ in reading.values())
