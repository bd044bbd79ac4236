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


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages, to break."""
    folder = tmp_path_factory.mktemp("layers")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


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


def test_the_layers_are_kept(copy: Path) -> None:
    assert checked(copy)[0] == 0


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("planproof/terraform/stack.py", "import planproof.aws.escalation", "planproof.terraform"),
        (
            "planproof/iam/request.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import planproof.terraform",
            "planproof.iam",
        ),
        ("planproof/mutation/stack/near.py", "import pytest", "pytest"),
        ("planproof/reports/text.py", "import steps.support", "steps"),
        ("custom_checks/check_support/files.py", "import planproof.values", "check_support"),
        ("planproof/iam/arn.py", "import planproof.iam.evaluation", "planproof.iam"),
        ("planproof/unplaced.py", "", "unplaced"),
    ],
)
def test_a_broken_layer_is_noticed(copy: Path, file: str, line: str, broken: str) -> None:
    path = copy / file
    before = path.read_text("utf-8") if path.is_file() else None
    path.write_text(f"{before or ''}\n{line}\n", "utf-8")
    try:
        code, output = checked(copy)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, "utf-8")
    assert code == 1
    assert broken in output
