"""Finding the binary, its errors, and the processes and files that a command leaves: none."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from planproof.errors import PlanproofError
from planproof.terraform import binary as binary_module
from planproof.terraform.binary import (
    Binary,
    BinaryNotFoundError,
    TerraformProcess,
    error_diagnostics,
    find_binary,
    first_position,
    run,
)
from tests.builders.lifeline import SURVIVES, lifeline


def script(folder: Path, body: str, name: str = "terraform") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


def reports(version: str) -> str:
    return f"""echo '{{"terraform_version": "{version}"}}'"""


def error_text(name: str | Path) -> str:
    with pytest.raises(PlanproofError) as caught:
        find_binary(str(name))
    return str(caught.value)


@pytest.mark.parametrize("version", ["1.11.0", "1.15.3", "2.0.0-beta1"])
def test_a_new_enough_terraform(tmp_path: Path, version: str) -> None:
    file = script(tmp_path, reports(version))
    assert find_binary(str(file)) == Binary(file, "Terraform", version)


@pytest.mark.parametrize("version", ["1.10.5", "1.5.7", "0.15.0", "1", ""])
def test_too_old_a_terraform(tmp_path: Path, version: str) -> None:
    text = error_text(script(tmp_path, reports(version)))
    assert f"Terraform {version} " in text
    assert str(tmp_path) in text
    assert "too old" in text
    assert "Terraform 1.11 " in text


def test_opentofu_has_its_own_minimum_version_and_registry(tmp_path: Path) -> None:
    file = script(tmp_path, reports("1.8.0"), "tofu")
    found = find_binary(str(file))
    assert (found.product, found.registry) == ("OpenTofu", "registry.opentofu.org")
    assert str(found) == "OpenTofu 1.8.0"
    assert "OpenTofu 1.8 " in error_text(script(tmp_path, reports("1.7.9"), "tofu"))


def test_a_binary_is_found_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = script(tmp_path / "bin", reports("1.11.4"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_binary().path == file
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BinaryNotFoundError, match=r"terraform .*PATH"):
        find_binary()


def test_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = script(tmp_path / "bin", reports("1.11.4"))
    monkeypatch.chdir(tmp_path)
    assert find_binary("bin/terraform").path == file


def test_a_path_without_a_binary(tmp_path: Path) -> None:
    with pytest.raises(BinaryNotFoundError, match=r"missing .*executable"):
        find_binary(str(tmp_path / "missing"))


@pytest.mark.parametrize(
    "body", ["echo hello", "exit 3", "echo '[]'", "echo '{}'", "printf '\\377\\376'", "echo 3"]
)
def test_a_binary_that_is_not_terraform(tmp_path: Path, body: str) -> None:
    text = error_text(script(tmp_path, body))
    assert f"{tmp_path / 'terraform'} " in text
    assert "version -json" in text
    assert "--terraform-binary" in text


def test_standard_error_of_such_a_binary_is_shown(tmp_path: Path) -> None:
    assert "no idea" in error_text(script(tmp_path, "echo 'no idea' >&2; exit 1"))


def test_a_binary_that_cannot_be_run(tmp_path: Path) -> None:
    file = tmp_path / "terraform"
    file.write_bytes(b"\x7fELF not really")
    file.chmod(0o755)
    assert "Exec format error" in error_text(file)


def test_a_binary_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binary_module, "_VERSION_TIMEOUT", 1)
    assert "no answer within 1 seconds" in error_text(script(tmp_path, "exec sleep 30"))


def test_version_command_makes_no_update_check(tmp_path: Path) -> None:
    file = script(tmp_path, 'test -n "$CHECKPOINT_DISABLE" && ' + reports("1.11.4"))
    assert find_binary(str(file)).version == "1.11.4"


# Running it ----------------------------------------------------------------------------------


def binary(tmp_path: Path, body: str) -> Binary:
    return Binary(script(tmp_path, body), "Terraform", "1.11.4")


def test_a_run_captures_everything(tmp_path: Path) -> None:
    made = binary(tmp_path, 'echo "$1 $X in $(pwd)"; printf "\\377" >&2; exit 3')
    done = run(made, ["plan"], cwd=tmp_path, env={"X": "y", "PATH": os.environ["PATH"]})
    assert (done.returncode, done.stderr) == (3, "\ufffd")
    assert done.stdout == f"plan y in {tmp_path}\n"


def test_long_standard_error_does_not_block(tmp_path: Path) -> None:
    body = "head -c 300000 /dev/zero | tr '\\0' x >&2; echo done"
    with TerraformProcess(binary(tmp_path, body), [], cwd=tmp_path, env=os.environ) as process:
        assert list(process) == [b"done\n"]
        code, errors = process.finish()
    assert (code, len(errors)) == (0, 300_000)


@pytest.mark.parametrize("interrupted", [False, True])
def test_leaving_early_kills_the_command_and_its_providers(
    tmp_path: Path, interrupted: bool
) -> None:
    with lifeline(tmp_path) as line:
        made = binary(tmp_path, f"{line.take}; {SURVIVES} & echo started; wait; echo waited >&9")

        def read_one() -> None:
            with TerraformProcess(made, [], cwd=tmp_path, env=os.environ) as process:
                assert next(iter(process)).strip() == b"started"
                assert line.is_held
                if interrupted:
                    raise KeyboardInterrupt

        if interrupted:
            with pytest.raises(KeyboardInterrupt):
                read_one()
        else:
            read_one()
        assert line.last_words() == b""


def test_no_temporary_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    made = binary(tmp_path, 'touch "$TMPDIR/plugin1"; echo $TMPDIR; sleep 60')
    with TerraformProcess(made, [], cwd=tmp_path, env=os.environ) as process:
        here = Path(next(iter(process)).decode().strip())
        assert here.is_relative_to(scratch)
        assert (here / "plugin1").exists()
    assert list(scratch.iterdir()) == []


def test_no_temporary_file_is_left_by_a_binary_that_cannot_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with pytest.raises(OSError, match="No such file"):
        TerraformProcess(Binary(tmp_path / "missing", "Terraform", "1"), [], cwd=tmp_path, env={})
    assert list(scratch.iterdir()) == []


# Diagnostics ---------------------------------------------------------------------------------

ERROR = (
    '{"@level":"error","diagnostic":{"severity":"error","summary":"Cycle: a, b","detail":"",'
    '"range":{"filename":"main.tf","start":{"line":7,"column":1}},'
    '"snippet":{"code":"  x = y"}}}'
)
WARNING = '{"diagnostic":{"severity":"warning","summary":"Old"}}'


def test_errors_are_shown_as_terraform_prints_them() -> None:
    output = f'plain text\n{WARNING}\n{ERROR}\n{{"diagnostic" broken\n'
    assert error_diagnostics(output) == ["main.tf:7: Cycle: a, b\n  7: x = y"]
    assert first_position(output) == " at main.tf:7"


def test_an_error_without_a_position() -> None:
    output = '{"diagnostic":{"severity":"error","summary":"No credentials","detail":"none"}}'
    assert error_diagnostics(output) == ["No credentials\nnone"]
    assert first_position(output) == ""
    assert error_diagnostics("Error: x") == []


@pytest.mark.parametrize("file", ["planproof.tftest.hcl", "m/planproof_override.tf"])
def test_position_in_a_file_that_planproof_added_is_left_out(file: str) -> None:
    output = ERROR.replace("main.tf", file)
    assert error_diagnostics(output) == ["Cycle: a, b\n  x = y"]
    assert first_position(output) == ""
