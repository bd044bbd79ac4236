"""Errors of the Terraform installation, of its sources and of its variables."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from planproof.terraform.recording import record
from tests.builders.project import FEATURE, PLAN, Project, refused
from tests.builders.stacks import resource, stack

# terraform_data is built in, so that no provider has to be installed.
MAIN = (
    'resource "terraform_data" "x" {\n  input = var.size\n}\nvariable "size" {\n  default = 1\n}\n'
)
THERE = """

@then("there is something")
def there_is_something(stack, evidence):
    for resource in stack.managed():
        evidence.check(True, resource, "input", expected="anything")
"""


def project(path: Path, main: str = MAIN, feature: str = FEATURE) -> Project:
    made = Project.make(path, feature.replace("there is a queue", "there is something"))
    made.write("conftest.py", (path / "conftest.py").read_text() + THERE)
    made.write(
        "pytest.ini", "[pytest]\naddopts = -p no:cacheprovider\nrecording = recording.json\n"
    )
    made.write("terraform/main.tf", main)
    return made


def script(path: Path, body: str) -> str:
    """A PATH with only a terraform that runs this script."""
    path.mkdir()
    file = path / "terraform"
    file.write_text(f"#!{shutil.which('sh')}\n{body}\n")
    file.chmod(0o755)
    return str(path)


# Without Terraform ---------------------------------------------------------------------------


@pytest.fixture
def no_terraform(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "bin").mkdir()
    return {"PATH": str(tmp_path / "bin")}


def recording(made: Project) -> None:
    """A recording of the project's sources, with one resource in it."""
    found = stack(resource("terraform_data.x", input=1), region=None)
    stacks = {"default": replace(found, resolved=True)}
    text = record(stacks, "Terraform 1.11.4", made.path / "terraform", {})
    made.write("recording.json", text)


def test_no_terraform_and_no_recording(tmp_path: Path, no_terraform: dict[str, str]) -> None:
    outcome = project(tmp_path).judge(env=no_terraform)
    refused(outcome, "no terraform binary is on PATH", "Terraform 1.11", "--terraform-binary")


def test_no_terraform_but_a_recording_of_these_sources(
    tmp_path: Path, no_terraform: dict[str, str]
) -> None:
    made = project(tmp_path)
    recording(made)
    outcome = made.judge(env=no_terraform)
    assert outcome.code == 0, outcome.output
    assert outcome.statuses == {"REQ-01": "passed"}
    for text in (
        outcome.output,
        *(p.read_text() for p in outcome.reports.iterdir() if p.suffix != ".xml"),
    ):
        assert "recorded" in text


def test_no_terraform_and_a_recording_of_other_sources(
    tmp_path: Path, no_terraform: dict[str, str]
) -> None:
    made = project(tmp_path)
    recording(made)
    made.write("terraform/main.tf", MAIN.replace("1", "2"))
    outcome = made.judge(env=no_terraform)
    refused(
        outcome,
        "no terraform binary is on PATH",
        "recording.json is of other sources",
        "install Terraform",
    )


def test_no_terraform_and_a_damaged_recording(tmp_path: Path, no_terraform: dict[str, str]) -> None:
    made = project(tmp_path)
    made.write("recording.json", "{")
    refused(made.judge(env=no_terraform), "recording.json is damaged")


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_recording_is_not_used_for_other_variables(
    tmp_path: Path, no_terraform: dict[str, str], how: str
) -> None:
    made = project(tmp_path)
    recording(made)
    if how == "option":
        outcome = made.judge("--var", "size=2", env=no_terraform)
    else:
        outcome = made.judge(env={**no_terraform, "TF_VAR_size": "2"})
    refused(outcome, "no terraform binary is on PATH", "recorded", "variables", "install Terraform")


def test_terraform_too_old(tmp_path: Path) -> None:
    path = script(tmp_path / "bin", """echo '{"terraform_version": "1.5.7"}'""")
    outcome = project(tmp_path).judge(env={"PATH": path})
    refused(outcome, "Terraform 1.5.7 at", "too old", "Terraform 1.11")


@pytest.mark.parametrize("body", ["echo no", "exit 1", "printf '\\377'"])
def test_a_binary_that_is_not_terraform(tmp_path: Path, body: str) -> None:
    path = script(tmp_path / "bin", body)
    outcome = project(tmp_path).judge(env={"PATH": path})
    refused(outcome, f"{path}/terraform", "'version -json'", "--terraform-binary")


def test_a_missing_binary(tmp_path: Path) -> None:
    outcome = project(tmp_path).judge("--terraform-binary", "./missing/tofu")
    refused(outcome, "./missing/tofu", "executable", "install Terraform")


# With Terraform ------------------------------------------------------------------------------


@pytest.mark.terraform
def test_variables(tmp_path: Path) -> None:
    made = project(tmp_path)
    assert made.judge("--var", "size=2").code == 0
    shutil.rmtree(tmp_path / "reports")  # of the successful run
    refused(made.judge("--var", "size"), "--var 'size' has no value", "--var NAME=VALUE")
    refused(
        made.judge("--var", "sise=2"),
        "terraform declares no variable 'sise'",
        "(size)",
    )
    refused(
        made.judge("--var-file", "missing.tfvars"),
        "missing.tfvars does not exist",
    )
    made.write("bad.tfvars", "size = \n")
    refused(made.judge("--var-file", "bad.tfvars"), "Terraform plan failed on terraform at", "bad")


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("main", "facts"),
    [
        (
            'resource "terraform_data" "x" {\n  input = \n}\n',
            ["Terraform init failed on terraform", "main.tf line 2", "Invalid expression"],
        ),
        (
            'resource "terraform_data" "x" {\n  input = ["ä"\n\nvariable "size" {}\n',
            ["Terraform init failed on terraform", "main.tf line 4", "Missing item separator"],
        ),
        (
            'resource "terraform_data" "x" {\n  input = terraform_data.y.id\n}\n'
            'resource "terraform_data" "y" {\n  input = terraform_data.x.id\n}\n',
            ["Terraform plan failed on terraform", "Cycle: terraform_data."],
        ),
        (
            'resource "terraform_data" "x" {\n  input = local.missing\n}\n',
            [
                "Terraform plan failed on terraform at main.tf:2",
                "main.tf:2: Reference to undeclared local value",
            ],
        ),
        (
            MAIN.replace("default = 1", ""),
            ["Terraform plan failed on terraform at main.tf:4", 'variable "size" is not set'],
        ),
        (
            'terraform {\n  required_version = ">= 99"\n}\n' + MAIN,
            ["Terraform init failed on terraform", "Unsupported Terraform Core version"],
        ),
        (
            'module "m" {\n  source = "./missing"\n}\n',
            ["Terraform init failed on terraform", "Unreadable module directory", "at main.tf:1"],
        ),
    ],
    ids=["syntax", "bracket", "cycle", "reference", "variable", "version", "module"],
)
def test_terraforms_message_is_shown(tmp_path: Path, main: str, facts: list[str]) -> None:
    outcome = project(tmp_path, main).judge()
    refused(outcome, *facts)
    assert ".planproof" not in outcome.output  # the working copy is not named


@pytest.mark.terraform
def test_terraforms_message_on_malformed_json_is_shown(tmp_path: Path) -> None:
    made = project(tmp_path)
    made.write("terraform/more.tf.json", '{"locals": {"a": {"b": 1}\n')
    refused(made.judge(), "Terraform init failed on terraform", "more.tf.json line 1")


@pytest.mark.terraform
def test_a_provider_that_cannot_be_installed(tmp_path: Path) -> None:
    main = (
        "terraform {\n  required_providers {\n    nothing = {\n"
        '      source = "example/nothing"\n    }\n  }\n}\nresource "nothing_x" "y" {}\n'
    )
    # A mirror without it makes the result quick and certain.
    folder = tmp_path / "mirror/registry.terraform.io/example/nothing"
    folder.mkdir(parents=True)
    outcome = project(tmp_path, main).judge("--provider-mirror", str(tmp_path / "mirror"))
    refused(
        outcome,
        "provider example/nothing that terraform requires",
        "installed",
        "--provider-mirror",
    )


# Sensitive values ----------------------------------------------------------------------------

SECRET = "correct-horse-battery"
LOOKED_AT = FEATURE.replace("there is a queue", "the secret is recorded")


def shown_nowhere(made: Project, *arguments: str) -> None:
    """Judge, and find the secret neither on the terminal nor in any report."""
    outcome = made.judge(*arguments)
    assert outcome.code == 1
    assert SECRET not in outcome.output
    assert "a step crashed with ValueError: crashed on (sensitive)" in outcome.output
    evidence = outcome.report["requirements"][0]["scenarios"][0]["evidence"]
    assert [e["found"] for e in evidence] == ["(sensitive)", "(sensitive)", "x"]
    assert evidence[2]["expected"] == "not (sensitive)"
    for file in outcome.reports.iterdir():
        assert SECRET not in file.read_text("utf-8"), file.name
    plain = made.pytest("features", *arguments)
    assert "crashed on (sensitive)" in plain.output
    assert SECRET not in plain.output


def test_sensitive_values_of_a_plan_are_shown_nowhere(tmp_path: Path) -> None:
    made = Project.make(tmp_path, LOOKED_AT)
    change: dict[str, Any] = {
        "actions": ["create"],
        "after": {"environment": [{"variables": {"TOKEN": SECRET}}]},
        "after_unknown": {},
        "after_sensitive": {"environment": [{"variables": {"TOKEN": True}}]},
    }
    function = {
        "address": "aws_lambda_function.f",
        "mode": "managed",
        "type": "aws_lambda_function",
        "name": "f",
        "change": change,
    }
    plan = {
        **PLAN,
        "resource_changes": [function],
        "variables": {"secret": {"value": SECRET}},
        "configuration": {"root_module": {"variables": {"secret": {"sensitive": True}}}},
    }
    made.write("plan.json", json.dumps(plan))
    shown_nowhere(made, "--plan", "plan.json")


HOLDER = """
variable "secret" {
  sensitive = true
}
resource "terraform_data" "f" {
  input = { TOKEN = var.secret }
}
"""


@pytest.mark.terraform
def test_sensitive_values_of_a_resolved_stack_are_shown_nowhere(tmp_path: Path) -> None:
    made = project(tmp_path, HOLDER, LOOKED_AT)
    steps = (tmp_path / "conftest.py").read_text()
    for old, new in {
        "aws_lambda_function.f": "terraform_data.f",
        "environment.0.variables": "input",
    }.items():
        assert old in steps
        steps = steps.replace(old, new)
    made.write("conftest.py", steps)
    shown_nowhere(made, "--var", f"secret={SECRET}")
    left = [p for p in (tmp_path / ".planproof").rglob("*") if p.is_file()]
    assert "main.tf" in {p.name for p in left}
    contents = {p.name: p.read_bytes() for p in left}
    for archive in filter(zipfile.is_zipfile, left):  # such as a plan
        with zipfile.ZipFile(archive) as parts:
            contents |= {f"{archive.name}/{name}": parts.read(name) for name in parts.namelist()}
    assert [name for name, content in contents.items() if SECRET.encode() in content] == []
