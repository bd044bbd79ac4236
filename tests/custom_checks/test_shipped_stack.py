"""The stack in terraform/ passes every static check, and each mistake fails the right ones."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from checkov.common.models.enums import CheckResult

from tests.custom_checks.checkov_scan import ROOT, Scan, check_names, registered, scan

STACK = ROOT / "terraform"


@pytest.fixture(scope="module")
def stack() -> Scan:
    return scan(STACK)


def test_no_check_fails(stack: Scan) -> None:
    failed = [r for r in stack.records if r.check_result["result"] is CheckResult.FAILED]

    assert [(r.check_id, r.resource, r.details) for r in failed] == []


def test_no_check_is_undetermined(stack: Scan) -> None:
    undetermined = [r for r in stack.records if r.details[0].startswith("undetermined: ")]

    assert [(r.check_id, r.resource, r.details) for r in undetermined] == []


def test_every_check_applies_to_a_resource(stack: Scan) -> None:
    passed = {r.check_id for r in stack.records if r.check_result["result"] is CheckResult.PASSED}

    assert passed == {registered(name).id for name in check_names()}


SUFFIX = re.escape("${var.environment_suffix}")
MISTAKES = {
    "a VPC": ("REQ-01", r"\Z", '\nresource "aws_vpc" "media" {\n  cidr_block = "10.0.0.0/16"\n}\n'),
    "a vpc_config": (
        "REQ-01",
        r'(resource "aws_lambda_function" "\w+" \{\n)',
        r"\1  vpc_config {\n    subnet_ids = [aws_subnet.a.id]\n  }\n",
    ),
    "trust without a condition": (
        "REQ-02",
        r'(Principal = \{ Service = "mediaconvert\.amazonaws\.com" \}\s+Action +=[^\n]+\n)'
        r"\s+Condition = \{\n(?:[^}]*\}\n){2}\s+\}\n",
        r"\1",
    ),
    "PassRole on any role": ("REQ-03", r'("iam:PassRole"\n\s+Resource +=) [^\n]+', r'\1 "*"'),
    "PassRole to any service": (
        "REQ-03",
        r"\n[^\n]*iam:PassedToService[^\n]*",
        "",
    ),
    "a deprecated runtime": ("REQ-04", r'"python3\.11"', '"nodejs16.x"'),
    "a bucket that is kept": ("REQ-05", r"force_destroy( +)= true", r"force_destroy\1= false"),
    "a key with a longer deletion window": ("REQ-05", r"(deletion_window_in_days +=) 7", r"\1 10"),
    "a queue without its suffix": (
        "REQ-06",
        rf'(resource "aws_sqs_queue" "\w+" \{{\n\s+name += "[^"]*)-{SUFFIX}"',
        r'\1"',
    ),
    "a bucket without its suffix": (
        "REQ-06",
        rf'(resource "aws_s3_bucket" "\w+" \{{\n\s+bucket +=[^\n]*)-{SUFFIX}',
        r"\1",
    ),
    "a literal region": ("REQ-07", r"(region +=) var\.aws_region", r'\1 "us-east-1"'),
    "a literal package": ("REQ-08", r"(filename +=) data\.[^\n]+", r'\1 "function.zip"'),
    "a batch that fails as a whole": ("REQ-09", r"\n\s+function_response_types[^\n]+", ""),
    "a notification that does not depend on the queue policy": (
        "REQ-10",
        r'(resource "aws_s3_bucket_notification" (?:[^\n]*\n)+?)\s+depends_on[^\n]+\n',
        r"\1",
    ),
    "a queue that any bucket can send to": (
        "REQ-16",
        r'("sqs:SendMessage"\n[^\n]+\n\s+Condition = \{\n)\s+ArnEquals[^\n]+\n',
        r"\1",
    ),
    "a key by ARN for a queue": (
        "REQ-11",
        r"(kms_master_key_id += aws_kms_key\.\w+)\.id",
        r"\1.arn",
    ),
    "a key by id for the table": ("REQ-11", r"(kms_key_arn += aws_kms_key\.\w+)\.arn", r"\1.id"),
    "a bucket that accepts plain HTTP": (
        "REQ-18",
        r'("s3:\*"\n[^\n]+\n\s+Condition = \{ Bool = \{ "aws:SecureTransport" =) "false"',
        r'\1 "true"',
    ),
    "a function without the role's ARN": ("REQ-12", r"\n\s+MEDIACONVERT_ROLE[^\n]+", ""),
    "a literal topic": (
        "REQ-13",
        r"(\n\s+alarm_actions +=) [^\n]+",
        r'\1 ["arn:aws:sns:::oncall"]',
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_violates_its_requirement_and_no_other(mistake: str, tmp_path: Path) -> None:
    requirement, pattern, replacement = MISTAKES[mistake]
    broken = tmp_path / "terraform"
    shutil.copytree(STACK, broken, ignore=shutil.ignore_patterns(".*"))
    apply(broken, pattern, replacement)

    found = scan(tmp_path)

    failed = {r.check_id for r in found.records if r.check_result["result"] is CheckResult.FAILED}
    requirements = {registered(name).id: registered(name).requirement for name in check_names()}
    assert {requirements[check_id] for check_id in failed} == {requirement}


def apply(directory: Path, pattern: str, replacement: str) -> None:
    """Makes one mistake, at the first match of the pattern."""
    for file in sorted(directory.glob("*.tf")):
        text, count = re.subn(pattern, replacement, file.read_text(), count=1)
        if count:
            file.write_text(text)
            return
    pytest.fail(f"no file in terraform/ matches {pattern}: update the pattern of this mistake")
