"""The mirror has Terraform's layout; its launcher starts the provider from any folder."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.terraform.archive_provider.mirror import os_arch, write_mirror


def launchers(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_layout(tmp_path: Path) -> None:
    assert write_mirror(tmp_path / "m", versions=["2.4.0", "2.7.1"], host="example.com") == (
        tmp_path / "m"
    )
    assert [str(path.relative_to(tmp_path / "m")) for path in launchers(tmp_path)] == [
        f"example.com/hashicorp/archive/{version}/{os_arch()}/terraform-provider-archive_v{version}"
        for version in ("2.4.0", "2.7.1")
    ]
    assert all(os.access(path, os.X_OK) for path in launchers(tmp_path))


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("Linux", "x86_64", "linux_amd64"),
        ("Linux", "aarch64", "linux_arm64"),
        ("Darwin", "arm64", "darwin_arm64"),
        ("Darwin", "x86_64", "darwin_amd64"),
    ],
)
def test_platforms(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, expected: str
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert os_arch() == expected


def test_writing_it_again_changes_only_what_is_broken(tmp_path: Path) -> None:
    write_mirror(tmp_path)
    [launcher] = launchers(tmp_path)
    content = launcher.read_bytes()
    os.utime(launcher, (1, 1))
    write_mirror(tmp_path)
    assert launcher.stat().st_mtime == 1
    launcher.chmod(0o644)
    write_mirror(tmp_path)
    assert os.access(launcher, os.X_OK)
    launcher.write_bytes(b"half")
    write_mirror(tmp_path)
    assert launcher.read_bytes() == content


def test_several_processes_can_write_it_at_once(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        assert set(pool.map(write_mirror, [tmp_path] * 12)) == {tmp_path}
    [launcher] = launchers(tmp_path)
    assert launcher.read_text().endswith("-m planproof.terraform.archive_provider\n")


def start_by_hand(launcher: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": "/nowhere"}
    return subprocess.run(
        [launcher], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )


def test_the_launcher_imports_the_provider_from_anywhere(tmp_path: Path) -> None:
    """Not from the current folder, which may have modules of any name."""
    (tmp_path / "tf.py").write_text("raise SystemExit('the wrong tf')")
    (tmp_path / "signal.py").write_text("raise SystemExit('the wrong signal')")
    [launcher] = launchers(write_mirror(tmp_path / "it's a mirror"))
    done = start_by_hand(launcher, tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("This is a Terraform provider of planproof")


def test_another_interpreter_is_used_and_quoted(tmp_path: Path) -> None:
    other = tmp_path / "an other's python"
    other.write_text(
        '#!/bin/sh\necho "$@"; echo "$PYTHONPATH"; echo "$PLANPROOF_PROVIDER_PARENT"\n'
    )
    other.chmod(0o755)
    [launcher] = launchers(write_mirror(tmp_path / "m", python=str(other)))
    arguments, path, parent = start_by_hand(launcher, tmp_path).stdout.splitlines()
    assert arguments == "-P -m planproof.terraform.archive_provider"
    assert parent == str(os.getpid())
    for module in ("planproof", "tf", "grpc", "google.protobuf"):
        assert any(
            Path(folder, *module.split("."), "__init__.py").is_file() for folder in path.split(":")
        ), f"{module} in {path}"


def test_default_folders_of_the_interpreter_are_left_out(tmp_path: Path) -> None:
    [launcher] = launchers(write_mirror(tmp_path))
    spec = find_spec("tf")
    assert spec is not None
    assert spec.origin is not None
    assert f"{Path(spec.origin).parents[1]}" not in launcher.read_text().splitlines()[1]
    assert sys.executable in launcher.read_text()


def test_a_missing_package_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planproof.terraform.archive_provider.mirror.find_spec", lambda name: None)
    with pytest.raises(PlanproofError, match=r"hashicorp/archive .*package planproof.*install"):
        write_mirror(tmp_path)


def test_an_unwritable_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PlanproofError, match=r"file/m cannot be written \(.*folder"):
        write_mirror(tmp_path / "file" / "m")
