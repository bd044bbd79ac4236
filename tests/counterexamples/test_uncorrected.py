"""The uncorrected stack: thirteen mistakes, each with evidence at its location."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.pipelines.compliance import UNCORRECTED, Case, Judgement, block_of

pytestmark = [pytest.mark.terraform, pytest.mark.slow]

CASE = Case("as it was", UNCORRECTED)
STATUSES = {f"REQ-{number:02}": "failed" for number in range(1, 13)} | {
    "REQ-13": "passed",
    "REQ-14": "failed",  # MediaConvert has no role
    "REQ-15": "undetermined",  # without code, the needs of the function are unknown
    "REQ-16": "passed",
    "REQ-17": "passed",
    "REQ-18": "passed",
    "REQ-19": "passed",
    "REQ-20": "passed",
}
NOTE = "8 alarms notify no SNS topic: set var.alarm_topic_arns"
SCREEN = 30  # lines


class Found(NamedTuple):
    """The location of evidence, and a part of the value found.

    Attributes:
        at: the block with the file and line, or the end of the file's name; the block of the
            address unless given.
    """

    address: str
    attribute: str
    found: str
    at: str | None = None


FUNCTION = "aws_lambda_function.transcoder"
ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"
KEY = "rule.0.apply_server_side_encryption_by_default.kms_master_key_id"
EVIDENCE = {
    "REQ-01": [
        Found(FUNCTION, "vpc_config", "subnet-"),
        *(
            Found(address, "", "it would be created")
            for address in (
                "aws_vpc.pipeline",
                "aws_subnet.a",
                "aws_subnet.b",
                "aws_internet_gateway.pipeline",
                "aws_route_table.pipeline",
                "aws_route_table_association.a",
                "aws_security_group.transcoder",
            )
        ),
    ],
    "REQ-02": [Found("aws_iam_role", "", "none among aws_iam_role.transcoder", "")],
    "REQ-03": [Found("aws_iam_role.transcoder", "", "no statement of its policies allows iam")],
    "REQ-04": [Found(FUNCTION, "runtime", "nodejs16.x, unsupported since 2024-06-12")],
    "REQ-05": [
        Found("aws_s3_bucket.uploads", "force_destroy", "false"),
        Found("aws_s3_bucket.renditions", "force_destroy", "false"),
        Found("aws_kms_key.videos", "deletion_window_in_days", "10"),
    ],
    "REQ-06": [
        Found("aws_s3_bucket.uploads", "bucket", "in both"),
        Found("aws_s3_bucket.renditions", "bucket", "in both"),
        Found("aws_sqs_queue.uploads", "name", "video-uploads in both"),
        Found("aws_dynamodb_table.assets", "name", "video-assets in both"),
        Found("aws_iam_role.transcoder", "name", "video-transcoder in both"),
        Found(FUNCTION, "function_name", "video-transcoder in both"),
    ],
    "REQ-07": [
        Found("provider aws", "region", "us-east-1", "provider aws"),
        Found("resource.aws_cloudwatch_dashboard.pipeline", "", "us-east-1",
              "resource aws_cloudwatch_dashboard.pipeline"),
    ],
    "REQ-08": [Found(FUNCTION, "filename", "function.zip, which no archive_file of the stack")],
    "REQ-09": [
        Found(FUNCTION, "handler", "index.js, which is not packaged", "/function/index.js"),
        Found(FUNCTION, "filename", "function.zip of aws_lambda_function.transcoder does not"),
    ],
    "REQ-10": [Found("aws_s3_bucket_notification.uploads", "depends_on", "no dependency")],
    "REQ-11": [
        Found("aws_sqs_queue.uploads", "kms_master_key_id", "arn:aws:kms:"),
        Found("aws_sqs_queue.job_states", "kms_master_key_id", "arn:aws:kms:"),
        Found(f'{ENCRYPTION}.each["uploads"]', KEY, "assigned when built"),
        Found(f'{ENCRYPTION}.each["renditions"]', KEY, "assigned when built"),
    ],
    "REQ-12": [Found(FUNCTION, "environment.variables.MEDIACONVERT_ROLE", "not set")],
}  # fmt: skip


@pytest.mark.parametrize("case", [CASE], ids=str)
def test_the_status_of_each_requirement(case: Case, judged: Callable[[Case], Judgement]) -> None:
    judgement = judged(case)
    assert judgement.requirements == STATUSES, judgement.output
    assert judgement.exit_code == 1


@pytest.mark.parametrize("requirement", EVIDENCE)
@pytest.mark.parametrize("case", [CASE], ids=str)
def test_each_mistake_has_evidence_at_its_location(
    case: Case, requirement: str, judged: Callable[[Case], Judgement]
) -> None:
    judgement = judged(case)
    findings = [e for e in judgement.findings(requirement) if e["holds"] is False]
    for wanted in EVIDENCE[requirement]:
        assert any(_is(judgement, finding, wanted) for finding in findings), (wanted, findings)


def _is(judgement: Judgement, finding: dict[str, object], wanted: Found) -> bool:
    file, line = str(finding["file"]), finding["line"]
    assert isinstance(line, int)
    block = judgement.block_at(file, line)
    placed = block == (block_of(wanted.address) if wanted.at is None else wanted.at)
    return (
        (finding["address"], finding["attribute"]) == (wanted.address, wanted.attribute)
        and wanted.found in str(finding["found"])
        and (placed or (bool(wanted.at) and file.endswith(str(wanted.at))))
    )


@pytest.mark.parametrize("case", [CASE], ids=str)
def test_alarms_without_topics_are_a_warning(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    judgement = judged(case)
    (alarms,) = (r for r in judgement.report["requirements"] if r["id"] == "REQ-13")
    assert [text for s in alarms["scenarios"] for text in s["warnings"]] == [NOTE]
    looked_at = [e for s in alarms["scenarios"] for e in s["evidence"]]
    assert any((e["attribute"], e["found"]) == ("alarm_actions", "not set") for e in looked_at)


@pytest.mark.parametrize("case", [CASE], ids=str)
def test_the_first_screen_shows_the_evidence(
    case: Case, judged: Callable[[Case], Judgement]
) -> None:
    judgement = judged(case)
    lines = judgement.output.splitlines()
    start = next(i for i, line in enumerate(lines) if re.match(r"\S REQ-", line))
    screen = lines[start : start + SCREEN]
    for requirement in EVIDENCE:
        at = next(i for i, line in enumerate(screen) if line[2:].startswith(requirement))
        assert re.search(r" failed +\d+ facts?$", screen[at])
        seen, _, reason = screen[at + 1].strip().partition(": found ")
        assert any(
            seen == ".".join(filter(None, (e["address"], e["attribute"])))
            and reason.startswith(e["found"][:12])
            for e in judgement.findings(requirement)
        )
    at = next(i for i, line in enumerate(screen) if line[2:].startswith("REQ-13"))
    assert re.search(r" passed +\d+ facts$", screen[at])
    assert screen[at + 1] == f"    warning: {NOTE}"
