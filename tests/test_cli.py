"""The planproof command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from planproof import __version__, cli

ROLE = "arn:aws:iam::111122223333:role/r"


def request_file(folder: Path, effect: str) -> Path:
    statement = {"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    file = folder / "request.json"
    file.write_text(
        json.dumps(
            {
                "request": {
                    "action": "s3:GetObject",
                    "resource": "arn:aws:s3:::b/k",
                    "resource_account": "111122223333",
                    "principal": ROLE,
                },
                "policies": {"identity": [{"Version": "2012-10-17", "Statement": [statement]}]},
            }
        ),
        "utf-8",
    )
    return file


@pytest.mark.parametrize(("effect", "code"), [("Allow", 0), ("Deny", 1)])
def test_iam_prints_the_decision_and_returns_it_as_exit_code(
    effect: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["iam", "--request", str(request_file(tmp_path, effect))]) == code
    assert ("ALLOWED" if code == 0 else "DENIED") in capsys.readouterr().out.upper()


def test_python_m_planproof_is_the_same_command() -> None:
    command = [sys.executable, "-m", "planproof", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"planproof {__version__}"


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(SystemExit) as refused:
        cli.main(["nonsense"])
    assert refused.value.code == 2


def test_record_needs_a_configured_path(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    command = [sys.executable, "-m", "planproof", "record"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "names no recording" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")], ids=str
)
def test_a_signal_ends_a_command_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: signal.Signals,
    name: str,
) -> None:
    def interrupted(arguments: object) -> int:
        os.kill(os.getpid(), number)
        time.sleep(60)
        return 0

    before = signal.getsignal(number)
    monkeypatch.setattr("planproof.iam.command.main", interrupted)
    assert cli.main(["iam"]) == cli.INTERRUPTED == 130
    error = capsys.readouterr().err
    assert name in error
    assert len(error.splitlines()) == 1
    assert signal.getsignal(number) is before
