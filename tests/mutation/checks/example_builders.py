"""Builders of small examples, and the mutants of one operator."""

from __future__ import annotations

from pathlib import Path

from planproof.mutation.checks.edits import SourceMutant
from planproof.mutation.checks.examples import Example
from planproof.mutation.checks.generate import mutants

BUCKETS = """\
resource "aws_s3_bucket" "pass" {
  force_destroy = true
  bucket        = "videos"
}

resource "aws_s3_bucket" "fail" {
  force_destroy = false
}
"""

# A minimal check; {rule} decides.
CHECK = '''\
"""Does a bucket have force_destroy?"""

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class {name}(BaseResourceCheck):
    requirement = "REQ-05"

    def __init__(self):
        super().__init__(
            name="{name}",
            id="{id}",
            categories=[CheckCategories.GENERAL_SECURITY],
            supported_resources=["aws_s3_bucket"],
        )

    def scan_resource_conf(self, conf):
        return CheckResult.PASSED if {rule} else CheckResult.FAILED


check = {name}()
'''


def example(text: str, **files: str) -> Example:
    return Example("check", {"main.tf": text, **files})


def of_operator(text: str, operator: str, side: str = "pass") -> list[SourceMutant]:
    found = mutants(example(text))
    return [m for m in found if m.operator == operator and m.side == side]


def project(folder: Path, rule: str, source: str = BUCKETS) -> list[str]:
    """Write one check and its example; returns the options that name them."""
    checks, examples = folder / "checks", folder / "examples"
    checks.mkdir()
    (examples / "keeps_nothing").mkdir(parents=True)
    check = CHECK.format(name="KeepsNothing", id="CKV_MADE_1", rule=rule)
    (checks / "__init__.py").write_text("")  # Checkov only loads packages
    (checks / "keeps_nothing.py").write_text(check)
    (examples / "keeps_nothing" / "main.tf").write_text(source)
    return ["--checks", str(checks), "--examples", str(examples), "--workers", "1"]
