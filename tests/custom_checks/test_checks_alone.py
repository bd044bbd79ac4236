"""The checks work without planproof, with Checkov's own command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.custom_checks.checkov_scan import CHECKS, EXAMPLES


def checkov(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line as a user would, in another folder and without a network."""
    program = "import sys; from checkov.main import Checkov; sys.exit(Checkov().run())"
    unreachable = "http://127.0.0.1:9"
    return subprocess.run(
        [
            *(sys.executable, "-c", program, "--directory", str(directory), "--output", "json"),
            *("--external-checks-dir", str(CHECKS), "--framework", "terraform", "--skip-download"),
            *options,
        ],
        env={**os.environ, "HTTPS_PROXY": unreachable, "HTTP_PROXY": unreachable},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def results(run: subprocess.CompletedProcess[str]) -> dict[str, set[str]]:
    document: dict[str, Any] = json.loads(run.stdout)["results"]
    return {
        kind: {check["resource"] for check in document[f"{kind}_checks"]}
        for kind in ("passed", "failed")
    }


@pytest.fixture(scope="module")
def bucket_run() -> subprocess.CompletedProcess[str]:
    return checkov(EXAMPLES / "bucket_is_emptied_on_destroy", "--check", "CKV_PLANPROOF_7")


def test_command_line_fails_on_failures(bucket_run: subprocess.CompletedProcess[str]) -> None:
    assert bucket_run.returncode == 1, bucket_run.stderr


def test_command_line_finds_what_the_runner_finds(
    bucket_run: subprocess.CompletedProcess[str],
) -> None:
    assert results(bucket_run) == {
        "passed": {
            "aws_s3_bucket.pass",
            'aws_s3_bucket.pass_each["input"]',
            'aws_s3_bucket.pass_each["output"]',
            "aws_s3_bucket.pass_default",
            "aws_s3_directory_bucket.pass",
        },
        "failed": {"aws_s3_bucket.fail", "aws_s3_bucket.fail_not_set", "aws_s3_bucket.fail_null"},
    }


def test_command_line_passes_a_stack_without_mistakes(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "suffix" {}\n'
        'resource "aws_kms_key" "media" {\n  deletion_window_in_days = 7\n}\n'
        'resource "aws_sns_topic" "done" {\n  name = "done-${var.suffix}"\n}\n'
    )

    run = checkov(tmp_path, "--check", "CKV_PLANPROOF_*")

    assert run.returncode == 0, run.stdout
    assert results(run)["passed"] == {"aws_kms_key.media", "aws_sns_topic.done"}


def test_a_variable_file_decides(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "days" {\n  default = 7\n}\n'
        'resource "aws_kms_key" "media" {\n  deletion_window_in_days = var.days\n}\n'
    )
    (tmp_path / "long.tfvars").write_text("days = 30\n")

    run = checkov(
        tmp_path, "--check", "CKV_PLANPROOF_8", "--var-file", str(tmp_path / "long.tfvars")
    )

    assert run.returncode == 1, run.stdout
    assert results(run)["failed"] == {"aws_kms_key.media"}
