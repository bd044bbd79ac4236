"""The variables of a stack before its plan, and what is resolved once they are known."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from planproof.errors import UndeterminedError
from planproof.session.stacks import ResolvedStacks, RunRequest, variables_before_plan
from planproof.terraform.resolution.run import Variant
from planproof.terraform.source_index import SourceIndex, scan_text
from planproof.values import Value, is_unknown

SOURCES = """\
variable "suffix" {
  default = "dev"
}

variable "names" {
  default = ["in", "out"]
}

variable "topic" {}

variable "region" {
  default = "eu-west-1"
}
"""


def known_early(folder: Path, **options: Any) -> dict[str, Value]:
    """The variables whose value is known before the plan, of a request for ``folder``."""
    sources = SourceIndex({"": scan_text(SOURCES, "main.tf")})
    values = variables_before_plan(sources, RunRequest(folder, folder / "cache", **options))
    assert {"suffix", "names", "topic", "region"} == set(values)
    return {name: value for name, value in values.items() if not is_unknown(value)}


@pytest.fixture(autouse=True)
def no_variables_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TF_VAR_")]:
        monkeypatch.delenv(name)


def test_a_literal_default_and_a_given_value_are_known_before_the_plan(tmp_path: Path) -> None:
    assert known_early(tmp_path, variables=["region=eu-north-1"]) == {
        "suffix": "dev",
        "names": ["in", "out"],
        "region": "eu-north-1",
    }


def test_a_variable_of_the_environment_is_not_known_before_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_suffix", "mine")
    assert known_early(tmp_path) == {"names": ["in", "out"], "region": "eu-west-1"}
    assert known_early(tmp_path, variables=["suffix=given"])["suffix"] == "given"


@pytest.mark.parametrize("name", ["terraform.tfvars", "terraform.tfvars.json", "x.auto.tfvars"])
def test_with_a_variable_file_no_default_is_known(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}", "utf-8")
    assert known_early(tmp_path, variables=["suffix=given"]) == {"suffix": "given"}


def test_with_a_named_variable_file_no_default_is_known(tmp_path: Path) -> None:
    assert known_early(tmp_path, variable_files=[tmp_path / "mine.tfvars"]) == {}


SMALL = """\
variable "suffix" {
  default = "dev"
}

resource "terraform_data" "name" {
  input = "jobs-${var.suffix}"
}
"""


@pytest.mark.terraform
def test_what_was_guessed_before_the_plan_is_corrected_after_it(
    tmp_path: Path, terraform_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_suffix", "mine")
    (tmp_path / "main.tf").write_text(SMALL, "utf-8")

    def variants_of(variables: Mapping[str, Value]) -> Sequence[Variant]:
        suffix = variables["suffix"]
        same = Variant("the same", {"suffix": "fixed"})
        if is_unknown(suffix):
            return [same, Variant("another", {"suffix": "guessed"}), Variant("unneeded", {})]
        return [same, Variant("another", {"suffix": f"{suffix}-2"})]

    told: list[Value] = []
    stacks = ResolvedStacks(RunRequest(tmp_path, terraform_cache))
    try:
        stacks.prepare(variants_of, lambda _, variables: told.append(variables["suffix"]))
    finally:
        stacks.close()

    assert told == ["mine"]
    names = {
        name: stack["terraform_data.name"].get("input") for name, stack in stacks.stacks.items()
    }
    assert names == {"default": "jobs-mine", "the same": "jobs-fixed", "another": "jobs-mine-2"}
    with pytest.raises(UndeterminedError):
        stacks.stack("unneeded")
