"""Terraform with the stand-in as its only provider."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from planproof.terraform.archive_provider.mirror import write_mirror

VERSION = "2.7.1"
VERSIONS_TF = """
terraform {
  required_providers {
    archive = {
      source = "hashicorp/archive"
    }
  }
}
"""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "terraform: runs the real Terraform")


@dataclass(frozen=True)
class Workdir:
    """A folder that Terraform runs in, with a separate home folder."""

    folder: Path
    binary: str
    environment: dict[str, str]

    def write(self, sources: str, name: str = "main.tf") -> None:
        (self.folder / name).write_text(sources)

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [self.binary, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def apply(self, *arguments: str) -> dict[str, Any]:
        """Apply, and return the values of the outputs."""
        done = self.run("apply", "-auto-approve", "-input=false", "-json", *arguments)
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        *_, outputs = (one["outputs"] for one in messages if one["type"] == "outputs")
        return {name: output["value"] for name, output in outputs.items()}

    def plan(self, *arguments: str) -> dict[str, Any]:
        """Plan, and return each resource change by its address."""
        self.run("plan", "-input=false", "-out=plan", *arguments)
        plan = json.loads(self.run("show", "-json", "plan").stdout)
        return {change["address"]: change["change"] for change in plan["resource_changes"]}

    def diagnostics(self) -> list[dict[str, Any]]:
        """Plan, which must fail, and return the diagnostics."""
        done = self.run("plan", "-input=false", "-json", check=False)
        assert done.returncode == 1, done.stdout
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        return [one["diagnostic"] for one in messages if one["type"] == "diagnostic"]


@pytest.fixture(scope="session")
def terraform() -> str:
    binary = shutil.which("terraform")
    assert binary, "These tests need terraform on the PATH."
    return binary


@pytest.fixture(scope="session")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mirror(tmp_path_factory.mktemp("mirror"), versions=[VERSION])


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files, short enough for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def initialised(terraform: str, mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory that is copied for each test, since its initialisation takes long."""
    folder = tmp_path_factory.mktemp("initialised")
    workdir = workdir_in(folder, terraform, mirror, folder)
    workdir.write(VERSIONS_TF, "versions.tf")
    workdir.run("init", "-input=false")
    return workdir.folder


@pytest.fixture
def workdir(
    terraform: str, mirror: Path, initialised: Path, tmp_path: Path, temporary: Path
) -> Workdir:
    """An initialised working directory."""
    return copied(initialised, workdir_in(tmp_path, terraform, mirror, temporary))


@pytest.fixture(scope="module")
def shared_workdir(
    terraform: str, mirror: Path, initialised: Path, tmp_path_factory: pytest.TempPathFactory
) -> Workdir:
    """An initialised working directory for all tests of a module."""
    folder = tmp_path_factory.mktemp("shared")
    return copied(initialised, workdir_in(folder, terraform, mirror, folder))


def copied(initialised: Path, workdir: Workdir) -> Workdir:
    shutil.copytree(initialised, workdir.folder, symlinks=True, dirs_exist_ok=True)
    return workdir


def workdir_in(folder: Path, terraform: str, mirror: Path, temporary: Path) -> Workdir:
    """An empty working directory ``stack`` beside an empty ``home``."""
    (folder / "stack").mkdir()
    (folder / "home").mkdir()
    configuration = folder / "terraform.rc"
    configuration.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
    )
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TF_")},
        "TF_CLI_CONFIG_FILE": str(configuration),
        "CHECKPOINT_DISABLE": "1",
        "HOME": str(folder / "home"),
        "TMPDIR": str(temporary),
    }
    return Workdir(folder / "stack", terraform, environment)
