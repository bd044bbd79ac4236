"""The contract of the layers notices each kind of import that breaks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.repository import ROOT

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
PACKAGES = ("planproof", "steps", "custom_checks")


# File, a line that is appended to it, and the line about it in the output.
BREAKS = [
    (
        "planproof/terraform/stack.py",
        "import planproof.aws.escalation",
        "planproof.terraform.stack -> planproof.aws.escalation",
    ),
    (
        "planproof/iam/request.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import planproof.terraform",
        "planproof.iam.request -> planproof.terraform",
    ),
    (
        "planproof/mutation/stack/near.py",
        "import pytest",
        "planproof.mutation.stack.near -> pytest",
    ),
    (
        "planproof/reports/text.py",
        "import steps.support",
        "planproof.reports.text -> steps.support",
    ),
    (
        "custom_checks/check_support/files.py",
        "import planproof.values",
        "check_support.files -> planproof.values",
    ),
    ("planproof/iam/arn.py", "import planproof.iam.evaluation", "- .arn -> .evaluation"),
    ("planproof/unplaced.py", "", "- planproof.unplaced"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the packages, to break."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def checked(folder: Path) -> tuple[int, str]:
    """Exit code and output of the linter."""
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{folder / 'custom_checks'}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_layers_are_kept_and_each_break_is_noticed(copy: Path) -> None:
    kept, output = checked(copy)
    assert kept == 0, output
    assert [one for one in BREAKS if one[2] in output] == []
    for file, line, _ in BREAKS:
        with (copy / file).open("a", encoding="utf-8") as opened:
            opened.write(f"\n{line}\n")
    code, output = checked(copy)
    assert code == 1
    assert [one for one in BREAKS if one[2] not in output] == []
