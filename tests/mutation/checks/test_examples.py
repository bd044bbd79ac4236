"""Which blocks support a subject, and which are left out of its mutants."""

from __future__ import annotations

from planproof.mutation.checks.generate import mutants, sources
from tests.mutation.checks.example_builders import example

SOURCE = """\
variable "days" {
  default = 7
}

locals {
  used   = var.days
  unused = "x"
}

resource "aws_kms_key" "pass" {
  days = local.used
}

resource "aws_kms_alias" "of_pass" {
  key = aws_kms_key.pass.id
}

resource "aws_kms_key" "fail" {
  days = 30
}

resource "aws_kms_alias" "of_fail" {
  key = aws_kms_key.fail.id
}

module "pass" {
  source = "./key"
}
"""
MODULE = 'resource "aws_kms_key" "this" {\n  days = 7\n}\n'


def test_blocks_that_support_a_subject_are_changed_too() -> None:
    found = mutants(example(SOURCE))

    assert {m.block for m in found if m.subjects == ("aws_kms_key.pass",)} == {
        "aws_kms_key.pass",
        "aws_kms_alias.of_pass",
        "local.used",
        "var.days",
    }


def test_a_module_is_judged_by_the_name_of_its_call() -> None:
    found = mutants(example(SOURCE, **{"key/main.tf": MODULE}))

    inside = [m for m in found if m.file == "key/main.tf"]
    assert {m.subjects for m in inside} == {("module.pass",)}
    assert "check/pass/key:aws_kms_key.this/raise-number/days" in {m.id for m in inside}


def test_a_mutant_is_written_without_blocks_of_other_subjects() -> None:
    whole = example(SOURCE, **{"key/main.tf": MODULE})
    (raised,) = (m for m in mutants(whole) if m.id.endswith("var.days/raise-number/default"))

    written = sources(whole, raised)

    assert "default = 8" in written["main.tf"]
    assert '"of_pass"' in written["main.tf"]
    assert "fail" not in written["main.tf"]
    assert "unused" not in written["main.tf"]


def test_the_fail_side_changes_only_the_failing_block() -> None:
    found = [m for m in mutants(example(SOURCE)) if m.side == "fail"]

    assert {m.block for m in found} == {"aws_kms_key.fail"}


def test_files_that_a_source_reads_are_kept() -> None:
    read = example(
        'resource "aws_iam_policy" "pass" {\n  policy = file("${path.module}/p.json")\n}\n',
        **{"p.json": "{}"},
    )
    found = [sources(read, mutant) for mutant in mutants(read)]
    assert found
    assert all(files["p.json"] == "{}" for files in found)
