"""Where the Terraform source cannot be read, no check passes or fails."""

from __future__ import annotations

import json
from pathlib import Path

from checkov.common.models.enums import CheckResult
from checkov.runner_filter import RunnerFilter
from checkov.terraform.plan_runner import Runner as PlanRunner

from tests.custom_checks.checkov_scan import CHECKS, registered, scan


def test_plan_file_is_undetermined(tmp_path: Path) -> None:
    """A plan file shows the value of a name, not whether its source is a literal."""
    bucket = {
        "address": "aws_s3_bucket.input",
        "mode": "managed",
        "type": "aws_s3_bucket",
        "name": "input",
        "values": {"bucket": "input", "force_destroy": False},
    }
    change = {
        **{key: bucket[key] for key in ("address", "mode", "type", "name")},
        "change": {"actions": ["create"], "before": None, "after": bucket["values"]},
    }
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": [bucket]}},
        "resource_changes": [change],
        "configuration": {"root_module": {"resources": []}},
    }
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))

    report = PlanRunner().run(
        root_folder=None,
        files=[str(file)],
        external_checks_dir=[str(CHECKS)],
        runner_filter=RunnerFilter(framework=["terraform_plan"], checks=["CKV_PLANPROOF_*"]),
    )

    assert not isinstance(report, list)
    assert [record.check_id for record in report.passed_checks + report.failed_checks] == []


def test_missing_graph_is_undetermined(tmp_path: Path) -> None:
    scan(tmp_path)
    check = registered("bucket_is_emptied_on_destroy")
    check.graph = None
    check.details = []

    assert check.scan_entity_conf({"force_destroy": [True]}, "aws_s3_bucket") is CheckResult.UNKNOWN
    (detail,) = check.details
    assert detail.startswith("undetermined: ")
    assert "source" in detail


def test_a_skip_comment_is_respected(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_s3_bucket" "kept" {\n'
        "  #checkov:skip=CKV_PLANPROOF_7:holds what must not be lost\n"
        "  force_destroy = false\n"
        "}\n"
    )

    found = scan(tmp_path)

    skipped = [r for r in found.records if r.check_result["result"] is CheckResult.SKIPPED]
    assert [(r.check_id, r.resource) for r in skipped] == [
        ("CKV_PLANPROOF_7", "aws_s3_bucket.kept")
    ]
