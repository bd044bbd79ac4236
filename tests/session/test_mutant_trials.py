"""The scenarios that read a change detect every mutant that all scenarios would detect."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.builders.project import PLUGIN
from tests.builders.repository import ROOT
from tests.builders.warm_process import run_warm

SAMPLE, SEED = 30, 5

pytestmark = pytest.mark.slow


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Without Terraform, so that the recording is judged."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").symlink_to(shutil.which("git") or "/usr/bin/git")
    return {**os.environ, "PATH": str(tools), "BOTH_WAYS": str(tmp_path / "both.json")}


def test_the_scenarios_that_read_a_change_are_enough(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    arguments = ["-c", "pyproject.toml", *PLUGIN, "-p", "tests.session.both_ways"]
    arguments += ["-p", "no:cacheprovider", "--compliance", "--report-dir", str(tmp_path)]
    sample = ["--mutants", "--mutants-limit", str(SAMPLE), "--mutants-seed", str(SEED)]
    code, output = run_warm([*arguments, *sample], ROOT, environ, timeout=570)
    assert code in (0, 1), output
    reading, others = json.loads((tmp_path / "both.json").read_text("utf-8"))
    assert len(reading) == len(others) == SAMPLE
    assert any(kills for _, _, kills in reading)
    assert [found for found in others if found[2]] == []
    assert {status for _, status, _ in others} <= {"survived", "equivalent"}
