"""The statuses of a job."""

from __future__ import annotations

import pytest

from tests.steps.mediaconvert.harness import CALLER, QUEUE, ROLE, START, Harness, error_of, request


def test_a_job_is_submitted_then_progressing_then_complete(harness: Harness) -> None:
    harness.upload()
    job = harness.create_job()
    assert job["Status"] == "SUBMITTED"
    assert harness.service.pending() == 1
    harness.advance(0.9)
    assert harness.get_job(job["Id"])["Status"] == "SUBMITTED"
    harness.advance(0.2)
    assert harness.get_job(job["Id"])["Status"] == "PROGRESSING"
    assert not harness.output_objects()
    harness.advance(2)
    done = harness.get_job(job["Id"])
    assert done["Status"] == "COMPLETE"
    assert harness.service.pending() == 0
    assert harness.statuses() == ["PROGRESSING", "INPUT_INFORMATION", "COMPLETE"]
    assert [e.what for e in harness.account.trail.entries] == [
        "SUBMITTED",
        "PROGRESSING",
        "INPUT_INFORMATION",
        "COMPLETE",
    ]
    assert {e.about for e in harness.account.trail.entries} == {job["Arn"]}
    assert {e.kind for e in harness.account.trail.entries} == {"job"}
    assert harness.account.trail.entries[-1].detail["transcoded"] is True


def test_times_of_a_job_are_those_of_the_account_s_clock(harness: Harness) -> None:
    harness.upload()
    done = harness.run_job()
    start = int(START)
    times = {name: at.timestamp() - start for name, at in done["Timing"].items()}
    assert times == {"SubmitTime": 0, "StartTime": 1, "FinishTime": 3}
    assert done["CreatedAt"].timestamp() == start


def test_the_duration_of_a_job_can_be_set() -> None:
    harness = Harness(queue_seconds=30, processing_seconds=100)
    harness.upload()
    job_id = harness.create_job()["Id"]
    harness.advance(29)
    assert harness.get_job(job_id)["Status"] == "SUBMITTED"
    harness.advance(100)
    assert harness.get_job(job_id)["Status"] == "PROGRESSING"
    harness.advance(2)
    assert harness.get_job(job_id)["Status"] == "COMPLETE"


def test_a_job_uses_s3_while_the_account_is_busy(harness: Harness) -> None:
    harness.upload()
    harness.run_job()
    assert harness.account.idle_clients == 0
    assert harness.account.busy_now == 0
    assert {role for role, _ in harness.account.sessions} == {ROLE}


@pytest.mark.parametrize("after", [0.0, 1.5])
def test_a_canceled_job_writes_no_output(harness: Harness, after: float) -> None:
    harness.upload()
    job_id = harness.create_job()["Id"]
    harness.advance(after)
    assert harness.call("CancelJob", Id=job_id) == {}
    assert harness.get_job(job_id)["Status"] == "CANCELED"
    assert harness.service.pending() == 0
    harness.advance()
    assert harness.get_job(job_id)["Status"] == "CANCELED"
    assert harness.statuses()[-1] == "CANCELED"
    assert "COMPLETE" not in harness.statuses()
    assert not harness.output_objects()


def test_a_final_job_cannot_be_canceled(harness: Harness) -> None:
    harness.upload()
    job_id = harness.run_job()["Id"]
    problem = error_of(lambda: harness.call("CancelJob", Id=job_id))
    assert (problem.code, problem.status) == ("ConflictException", 409)
    assert harness.get_job(job_id)["Status"] == "COMPLETE"


def test_jobs_of_a_paused_queue_start_when_it_is_active(harness: Harness) -> None:
    harness.upload()
    harness.call("CreateQueue", Name="night", Status="PAUSED")
    job_id = harness.create_job(Queue="night")["Id"]
    harness.advance(1_000)
    assert harness.get_job(job_id)["Status"] == "SUBMITTED"
    assert harness.service.pending() == 0
    assert harness.call("GetQueue", Name="night")["Queue"]["SubmittedJobsCount"] == 1
    harness.call("UpdateQueue", Name="night", Status="ACTIVE")
    assert harness.service.pending() == 1
    harness.advance()
    assert harness.get_job(job_id)["Status"] == "COMPLETE"


def test_the_role_is_passed_by_the_caller_and_assumed_for_the_queue(harness: Harness) -> None:
    harness.upload()
    harness.run_job()
    assert harness.account.decisions.checked == [
        ("iam:PassRole", CALLER, ROLE, "mediaconvert.amazonaws.com"),
        ("sts:AssumeRole", "mediaconvert.amazonaws.com", ROLE, QUEUE),
    ]


def test_an_exception_in_the_emulation_ends_the_job(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.upload()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("steps.mediaconvert.job_runner.output_groups", broken)
    failed = harness.run_job()
    assert (failed["Status"], failed["ErrorCode"]) == ("ERROR", 1999)
    assert "ZeroDivisionError" in failed["ErrorMessage"]


def test_create_job_returns_the_parameters_of_the_request(harness: Harness) -> None:
    job = harness.create_job(ClientRequestToken="abc", Priority=3)
    assert job["Settings"] == request()["Settings"]
    assert job["Id"].partition("-")[0] == str(int(START * 1000))
    assert len(job["Id"].partition("-")[2]) == 6
    assert job["Arn"].endswith(f":jobs/{job['Id']}")
    assert (job["Queue"], job["Role"]) == (QUEUE, ROLE)
    assert (job["ClientRequestToken"], job["Priority"]) == ("abc", 3)
    assert job["UserMetadata"] == {"AssetId": "one"}
    assert job["AccelerationSettings"] == {"Mode": "DISABLED"}
    assert job["BillingTagsSource"] == "JOB"
    assert job["StatusUpdateInterval"] == "SECONDS_60"
    assert "OutputGroupDetails" not in job
