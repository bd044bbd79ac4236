"""Every result of the custom checks counts: a skip comment, a crash and a doubt are no pass."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from planproof.checkov_runner import CheckResults, run_checks
from planproof.errors import PlanproofError

# The name of the topic says what the check answers.
CHECK = '''\
"""Does a topic pass?"""

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class TopicPasses(BaseResourceCheck):
    requirement = "REQ-05"

    def __init__(self):
        super().__init__(
            name="A topic passes",
            id="CKV_TOPIC_1",
            categories=[CheckCategories.GENERAL_SECURITY],
            supported_resources=["aws_sns_topic"],
        )

    def scan_resource_conf(self, conf):
        answer = conf["name"][0]
        if answer == "crash":
            raise KeyError(answer)
        if answer in ("passed", "failed"):
            return CheckResult(answer.upper())
        self.details.append(answer)
        return CheckResult.UNKNOWN


check = TopicPasses()
'''
SOURCES = """\
resource "aws_sns_topic" "passed" {
  name = "passed"
}

resource "aws_sns_topic" "failed" {
  name = "failed"
}

resource "aws_sns_topic" "skipped" {
  # checkov:skip=CKV_TOPIC_1:somebody said so
  name = "failed"
}

resource "aws_sns_topic" "doubtful" {
  name = "undetermined: the source does not decide"
}

resource "aws_sns_topic" "crashed" {
  name = "crash"
}

resource "aws_sns_topic" "other" {
  name = "not applicable: it is another kind of topic"
}
"""


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one check; Checkov loads a module of a name once in a process."""
    folder = tmp_path_factory.mktemp("checks")
    (folder / "__init__.py").write_text("")  # Checkov only loads packages
    (folder / "topic_passes.py").write_text(CHECK)
    return folder


def run(checks: Path, folder: Path, files: Mapping[str, str]) -> CheckResults:
    for name, text in files.items():
        (folder / name).write_text(text)
    return run_checks(checks, folder)


def test_only_a_check_that_passes_is_a_pass(checks: Path, tmp_path: Path) -> None:
    found = run(checks, tmp_path, {"main.tf": SOURCES})
    assert {
        result.resource.removeprefix("aws_sns_topic."): result.passed for result in found.results
    } == {
        "passed": True,
        "failed": False,
        "skipped": False,  # a comment has no end date, unlike a waiver
        "doubtful": None,
        "crashed": None,
    }
    skipped = next(result for result in found.results if result.resource.endswith("skipped"))
    assert "waiver" in skipped.detail
    assert (skipped.file, skipped.line) == ("main.tf", 9)
    assert found.for_requirement("REQ-05") == found.results
    assert found.ids_for("REQ-05") == ("CKV_TOPIC_1",)


def test_sources_that_checkov_cannot_read_are_named(checks: Path, tmp_path: Path) -> None:
    files = {"main.tf": SOURCES, "broken.tf": 'resource "aws_sns_topic" {{{\n'}
    with pytest.raises(PlanproofError, match=r"broken\.tf"):
        run(checks, tmp_path, files)


def test_without_sources_no_check_has_a_result(checks: Path, tmp_path: Path) -> None:
    found = run_checks(checks, None)
    assert (found.results, found.ids_for("REQ-05")) == ((), ("CKV_TOPIC_1",))
    assert run_checks(tmp_path / "missing", tmp_path).ids_for("REQ-05") == ()
