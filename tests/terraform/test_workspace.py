"""Terraform's environment, when ``init`` runs again, the overlay, and how paths are shown."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from planproof.terraform.binary import Binary
from planproof.terraform.overlay import write_overlay
from planproof.terraform.source_index import SourceIndex, scan_text
from planproof.terraform.working_copy import OVERRIDE_FILE, PROBE_FILE
from planproof.terraform.workspace import Workspace, shown_path

MAIN = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.99.0" }
  }
}
resource "terraform_data" "x" {
  input = 1
}
"""

# Answers every command; init writes a lock file and counts itself.
TERRAFORM = """#!/bin/sh
[ "$1" = init ] || exit 0
echo init >> "$COUNT"
[ -f .terraform.lock.hcl ] && cat .terraform.lock.hcl >> "$COUNT"
echo locked > .terraform.lock.hcl
mkdir -p "$TF_DATA_DIR"
"""


@pytest.fixture
def binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Binary:
    file = tmp_path / "terraform"
    file.write_text(TERRAFORM)
    file.chmod(0o755)
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    return Binary(file, "Terraform", "1.11.4")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "project/stack"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(MAIN)
    return folder


def prepare(source: Path, binary: Binary, tmp_path: Path) -> list[str]:
    """Prepare a workspace; returns what all runs of init have recorded."""
    with Workspace.cached(source, binary, tmp_path / "cache").prepared():
        pass
    return (tmp_path / "count").read_text().split()


def write(path: str, text: str) -> Callable[[Path], object]:
    def do(source: Path) -> None:
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(text)

    return do


def test_init_runs_once(source: Path, binary: Binary, tmp_path: Path) -> None:
    assert prepare(source, binary, tmp_path) == ["init"]
    write("main.tf", MAIN.replace("input = 1", "input = 2"))(source)
    write("other.txt", "x")(source)
    assert prepare(source, binary, tmp_path) == ["init"]
    assert not (source / ".terraform.lock.hcl").exists()


@pytest.mark.parametrize(
    "edit",
    [
        write("main.tf", MAIN.replace("5.99.0", "5.100.0")),
        write("main.tf", MAIN + 'module "m" {\n  source = "./m"\n}\n'),
        write("main.tf", MAIN + 'resource "other_thing" "x" {}\n'),
        write("main.tf", MAIN + "data other_thing x {}\n"),
        write("more.tf.json", '{"provider": {"other": {}}}'),
        write("m/main.tf", 'module "n" {\n  source = "../n"\n}\n'),
    ],
    ids=["version", "module", "type", "without quotes", "JSON", "inner module"],
)
def test_init_runs_again_after_a_change_that_it_depends_on(
    source: Path, binary: Binary, tmp_path: Path, edit: Callable[[Path], object]
) -> None:
    prepare(source, binary, tmp_path)
    edit(source)
    # The outdated lock file of the copy is not used.
    assert prepare(source, binary, tmp_path) == ["init", "init"]


def test_lock_file_of_the_user_is_used(source: Path, binary: Binary, tmp_path: Path) -> None:
    write(".terraform.lock.hcl", "one\n")(source)
    assert prepare(source, binary, tmp_path) == ["init", "one"]
    assert prepare(source, binary, tmp_path) == ["init", "one"]
    write(".terraform.lock.hcl", "two\n")(source)
    assert prepare(source, binary, tmp_path) == ["init", "one", "init", "two"]


def test_another_run_of_the_same_directory_waits(
    source: Path, binary: Binary, tmp_path: Path
) -> None:
    lines: list[str] = []
    entered = threading.Event()

    def second() -> None:
        other = Workspace.cached(source, binary, tmp_path / "cache", progress=lines.append)
        with other.prepared():
            entered.set()

    with Workspace.cached(source, binary, tmp_path / "cache").prepared():
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.5)
    thread.join(20)
    assert entered.is_set()
    (line,) = lines
    assert "another run" in line


# The environment -----------------------------------------------------------------------------

CALLERS = {
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_ENDPOINT_URL_SQS": "http://elsewhere",
    "TF_CLI_ARGS_plan": "-destroy",
    "TF_WORKSPACE": "production",
    "TF_LOG": "TRACE",
    "TF_DATA_DIR": "/elsewhere",
    "TF_REATTACH_PROVIDERS": "{}",
    "TF_VAR_region": "eu-west-1",
    "TF_TOKEN_app_terraform_io": "kept",
    "HTTPS_PROXY": "http://proxy",
}


def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **options: bool) -> dict[str, str]:
    for name, value in CALLERS.items():
        monkeypatch.setenv(name, value)
    made = Workspace(
        tmp_path,
        Binary(tmp_path, "Terraform", "1"),
        tmp_path / "folder",
        endpoint="http://127.0.0.1:5000",
        **options,
    )
    return made.environment()


def test_terraform_gets_only_the_emulated_account(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = environment(monkeypatch, tmp_path)
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"
    assert found["AWS_ACCESS_KEY_ID"] == "testing"
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    hidden = {"AWS_PROFILE", "AWS_ENDPOINT_URL_SQS", "TF_WORKSPACE", "TF_LOG", "TF_CLI_ARGS_plan"}
    assert not hidden & set(found)
    assert "TF_REATTACH_PROVIDERS" not in found
    assert found["TF_DATA_DIR"] == str(tmp_path / "folder/data")
    for kept in ("TF_VAR_region", "TF_TOKEN_app_terraform_io", "HTTPS_PROXY", "PATH"):
        assert found[kept] == os.environ[kept]


def test_real_credentials_are_passed_on_only_with_the_option(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = environment(monkeypatch, tmp_path, real_credentials=True)
    assert found["AWS_PROFILE"] == "production"
    assert found["AWS_ACCESS_KEY_ID"] == CALLERS["AWS_ACCESS_KEY_ID"]
    assert "AWS_ENDPOINT_URL" not in found
    assert "TF_CLI_ARGS_plan" not in found


def test_paths_are_shown_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "stack/main.tf") == "stack/main.tf"
    assert shown_path(Path("stack")) == "stack"
    assert shown_path(Path("/somebody/elses/folder")) == "folder"
    assert shown_path(tmp_path) == "."


# Overlay of the root module ------------------------------------------------------------------

PROVIDERS = """
provider "aws" {
  region              = var.region
  allowed_account_ids = ["111122223333"]
  endpoints {
    sqs = "http://elsewhere"
  }
}
provider "aws" {
  alias   = "west"
  profile = "production"
}
provider "other" {}
"""


def overlay(tmp_path: Path, text: str, *, emulated: bool = True) -> tuple[str, str]:
    """The override file and the probes ("" where there are none) of a root module."""
    (tmp_path / "main.tf").write_text(text)
    index = SourceIndex({"": scan_text(text, "main.tf")})
    write_overlay(tmp_path, tmp_path, index, emulated=emulated)
    probes = tmp_path / PROBE_FILE
    return (tmp_path / OVERRIDE_FILE).read_text(), probes.read_text() if probes.exists() else ""


def test_every_aws_provider_uses_the_emulated_account(tmp_path: Path) -> None:
    text, probes = overlay(tmp_path, PROVIDERS)
    terraform, default, west = scan_text(text, "x.tf")
    assert [(b.kind, b.labels) for b in terraform.blocks] == [("backend", ("local",))]
    assert {k: v.text for k, v in default.attributes.items()} == {
        "s3_use_path_style": "true",
        "max_retries": "2",
        "allowed_account_ids": '["123456789012"]',
    }
    assert [b.kind for b in default.blocks] == ["endpoints"]
    assert {k: v.text for k, v in west.attributes.items()} == {
        "alias": '"west"',
        "s3_use_path_style": "true",
        "max_retries": "2",
        "profile": "null",
    }
    found = [b for b in scan_text(probes, "x.tf") if b.kind == "data"]
    names = [(b.labels, b.attributes.get("provider")) for b in found]
    assert (("aws_region", "planproof"), None) in names
    assert {p.text for _, p in names if p} == {"aws.west"}


def test_providers_are_not_overridden_for_the_real_cloud(tmp_path: Path) -> None:
    text, probes = overlay(tmp_path, PROVIDERS, emulated=False)
    assert [b.kind for b in scan_text(text, "x.tf")] == ["terraform"]
    assert "aws.west" in probes


@pytest.mark.parametrize(
    ("text", "probed"),
    [
        ('resource "terraform_data" "x" {}', False),
        ('resource "aws_x" "y" {}', True),
        ("data aws_x y {}", True),
        ('module "m" {\n  source = "./m"\n}', False),
        ('module "m" {\n  source = "registry/m/aws"\n}', True),
        ('module "m" {\n  source = "git::https://example.com/m"\n}', True),
    ],
)
def test_a_stack_without_aws_has_no_probes(tmp_path: Path, text: str, probed: bool) -> None:
    assert bool(overlay(tmp_path, text)[1]) is probed


def test_schemas_are_kept_for_the_same_providers(
    source: Path, binary: Binary, tmp_path: Path
) -> None:
    def file(folder: Path, lock: str, by: Binary = binary) -> Path | None:
        with Workspace.cached(folder, by, tmp_path / "cache").prepared() as one:
            (one.root / ".terraform.lock.hcl").write_text(lock)
            return one.schema_file()

    other = tmp_path / "project/other"
    shutil.copytree(source, other)
    first = file(source, "# one\n")
    assert first is not None
    assert file(other, "# one\n") == first
    assert file(other, "# two\n") not in (first, None)
    assert file(source, "# one\n", replace(binary, version="1.12.0")) not in (first, None)


# Data sources without an answer ---------------------------------------------------------------


def unread(tmp_path: Path, *types: str) -> str:
    """The sentence for a plan in which data sources of these types could not be read."""
    folder = tmp_path / "source"
    folder.mkdir()
    made = Workspace(folder, Binary(tmp_path / "t", "Terraform", "1.11.4"), tmp_path)
    made.root = tmp_path / "root"
    lines = []
    for line, type_ in enumerate(types, 1):
        place = {"filename": "main.tf", "start": {"line": line}}
        told = {"severity": "error", "summary": "empty result", "address": f"data.{type_}.x"}
        lines.append(json.dumps({"type": "diagnostic", "diagnostic": {**told, "range": place}}))
    return str(made.failure("plan", "\n".join(lines), ""))


def test_a_data_source_without_an_answer_is_named_with_the_two_ways_on(tmp_path: Path) -> None:
    (line, *_) = unread(tmp_path, "aws_acm_certificate").splitlines()
    for fact in ("data.aws_acm_certificate.x (main.tf:1)", "--data ", "--data-file"):
        assert fact in line
    assert "--real-credentials" in line


def test_several_data_sources_without_an_answer_are_named(tmp_path: Path) -> None:
    text = unread(tmp_path, "aws_a", "aws_b", "aws_c", "aws_d")
    for fact in ("data.aws_a.x (main.tf:1)", "data.aws_c.x (main.tf:3)", "1 more"):
        assert fact in text
