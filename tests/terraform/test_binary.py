"""The binary is found or its absence explained, and nothing that was started stays behind."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.terraform import binary as binary_module
from planproof.terraform.binary import (
    Binary,
    Stream,
    TerraformNotFoundError,
    diagnostics,
    find_binary,
    first_place,
    run,
)


def script(folder: Path, body: str, name: str = "terraform") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


def says(version: str) -> str:
    return f"""echo '{{"terraform_version": "{version}"}}'"""


def sentence(name: str | Path) -> str:
    with pytest.raises(PlanproofError) as caught:
        find_binary(str(name))
    return str(caught.value)


@pytest.mark.parametrize("version", ["1.11.0", "1.15.3", "2.0.0-beta1"])
def test_a_new_enough_terraform(tmp_path: Path, version: str) -> None:
    file = script(tmp_path, says(version))
    assert find_binary(str(file)) == Binary(file, "Terraform", version)


@pytest.mark.parametrize("version", ["1.10.5", "1.5.7", "0.15.0", "1", ""])
def test_too_old_a_terraform(tmp_path: Path, version: str) -> None:
    text = sentence(script(tmp_path, says(version)))
    assert f"Terraform {version} at" in text
    assert "is too old: install Terraform 1.11 or newer" in text


def test_opentofu_has_a_least_version_and_a_registry_of_its_own(tmp_path: Path) -> None:
    file = script(tmp_path, says("1.8.0"), "tofu")
    found = find_binary(str(file))
    assert (found.product, found.registry) == ("OpenTofu", "registry.opentofu.org")
    assert str(found) == "OpenTofu 1.8.0"
    assert "install OpenTofu 1.8" in sentence(script(tmp_path, says("1.7.9"), "tofu"))


def test_a_binary_is_found_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = script(tmp_path / "bin", says("1.11.4"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_binary().path == file
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TerraformNotFoundError, match="no terraform binary is on PATH: install"):
        find_binary()


def test_a_relative_path_still_leads_there_from_the_working_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = script(tmp_path / "bin", says("1.11.4"))
    monkeypatch.chdir(tmp_path)
    assert find_binary("bin/terraform").path == file


def test_a_path_without_a_binary(tmp_path: Path) -> None:
    with pytest.raises(TerraformNotFoundError, match="missing is no executable file"):
        find_binary(str(tmp_path / "missing"))


@pytest.mark.parametrize(
    "body", ["echo hello", "exit 3", "echo '[]'", "echo '{}'", "printf '\\377\\376'", "echo 3"]
)
def test_a_binary_that_is_no_terraform(tmp_path: Path, body: str) -> None:
    assert "does not answer to 'version -json'" in sentence(script(tmp_path, body))


def test_what_it_says_instead_is_shown(tmp_path: Path) -> None:
    assert "no idea" in sentence(script(tmp_path, "echo 'no idea' >&2; exit 1"))


def test_a_binary_that_cannot_be_run(tmp_path: Path) -> None:
    file = tmp_path / "terraform"
    file.write_bytes(b"\x7fELF not really")
    file.chmod(0o755)
    assert "Exec format error" in sentence(file)


def test_a_binary_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary_module, "_PATIENCE", 1)
    assert "no answer within 1 seconds" in sentence(script(tmp_path, "exec sleep 30"))


def test_the_version_is_asked_for_without_asking_the_network(tmp_path: Path) -> None:
    file = script(tmp_path, 'test -n "$CHECKPOINT_DISABLE" && ' + says("1.11.4"))
    assert find_binary(str(file)).version == "1.11.4"


# Running it ----------------------------------------------------------------------------------


def binary(tmp_path: Path, body: str) -> Binary:
    return Binary(script(tmp_path, body), "Terraform", "1.11.4")


def test_a_run_captures_everything(tmp_path: Path) -> None:
    made = binary(tmp_path, 'echo "$1 $X in $(pwd)"; printf "\\377" >&2; exit 3')
    done = run(made, ["plan"], cwd=tmp_path, env={"X": "y", "PATH": os.environ["PATH"]})
    assert (done.returncode, done.stderr) == (3, "\ufffd")
    assert done.stdout == f"plan y in {tmp_path}\n"


def test_a_crash_that_says_much_does_not_hang(tmp_path: Path) -> None:
    body = "head -c 300000 /dev/zero | tr '\\0' x >&2; echo done"
    with Stream(binary(tmp_path, body), [], cwd=tmp_path, env=os.environ) as stream:
        assert list(stream) == [b"done\n"]
        code, errors = stream.finish()
    assert (code, len(errors)) == (0, 300_000)


def alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be noticed does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return state.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.parametrize("interrupted", [False, True])
def test_leaving_early_ends_the_command_and_its_providers(
    tmp_path: Path, interrupted: bool
) -> None:
    made = binary(tmp_path, "sleep 60 & echo $$; echo $!; wait")
    pids: list[int] = []

    def read_two() -> None:
        with Stream(made, [], cwd=tmp_path, env=os.environ) as stream:
            lines = iter(stream)
            pids.extend(int(next(lines)) for _ in range(2))
            assert all(alive(pid) for pid in pids)
            if interrupted:
                raise KeyboardInterrupt

    if interrupted:
        with pytest.raises(KeyboardInterrupt):
            read_two()
    else:
        read_two()
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in pids)


def test_no_temporary_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    made = binary(tmp_path, 'touch "$TMPDIR/plugin1"; echo $TMPDIR; sleep 60')
    with Stream(made, [], cwd=tmp_path, env=os.environ) as stream:
        here = Path(next(iter(stream)).decode().strip())
        assert here.is_relative_to(scratch)
        assert (here / "plugin1").exists()
    assert list(scratch.iterdir()) == []


def test_a_binary_that_cannot_be_started_leaves_nothing_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with pytest.raises(OSError, match="No such file"):
        Stream(Binary(tmp_path / "missing", "Terraform", "1"), [], cwd=tmp_path, env={})
    assert list(scratch.iterdir()) == []


# Its messages --------------------------------------------------------------------------------

ERROR = (
    '{"@level":"error","diagnostic":{"severity":"error","summary":"Cycle: a, b","detail":"",'
    '"range":{"filename":"main.tf","start":{"line":7,"column":1}},'
    '"snippet":{"code":"  x = y"}}}'
)
WARNING = '{"diagnostic":{"severity":"warning","summary":"Old"}}'


def test_errors_are_shown_as_terraform_prints_them() -> None:
    output = f'plain text\n{WARNING}\n{ERROR}\n{{"diagnostic" broken\n'
    assert diagnostics(output) == ["main.tf:7: Cycle: a, b\n  7: x = y"]
    assert first_place(output) == " at main.tf:7"


def test_an_error_without_a_place() -> None:
    output = '{"diagnostic":{"severity":"error","summary":"No credentials","detail":"none"}}'
    assert diagnostics(output) == ["No credentials\nnone"]
    assert first_place(output) == ""
    assert diagnostics("Error: x") == []


@pytest.mark.parametrize("file", ["planproof.tftest.hcl", "m/planproof_override.tf"])
def test_a_place_in_a_file_of_ours_is_nobodys_to_look_up(file: str) -> None:
    output = ERROR.replace("main.tf", file)
    assert diagnostics(output) == ["Cycle: a, b\n  x = y"]
    assert first_place(output) == ""
