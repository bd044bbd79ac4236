"""Denied requests of a job's role, and how the job ends."""

from __future__ import annotations

import pytest

from planproof.emulation.account.model import ACCOUNT_ID, Denial
from tests.steps.mediaconvert.harness import CALLER, ROLE, Harness, error_of

PASS = Denial(
    "iam:PassRole",
    ROLE,
    CALLER.arn,
    f"User: {CALLER.arn} is not authorized to perform: iam:PassRole on resource: {ROLE} "
    "because no identity-based policy allows the iam:PassRole action",
    because="no policy allows it",
)
ASSUME = Denial(
    "sts:AssumeRole", ROLE, "mediaconvert.amazonaws.com", "not trusted", because="no statement"
)
KMS = (
    f"User: arn:aws:sts::{ACCOUNT_ID}:assumed-role/media/EmeSession is not authorized to perform: "
    "kms:Decrypt on the resource because no identity-based policy allows it"
)


def test_a_role_that_may_not_be_passed_creates_no_job(harness: Harness) -> None:
    harness.account.decisions.denied["iam:PassRole"] = PASS
    problem = error_of(harness.create_job)
    assert (problem.code, problem.status) == ("AccessDeniedException", 403)
    assert problem.message == PASS.message
    assert harness.call("ListJobs")["Jobs"] == []
    (entry,) = harness.account.trail.entries
    assert (entry.what, entry.who, entry.outcome) == ("iam:PassRole", CALLER.arn, "denied")
    assert entry.detail["message"] == PASS.message
    assert entry.detail["because"] == "no policy allows it"


def test_passing_a_role_is_not_checked_for_an_invalid_request(harness: Harness) -> None:
    error_of(lambda: harness.create_job(Settings={}))
    assert harness.account.decisions.checked == []


def test_a_role_that_may_not_be_assumed_fails_the_job(harness: Harness) -> None:
    harness.upload()
    harness.account.client("iam", "us-east-1").create_role(
        RoleName="media", AssumeRolePolicyDocument="{}"
    )
    harness.account.decisions.denied["sts:AssumeRole"] = ASSUME
    failed = harness.run_job()
    assert (failed["Status"], failed["ErrorCode"]) == ("ERROR", 1434)
    assert failed["ErrorMessage"] == (
        "Unable to open input file [s3://uploads/film.mp4]: "
        "[Failed probe/open: [Failed to read data: AssumeRole failed]]"
    )
    denials = [e for e in harness.account.trail.entries if e.what == "sts:AssumeRole"]
    assert [(e.outcome, e.about, e.detail["because"]) for e in denials] == [
        ("denied", ROLE, "no statement")
    ]
    assert harness.account.sessions == []


def test_a_role_that_does_not_exist_fails_the_job(harness: Harness) -> None:
    harness.upload()
    harness.account.decisions.denied["sts:AssumeRole"] = ASSUME
    assert harness.run_job()["ErrorCode"] == 1433


S3_ERRORS = [
    ("GetObject", (403, "AccessDenied", KMS), 1401, "denied"),
    ("GetObject", (400, "KMS.DisabledException", "the key is disabled"), 1056, "failed"),
    ("GetObject", (404, "NoSuchBucket", "The specified bucket does not exist"), 1404, "failed"),
    ("PutObject", (403, "AccessDenied", "Access Denied"), 1401, "denied"),
    ("PutObject", (404, "NoSuchBucket", "The specified bucket does not exist"), 1404, "failed"),
]


@pytest.mark.parametrize(("operation", "response", "code", "outcome"), S3_ERRORS)
def test_a_job_with_an_s3_error_ends_with_its_message(
    harness: Harness, operation: str, response: tuple[int, str, str], code: int, outcome: str
) -> None:
    harness.upload()
    harness.account.s3_errors[operation] = response
    failed = harness.run_job()
    assert (failed["Status"], failed["ErrorCode"]) == ("ERROR", code)
    assert response[2] in failed["ErrorMessage"]
    read = operation == "GetObject"
    start = "Unable to open input file" if read else "Unable to write to output file"
    assert failed["ErrorMessage"].startswith(start)
    last = harness.account.trail.entries[-1]
    assert (last.what, last.outcome) == ("ERROR", outcome)
    assert last.detail["errorCode"] == code
    assert not harness.output_objects()
    assert harness.service.pending() == 0


def test_a_job_without_its_input_fails(harness: Harness) -> None:
    failed = harness.run_job()
    assert (failed["Status"], failed["ErrorCode"]) == ("ERROR", 1404)
    assert harness.statuses() == ["PROGRESSING", "ERROR"]


def test_jobs_of_a_role_share_one_session(harness: Harness) -> None:
    harness.upload()
    harness.run_job()
    harness.run_job()
    assert len(harness.account.sessions) == 1
    harness.run_job(Role=ROLE + "-other")
    assert [role for role, _ in harness.account.sessions] == [ROLE, ROLE + "-other"]
