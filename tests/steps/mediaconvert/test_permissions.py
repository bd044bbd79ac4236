"""What is refused in the name of a role, and how a job ends then."""

from __future__ import annotations

import pytest

from planproof.emulation.account.model import ACCOUNT_ID, Denial
from tests.steps.mediaconvert.scene import CALLER, ROLE, Scene, error

PASS = Denial(
    "iam:PassRole",
    ROLE,
    CALLER.arn,
    f"User: {CALLER.arn} is not authorized to perform: iam:PassRole on resource: {ROLE} "
    "because no identity-based policy allows the iam:PassRole action",
    because="nothing allows it",
)
ASSUME = Denial(
    "sts:AssumeRole", ROLE, "mediaconvert.amazonaws.com", "not trusted", because="no statement"
)
KMS = (
    f"User: arn:aws:sts::{ACCOUNT_ID}:assumed-role/media/EmeSession is not authorized to perform: "
    "kms:Decrypt on the resource because no identity-based policy allows it"
)


def test_role_that_may_not_be_passed_makes_no_job(scene: Scene) -> None:
    scene.account.decisions.refused["iam:PassRole"] = PASS
    problem = error(scene.create)
    assert (problem.code, problem.status) == ("AccessDeniedException", 403)
    assert problem.message == PASS.message
    assert scene.ask("ListJobs")["Jobs"] == []
    (entry,) = scene.account.trail.entries
    assert (entry.what, entry.who, entry.outcome) == ("iam:PassRole", CALLER.arn, "denied")
    assert entry.detail["message"] == PASS.message
    assert entry.detail["because"] == "nothing allows it"


def test_role_is_not_passed_before_the_request_is_right(scene: Scene) -> None:
    error(lambda: scene.create(Settings={}))
    assert scene.account.decisions.asked == []


def test_role_that_may_not_be_assumed_fails_the_job(scene: Scene) -> None:
    scene.upload()
    scene.account.client("iam", "us-east-1").create_role(
        RoleName="media", AssumeRolePolicyDocument="{}"
    )
    scene.account.decisions.refused["sts:AssumeRole"] = ASSUME
    failed = scene.done()
    assert (failed["Status"], failed["ErrorCode"]) == ("ERROR", 1434)
    assert failed["ErrorMessage"] == (
        "Unable to open input file [s3://uploads/film.mp4]: "
        "[Failed probe/open: [Failed to read data: AssumeRole failed]]"
    )
    refused = [e for e in scene.account.trail.entries if e.what == "sts:AssumeRole"]
    assert [(e.outcome, e.about, e.detail["because"]) for e in refused] == [
        ("denied", ROLE, "no statement")
    ]
    assert scene.account.sessions == []


def test_role_that_does_not_exist_fails_the_job(scene: Scene) -> None:
    scene.upload()
    scene.account.decisions.refused["sts:AssumeRole"] = ASSUME
    assert scene.done()["ErrorCode"] == 1433


REFUSALS = [
    ("GetObject", (403, "AccessDenied", KMS), 1401, "denied"),
    ("GetObject", (400, "KMS.DisabledException", "the key is disabled"), 1056, "failed"),
    ("GetObject", (404, "NoSuchBucket", "The specified bucket does not exist"), 1404, "failed"),
    ("PutObject", (403, "AccessDenied", "Access Denied"), 1401, "denied"),
    ("PutObject", (404, "NoSuchBucket", "The specified bucket does not exist"), 1404, "failed"),
]


@pytest.mark.parametrize(("operation", "refusal", "code", "outcome"), REFUSALS)
def test_job_that_s3_refuses_something_ends_with_its_message(
    scene: Scene, operation: str, refusal: tuple[int, str, str], code: int, outcome: str
) -> None:
    scene.upload()
    scene.account.refused[operation] = refusal
    failed = scene.done()
    assert (failed["Status"], failed["ErrorCode"]) == ("ERROR", code)
    assert refusal[2] in failed["ErrorMessage"]
    read = operation == "GetObject"
    begins = "Unable to open input file" if read else "Unable to write to output file"
    assert failed["ErrorMessage"].startswith(begins)
    last = scene.account.trail.entries[-1]
    assert (last.what, last.outcome) == ("ERROR", outcome)
    assert last.detail["errorCode"] == code
    assert not scene.written()
    assert scene.service.pending() == 0


def test_job_whose_input_is_missing_fails(scene: Scene) -> None:
    failed = scene.done()
    assert (failed["Status"], failed["ErrorCode"]) == ("ERROR", 1404)
    assert scene.statuses() == ["PROGRESSING", "ERROR"]


def test_one_session_serves_the_jobs_of_a_role(scene: Scene) -> None:
    scene.upload()
    scene.done()
    scene.done()
    assert len(scene.account.sessions) == 1
    scene.done(Role=ROLE + "-other")
    assert [role for role, _ in scene.account.sessions] == [ROLE, ROLE + "-other"]
